/** Writes WebAssembly modules (the core specification's binary format) with as much of the format as the engine uses. */

/** Codes of value types. */
export const TYPES = { i32: 0x7f, i64: 0x7e, f32: 0x7d } as const;
export type WasmType = keyof typeof TYPES;

const [FUNCTION, VOID] = [0x60, 0x40];

/** Instructions that every body needs; those of arithmetic are in expression.ts. */
export const OP = {
  unreachable: 0x00,
  loop: 0x03,
  if: 0x04,
  end: 0x0b,
  branchIf: 0x0d,
  select: 0x1b,
  localGet: 0x20,
  localSet: 0x21,
  localTee: 0x22,
  loadI64: 0x29,
  loadF32: 0x2a,
  storeF32: 0x38,
  constI32: 0x41,
  constI64: 0x42,
  constF32: 0x43,
  lessI32: 0x48,
  geI64Unsigned: 0x5a,
  addI32: 0x6a,
  mulI32: 0x6c,
  andI32: 0x71,
  shlI32: 0x74,
  shrI32: 0x76,
  wrapI64: 0xa7,
} as const;

/** A function `(i32) -> ()` under construction; its parameter is local 0. */
export class Body {
  readonly #code: number[] = [];
  readonly #locals: WasmType[] = [];

  /** @returns the new local's index */
  local(type: WasmType): number {
    return this.#locals.push(type); // 0 is the parameter
  }

  op(...codes: readonly number[]): this {
    this.#code.push(...codes);
    return this;
  }

  get(local: number): this {
    return this.op(OP.localGet, ...unsigned(local));
  }

  set(local: number): this {
    return this.op(OP.localSet, ...unsigned(local));
  }

  i32(value: number): this {
    return this.op(OP.constI32, ...signed(value));
  }

  i64(value: number): this {
    return this.op(OP.constI64, ...signed(value));
  }

  f32(value: number): this {
    return this.op(OP.constF32, ...new Uint8Array(Float32Array.of(value).buffer));
  }

  /** A load or a store: `offset` is added to the address on the stack. @param align the power of two of its size */
  memory(code: number, align: 2 | 3, offset: number): this {
    return this.op(code, align, ...unsigned(offset));
  }

  /** Loops until `body` leaves 0 on the stack. */
  loop(body: () => void): this {
    this.op(OP.loop, VOID);
    body();
    return this.op(OP.branchIf, 0, OP.end);
  }

  /** Stops everything if there is a 1 on the stack. */
  trap(): this {
    return this.op(OP.if, VOID, OP.unreachable, OP.end);
  }

  bytes(): readonly number[] {
    const locals = this.#locals.map((type) => [1, TYPES[type]]);
    return sized([...vector(locals), ...this.#code, OP.end]);
  }
}

/** A module that imports `env.memory` and exports the functions by name. */
export function wasmModule(functions: Readonly<Record<string, Body>>): Uint8Array<ArrayBuffer> {
  const names = Object.keys(functions);
  return Uint8Array.from([
    ...[0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0], // "\0asm", version 1
    ...section(1, [[FUNCTION, ...vector([[TYPES.i32]]), ...vector([])]]),
    ...section(2, [[...text('env'), ...text('memory'), 2, 0, 1]]), // a memory of at least one page
    ...section(
      3,
      names.map(() => [0]),
    ),
    ...section(
      7,
      names.map((name, i) => [...text(name), 0, ...unsigned(i)]),
    ),
    ...section(
      10,
      Object.values(functions).map((body) => body.bytes()),
    ),
  ]);
}

const section = (id: number, entries: readonly (readonly number[])[]) => [id, ...sized(vector(entries))];
const vector = (entries: readonly (readonly number[])[]) => [...unsigned(entries.length), ...entries.flat()];
const sized = (bytes: readonly number[]) => [...unsigned(bytes.length), ...bytes];
const text = (name: string) => sized([...new TextEncoder().encode(name)]);

/** LEB128 of an integer from 0 to 2^53. */
function unsigned(value: number): readonly number[] {
  const bytes: number[] = [];
  for (let rest = value; ; rest = Math.floor(rest / 128)) {
    if (rest < 128) return [...bytes, rest];
    bytes.push((rest % 128) + 128);
  }
}

/** LEB128 of an integer of at most 53 bits and a sign. */
function signed(value: number): readonly number[] {
  const bytes: number[] = [];
  for (let rest = value; ; rest = Math.floor(rest / 128)) {
    const low = ((rest % 128) + 128) % 128;
    if (rest >= -64 && rest < 64) return [...bytes, low];
    bytes.push(low + 128);
  }
}
