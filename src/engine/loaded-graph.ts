import { TripcastError } from '#errors.ts';
import type { RideInputs } from '#model/rides/ride-batch.ts';
import { OUTPUTS, type OutputName, type Predictions } from '#model/scorer.ts';
import type { Ensemble, ScalarType } from './expression.ts';
import { TREES_WASM } from './gen/trees.ts';
import { BLOCK, type Layout, layoutOf } from './layout.ts';
import { NODE_BYTES, type PackedTrees, packTrees } from './pack-trees.ts';
import type { Plan } from './plan.ts';
import { stagesModule } from './stages.ts';

export const INPUTS = {
  PULocationID: 'i64',
  DOLocationID: 'i64',
  trip_distance: 'f32',
  pickup_time: 'i64',
} as const satisfies {
  readonly [Name in keyof RideInputs]: ScalarType;
};

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

/** What the kernel is told to add up: where the trees are and where their sums go. */
interface Sum {
  readonly kind: PackedTrees['kind'];
  readonly trees: number;
  readonly roots: number;
  readonly depths: number;
  readonly sums: number;
}

function sumOf(ensemble: Ensemble, layout: Layout): Sum {
  const { packed, roots, depths } = layout.trees(ensemble);
  return { kind: packed.kind, trees: packed.roots.length, roots, depths, sums: layout.sums(ensemble) };
}

/** Up to this many rides go through the trees one by one, which takes them less time than a group of eight. */
const FEW = 3;

let kernelModule: WebAssembly.Module | undefined;

/** A loaded graph. Its memory is laid out once and reused by every batch, block by block. */
export class LoadedGraph {
  readonly #stages: readonly Stage[];
  /** `#sums[i]` come after `#stages[i]`. */
  readonly #sums: readonly (readonly Sum[])[];
  readonly #kernel: Kernel;
  readonly #rows: number;
  readonly #groupBytes: number;
  readonly #pickupZone: BigInt64Array;
  readonly #dropoffZone: BigInt64Array;
  readonly #distance: Float32Array;
  readonly #time: BigInt64Array;
  readonly #outputs: Predictions;

  constructor(plan: Plan) {
    const layout = layoutOf(plan, INPUTS, OUTPUTS, ({ trees }) => packTrees(trees));
    const memory = new WebAssembly.Memory({ initial: layout.pages, maximum: layout.pages });
    fill(memory.buffer, plan, layout);
    const imports = { env: { memory } };
    kernelModule ??= new WebAssembly.Module(Uint8Array.from(atob(TREES_WASM), (char) => char.charCodeAt(0)));
    const stages = new WebAssembly.Module(stagesModule(plan.stages, layout));
    // The exports are as kernel/trees.as.ts and stages.ts write them.
    this.#kernel = new WebAssembly.Instance(kernelModule, imports).exports as unknown as Kernel;
    const functions = new WebAssembly.Instance(stages, imports).exports as Record<string, Stage>;
    this.#stages = plan.stages.map((_, i) => functions[`stage${i}`] as Stage);
    this.#sums = plan.ensembles.map((some) => some.map((ensemble) => sumOf(ensemble, layout)));
    this.#rows = layout.rows;
    this.#groupBytes = layout.groupBytes;
    const integers = (name: keyof RideInputs) => new BigInt64Array(memory.buffer, layout.input(name), BLOCK);
    const floats = (address: number) => new Float32Array(memory.buffer, address, BLOCK);
    this.#pickupZone = integers('PULocationID');
    this.#dropoffZone = integers('DOLocationID');
    this.#distance = floats(layout.input('trip_distance'));
    this.#time = integers('pickup_time');
    this.#outputs = Object.fromEntries(
      OUTPUTS.map((name) => [name, floats(layout.output(name))]),
    ) as unknown as Predictions;
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
    try {
      this.#stages.forEach((stage, i) => {
        stage(rides);
        for (const sum of this.#sums[i] ?? []) this.#add(sum, rides);
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
    if (kind === 'below' && rides <= FEW) {
      for (let ride = 0; ride < rides; ride += 1) walkOne(roots, depths, trees, this.#rows + ride * 4, sums + ride * 4);
    } else {
      const by = kind === 'below' ? walk : walkAny;
      by(roots, depths, trees, this.#rows, this.#groupBytes, Math.ceil(rides / 8), sums);
    }
  }
}

/** Writes what never changes: tables, trees, and the column that leads from a leaf to itself. */
function fill(memory: ArrayBuffer, { tables, features, ensembles }: Plan, layout: Layout): void {
  for (const table of tables) new Float32Array(memory, layout.table(table), table.values.length).set(table.values);
  for (const ensemble of ensembles.flat()) {
    const { packed, nodes, roots, depths } = layout.trees(ensemble);
    packed.write(memory, nodes, { ofFeature: ensemble.features.map(layout.column), ofLeaves: layout.leafColumn });
    new Uint32Array(memory, roots, packed.roots.length).set(
      packed.roots.map((root) => nodes + root * NODE_BYTES[packed.kind]),
    );
    new Uint32Array(memory, depths, packed.depths.length).set(packed.depths);
  }
  if (features.length === 0) return;
  for (let group = 0; group < BLOCK / 8; group += 1) {
    new Float32Array(memory, layout.rows + group * layout.groupBytes + layout.leafColumn, 8).fill(
      Number.NEGATIVE_INFINITY,
    );
  }
}
