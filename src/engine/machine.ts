import { TripcastError } from '#errors.ts';
import type { RideInputs } from '#model/rides/ride-batch.ts';
import { OUTPUTS, type OutputName, type Predictions } from '#model/scorer.ts';
import { BLOCK, LANES, SEGMENT_BYTES } from './layout.ts';
import type { Program, Sum } from './program.ts';
import { nextBlock, type Segment } from './segments.ts';

type Stage = (rides: number) => void;

/** See kernel/trees.as.ts. */
interface Kernel {
  readonly walk: (
    roots: number,
    depths: number,
    trees: number,
    segments: number,
    count: number,
    groupBytes: number,
    leafColumn: number,
    scratch: number,
    limit: number,
  ) => void;
  readonly walkAny: (
    roots: number,
    depths: number,
    trees: number,
    rows: number,
    groupBytes: number,
    groups: number,
    sums: number,
  ) => void;
  readonly walkOne: (roots: number, depths: number, trees: number, row: number, sum: number) => void;
}

/** Up to this many rides of a block's last group go through the trees one by one, which takes them less time. */
const FEW = 6;

/** Runs a program, block by block, in a memory that every batch reuses. One thread at a time. */
export class Machine {
  readonly #program: Program;
  readonly #stages: readonly Stage[];
  readonly #kernel: Kernel;
  readonly #segments: Uint32Array;
  readonly #pickupZone: BigInt64Array;
  readonly #dropoffZone: BigInt64Array;
  readonly #distance: Float32Array;
  readonly #time: BigInt64Array;
  readonly #outputs: Predictions;

  constructor(program: Program) {
    const { inputs, outputs, pages, rows, groupBytes, leafColumn } = program;
    this.#program = program;
    const memory = new WebAssembly.Memory({ initial: pages, maximum: pages });
    new Uint8Array(memory.buffer).set(program.memory);
    const imports = { env: { memory } };
    // The exports are as kernel/trees.as.ts and stages.ts write them.
    this.#kernel = new WebAssembly.Instance(program.kernel, imports).exports as unknown as Kernel;
    const functions = new WebAssembly.Instance(program.formulas, imports).exports as Record<string, Stage>;
    this.#stages = program.sums.map((_, i) => functions[`stage${i}`] as Stage);
    const integers = (address: number) => new BigInt64Array(memory.buffer, address, BLOCK);
    const floats = (address: number, length = BLOCK) => new Float32Array(memory.buffer, address, length);
    const all = floats(rows, (BLOCK / LANES) * (groupBytes / 4));
    for (let at = leafColumn / 4; at < all.length; at += groupBytes / 4) {
      all.fill(Number.NEGATIVE_INFINITY, at, at + LANES);
    }
    this.#segments = new Uint32Array(memory.buffer, program.segments, (BLOCK / LANES) * (SEGMENT_BYTES / 4));
    this.#pickupZone = integers(inputs.PULocationID);
    this.#dropoffZone = integers(inputs.DOLocationID);
    this.#distance = floats(inputs.trip_distance);
    this.#time = integers(inputs.pickup_time);
    this.#outputs = Object.fromEntries(OUTPUTS.map((name) => [name, floats(outputs[name])])) as unknown as Predictions;
  }

  /**
   * The answers do not depend on the rides' order, but the time does: a ride in a run of hundreds between the same zones
   * takes a third of it.
   * @param into arrays of as many elements as there are rides
   */
  run(inputs: RideInputs, into: Readonly<Partial<Record<OutputName, Float32Array>>>): void {
    const rides = inputs.trip_distance.length;
    for (let start = 0; start < rides; ) {
      const segments = nextBlock(inputs, start);
      for (const segment of segments) this.#place(inputs, segment);
      this.#runBlock(segments);
      for (const { from, to, at } of segments) {
        for (const name of OUTPUTS) into[name]?.set(this.#outputs[name].subarray(at, at + to - from), from);
        start = to;
      }
    }
  }

  #place(inputs: RideInputs, { from, to, at }: Segment): void {
    this.#pickupZone.set(inputs.PULocationID.subarray(from, to), at);
    this.#dropoffZone.set(inputs.DOLocationID.subarray(from, to), at);
    this.#distance.set(inputs.trip_distance.subarray(from, to), at);
    this.#time.set(inputs.pickup_time.subarray(from, to), at);
  }

  /** Puts the last ride into what is left of its group, too, so that the group's places are alike. @param end of the rides */
  #fillUp(end: number): void {
    for (let place = end; place % LANES !== 0; place += 1) {
      for (const places of [this.#pickupZone, this.#dropoffZone, this.#distance, this.#time]) {
        places.copyWithin(place, end - 1, end);
      }
    }
  }

  #runBlock(segments: readonly Segment[]): void {
    const { sums } = this.#program;
    const last = segments.at(-1);
    if (last === undefined) return;
    const rides = last.at + last.to - last.from;
    const few = rides % LANES <= FEW ? rides % LANES : 0;
    for (const { at, from, to } of segments) if (to < last.to || few === 0) this.#fillUp(at + to - from);
    try {
      this.#stages.forEach((stage, i) => {
        stage(few > 0 ? rides : Math.ceil(rides / LANES) * LANES);
        for (const sum of sums[i] ?? []) this.#add(sum, segments, rides, few);
      });
    } catch (cause) {
      if (!(cause instanceof WebAssembly.RuntimeError)) throw cause;
      throw new TripcastError(
        `A ride makes the model look something up outside of its tables (${cause.message})`,
        'Train the model again.',
        { cause },
      );
    }
  }

  /** @param few rides at the end, to walk one by one */
  #add({ kind, trees, roots, depths, sums }: Sum, segments: readonly Segment[], rides: number, few: number): void {
    const { walk, walkAny, walkOne } = this.#kernel;
    const { rows, groupBytes, leafColumn, scratch, segments: described } = this.#program;
    if (kind === 'any') {
      walkAny(roots, depths, trees, rows, groupBytes, Math.ceil(rides / LANES), sums);
      return;
    }
    let count = 0;
    for (const { from, to, at } of segments) {
      const end = Math.min(at + to - from, rides - few);
      const groups = Math.ceil((end - at) / LANES);
      if (groups === 0) continue;
      this.#describe(count, at, groups, sums);
      count += 1;
    }
    if (count > 0) walk(roots, depths, trees, described, count, groupBytes, leafColumn, scratch.from, scratch.to);
    for (let ride = rides - few; ride < rides; ride += 1) {
      const row = rows + Math.floor(ride / LANES) * groupBytes + (ride % LANES) * 4;
      walkOne(roots, depths, trees, row, sums + ride * 4);
    }
  }

  /** Writes a segment for the kernel. @param at its first place */
  #describe(index: number, at: number, groups: number, sums: number): void {
    const { rows, groupBytes, bounds } = this.#program;
    const words = [rows + (at / LANES) * groupBytes, groups, sums + at * 4, bounds + index * groupBytes];
    this.#segments.set(words, index * (SEGMENT_BYTES / 4));
  }
}
