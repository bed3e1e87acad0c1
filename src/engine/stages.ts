import { type Ensemble, type Expression, INSTRUCTIONS, operandsOf, type Table } from './expression.ts';
import { Body, OP, wasmModule } from './wasm-module.ts';

/** Where everything is in the engine's memory. */
export interface Addresses {
  /** Of the first ride's value; those of the others follow. */
  readonly input: (name: string) => number;
  readonly table: (table: Table) => number;
  readonly sums: (ensemble: Ensemble) => number;
  readonly output: (name: string) => number;
  /** The first group of eight rows. */
  readonly rows: number;
  readonly groupBytes: number;
  /** The offset of a feature in a group. */
  readonly column: (feature: Expression) => number;
}

/** Formulas that are computed in one loop over the rides, and where their results go. */
export interface Stage {
  /** Columns of the rows. */
  readonly features: readonly Expression[];
  readonly outputs: Readonly<Record<string, Expression>>;
}

/** A module with a function `stageI(rides)` for each stage; there must be at least one ride. */
export const stagesModule = (stages: readonly Stage[], addresses: Addresses): Uint8Array<ArrayBuffer> =>
  wasmModule(Object.fromEntries(stages.map((stage, i) => [`stage${i}`, stageBody(stage, addresses)])));

const RIDES = 0;

function stageBody({ features, outputs }: Stage, addresses: Addresses): Body {
  const body = new Body();
  const ride = body.local('i32');
  const row = body.local('i32');
  return body.loop(() => {
    const formulas = new Formulas(body, ride, addresses);
    if (features.length > 0) {
      // Rides come in groups of eight: (ride >> 3) * groupBytes + (ride & 7) * 4.
      body.get(ride).i32(3).op(OP.shrI32).i32(addresses.groupBytes).op(OP.mulI32);
      body.get(ride).i32(7).op(OP.andI32).i32(2).op(OP.shlI32).op(OP.addI32).set(row);
    }
    for (const feature of features) {
      const local = formulas.local(feature);
      body
        .get(row)
        .get(local)
        .memory(OP.storeF32, 2, addresses.rows + addresses.column(feature));
    }
    for (const [name, expression] of Object.entries(outputs)) {
      const local = formulas.local(expression);
      formulas.offset(2);
      body.get(local).memory(OP.storeF32, 2, addresses.output(name));
    }
    body.get(ride).i32(1).op(OP.addI32).set(ride);
    body.get(ride).get(RIDES).op(OP.lessI32);
  });
}

/** Computes each formula once per ride, into a local. */
class Formulas {
  readonly #body: Body;
  readonly #ride: number;
  readonly #addresses: Addresses;
  readonly #locals = new Map<Expression, number>();

  constructor(body: Body, ride: number, addresses: Addresses) {
    this.#body = body;
    this.#ride = ride;
    this.#addresses = addresses;
  }

  local(expression: Expression): number {
    const known = this.#locals.get(expression);
    if (known !== undefined) return known;
    const operands = operandsOf(expression).map((operand) => this.local(operand));
    this.#compute(expression, operands);
    const local = this.#body.local(expression.type);
    this.#body.set(local);
    this.#locals.set(expression, local);
    return local;
  }

  /** Leaves the ride's place in an array on the stack. @param shift the power of two of an element's size */
  offset(shift: 2 | 3): void {
    this.#body.get(this.#ride).i32(shift).op(OP.shlI32);
  }

  #compute(expression: Expression, operands: readonly number[]): void {
    const body = this.#body;
    switch (expression.kind) {
      case 'input': {
        const isWide = expression.type === 'i64';
        const shift = isWide ? 3 : 2;
        this.offset(shift);
        body.memory(isWide ? OP.loadI64 : OP.loadF32, shift, this.#addresses.input(expression.name));
        break;
      }
      case 'constant':
        if (expression.type === 'f32') body.f32(expression.value);
        else body.i64(expression.value);
        break;
      case 'instruction':
        for (const operand of operands) body.get(operand);
        body.op(INSTRUCTIONS[expression.instruction][0]);
        break;
      case 'select':
        for (const operand of operands) body.get(operand);
        body.op(OP.select);
        break;
      case 'load': {
        const { table, column } = expression;
        for (const index of operands) {
          body.get(index).i64(table.rows).op(OP.geI64Unsigned).trap();
          body
            .get(index)
            .op(OP.wrapI64)
            .i32(table.columns * 4)
            .op(OP.mulI32);
        }
        body.memory(OP.loadF32, 2, this.#addresses.table(table) + column * 4);
        break;
      }
      case 'sum':
        this.offset(2);
        body.memory(OP.loadF32, 2, this.#addresses.sums(expression.ensemble));
        break;
    }
  }
}
