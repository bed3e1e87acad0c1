import { TripcastError } from '#errors.ts';
import { readMetadata } from '#model/onnx/metadata.ts';
import type { RideInputs } from '#model/rides/ride-batch.ts';
import { OUTPUTS, type OutputName, type Predictions, type Scorer } from '#model/scorer.ts';
import type { Ensemble, ScalarType } from './expression.ts';
import { TREES_WASM } from './gen/trees.ts';
import { BLOCK, type Layout, layoutOf } from './layout.ts';
import { lower } from './lower.ts';
import { NODE_BYTES, packTrees } from './pack-trees.ts';
import { type Plan, planOf } from './plan.ts';
import { readModel } from './read-model.ts';
import { Refusal } from './refusal.ts';
import { stagesModule } from './stages.ts';

/** The engine's own version, for receipts: it changes when its answers could. */
export const ENGINE_VERSION = '1';

export type EngineOutcome =
  | { readonly outcome: 'loaded'; readonly scorer: Scorer }
  /** The engine doesn't run this graph here, and says why: as the end of a sentence. */
  | { readonly outcome: 'refused'; readonly reason: string };

const INPUTS = {
  PULocationID: 'i64',
  DOLocationID: 'i64',
  trip_distance: 'f32',
  pickup_time: 'i64',
} as const satisfies {
  readonly [Name in keyof RideInputs]: ScalarType;
};

/**
 * Loads a model.onnx into our own engine: its formulas become a small WebAssembly module, its trees go through a kernel.
 * It answers as onnxruntime does, to the last bit: both add up a ride's leaves in the order of the trees, in float32.
 * @example
 * const loaded = loadEngine(await readFile('model.onnx'));
 * if (loaded.outcome === 'loaded') console.log(await loaded.scorer.score(batch));
 */
export function loadEngine(model: Uint8Array): EngineOutcome {
  if (typeof WebAssembly === 'undefined') return { outcome: 'refused', reason: 'WebAssembly is switched off' };
  try {
    const graph = readModel(model);
    const plan = planOf(lower(graph, INPUTS, OUTPUTS));
    return { outcome: 'loaded', scorer: scorerOf(new Engine(plan), readMetadata(model)) };
  } catch (error) {
    if (error instanceof Refusal) return { outcome: 'refused', reason: error.message };
    if (error instanceof WebAssembly.CompileError)
      return { outcome: 'refused', reason: `WebAssembly: ${error.message}` };
    throw error;
  }
}

function scorerOf(engine: Engine, metadata: Scorer['metadata']): Scorer {
  return {
    metadata,
    engine: { name: 'tripcast', version: ENGINE_VERSION },
    async score({ inputs }) {
      const predictions = predictionsOf(OUTPUTS, inputs.trip_distance.length);
      engine.run(inputs, predictions);
      return predictions;
    },
    scoreNow(inputs) {
      const predictions = predictionsOf(WITH_90, inputs.trip_distance.length);
      engine.run(inputs, predictions);
      return predictions;
    },
    close: async () => {},
  };
}

const WITH_90 = ['predicted_duration', 'interval_low', 'interval_high'] as const;

const predictionsOf = <Name extends OutputName>(names: readonly Name[], rides: number) =>
  Object.fromEntries(names.map((name) => [name, new Float32Array(rides)])) as Record<Name, Float32Array>; // one of each

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

let kernelModule: WebAssembly.Module | undefined;

/** A loaded graph. Its memory is laid out once and reused by every batch, block by block. */
class Engine {
  readonly #stages: readonly Stage[];
  readonly #ensembles: Plan['ensembles'];
  readonly #kernel: Kernel;
  readonly #layout: Layout;
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
    this.#ensembles = plan.ensembles;
    this.#layout = layout;
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
        for (const ensemble of this.#ensembles[i] ?? []) this.#sum(ensemble, rides);
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

  #sum(ensemble: Ensemble, rides: number): void {
    const { rows, groupBytes } = this.#layout;
    const { packed, roots, depths } = this.#layout.trees(ensemble);
    const sums = this.#layout.sums(ensemble);
    const trees = packed.roots.length;
    const { walk, walkAny, walkOne } = this.#kernel;
    if (packed.kind === 'below' && rides <= FEW) {
      for (let ride = 0; ride < rides; ride += 1) walkOne(roots, depths, trees, rows + ride * 4, sums + ride * 4);
    } else {
      const by = packed.kind === 'below' ? walk : walkAny;
      by(roots, depths, trees, rows, groupBytes, Math.ceil(rides / 8), sums);
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
