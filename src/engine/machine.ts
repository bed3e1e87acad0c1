import { TripcastError } from '#errors.ts';
import type { RideInputs } from '#model/rides/ride-batch.ts';
import { OUTPUTS, type OutputName, type Predictions } from '#model/scorer.ts';
import { BLOCK, PAGE_BYTES } from './layout.ts';
import type { Program, Sum } from './program.ts';

type Stage = (rides: number) => void;
type Walk = (
  roots: number,
  depths: number,
  trees: number,
  rows: number,
  groupBytes: number,
  groups: number,
  sums: number,
) => void;
type WalkOne = (roots: number, depths: number, trees: number, row: number, sum: number) => void;

interface Kernel {
  readonly walk: Walk;
  readonly walkAny: Walk;
  readonly walkOne: WalkOne;
}

/** Up to this many rides go through the trees one by one, which takes them less time than a group of eight. */
const FEW = 3;

/** Runs a program, block by block, in a memory that every batch reuses. One thread at a time. */
export class Machine {
  readonly #program: Program;
  readonly #stages: readonly Stage[];
  readonly #kernel: Kernel;
  readonly #pickupZone: BigInt64Array;
  readonly #dropoffZone: BigInt64Array;
  readonly #distance: Float32Array;
  readonly #time: BigInt64Array;
  readonly #outputs: Predictions;

  constructor(program: Program) {
    this.#program = program;
    const pages = program.memory.length / PAGE_BYTES;
    const memory = new WebAssembly.Memory({ initial: pages, maximum: pages });
    new Uint8Array(memory.buffer).set(program.memory);
    const imports = { env: { memory } };
    // The exports are as kernel/trees.as.ts and stages.ts write them.
    this.#kernel = new WebAssembly.Instance(program.kernel, imports).exports as unknown as Kernel;
    const functions = new WebAssembly.Instance(program.formulas, imports).exports as Record<string, Stage>;
    this.#stages = program.sums.map((_, i) => functions[`stage${i}`] as Stage);
    const integers = (address: number) => new BigInt64Array(memory.buffer, address, BLOCK);
    const floats = (address: number) => new Float32Array(memory.buffer, address, BLOCK);
    const { inputs, outputs } = program;
    this.#pickupZone = integers(inputs.PULocationID);
    this.#dropoffZone = integers(inputs.DOLocationID);
    this.#distance = floats(inputs.trip_distance);
    this.#time = integers(inputs.pickup_time);
    this.#outputs = Object.fromEntries(OUTPUTS.map((name) => [name, floats(outputs[name])])) as unknown as Predictions;
  }

  /** @param into arrays of as many elements as there are rides */
  run(inputs: RideInputs, into: Readonly<Partial<Record<OutputName, Float32Array>>>): void {
    const rides = inputs.trip_distance.length;
    for (let start = 0; start < rides; start += BLOCK) {
      const end = Math.min(start + BLOCK, rides);
      this.#pickupZone.set(inputs.PULocationID.subarray(start, end));
      this.#dropoffZone.set(inputs.DOLocationID.subarray(start, end));
      this.#distance.set(inputs.trip_distance.subarray(start, end));
      this.#time.set(inputs.pickup_time.subarray(start, end));
      this.#runBlock(end - start);
      for (const name of OUTPUTS) into[name]?.set(this.#outputs[name].subarray(0, end - start), start);
    }
  }

  #runBlock(rides: number): void {
    const { sums } = this.#program;
    try {
      this.#stages.forEach((stage, i) => {
        stage(rides);
        for (const sum of sums[i] ?? []) this.#add(sum, rides);
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

  #add({ kind, trees, roots, depths, sums }: Sum, rides: number): void {
    const { walk, walkAny, walkOne } = this.#kernel;
    const { rows, groupBytes } = this.#program;
    if (kind === 'below' && rides <= FEW) {
      for (let ride = 0; ride < rides; ride += 1) walkOne(roots, depths, trees, rows + ride * 4, sums + ride * 4);
    } else {
      const by = kind === 'below' ? walk : walkAny;
      by(roots, depths, trees, rows, groupBytes, Math.ceil(rides / 8), sums);
    }
  }
}
