import type { RideInputs } from '#model/rides/ride-batch.ts';
import { OUTPUTS, type OutputName } from '#model/scorer.ts';
import type { Ensemble, ScalarType } from './expression.ts';
import { TREES_WASM } from './gen/trees.ts';
import { type Layout, layoutOf } from './layout.ts';
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

/** What the kernel is told to add up: where the trees are and where their sums go. */
export interface Sum {
  readonly kind: PackedTrees['kind'];
  readonly trees: number;
  readonly roots: number;
  readonly depths: number;
  readonly sums: number;
}

/**
 * A graph ready to run: compiled modules, and the memory that they start with. It is plain data without a thread of its
 * own, so that it can be sent to workers; each runs it on a {@link Machine} of its own.
 */
export interface Program {
  readonly kernel: WebAssembly.Module;
  /** Exports `stage0`, `stage1`, and so on. */
  readonly formulas: WebAssembly.Module;
  /** What the memory starts with: tables and trees where they belong. */
  readonly memory: Uint8Array<ArrayBuffer>;
  readonly pages: number;
  /** `sums[i]` are added up after stage i; as many as there are stages, the last of them empty. */
  readonly sums: readonly (readonly Sum[])[];
  /** Of a ride through all trees. */
  readonly steps: number;
  /** The first group of eight rows, the bytes of a group, and the offset of the column that is always -Infinity. */
  readonly rows: number;
  readonly groupBytes: number;
  readonly leafColumn: number;
  /** What the kernel needs to walk: see layout.ts. */
  readonly segments: number;
  readonly bounds: number;
  readonly scratch: Layout['scratch'];
  /** Addresses of a block's values. */
  readonly inputs: Readonly<Record<keyof RideInputs, number>>;
  readonly outputs: Readonly<Record<OutputName, number>>;
}

let kernel: WebAssembly.Module | undefined;

/** @throws Refusal when it doesn't fit the memory of WebAssembly */
export function programOf(plan: Plan): Program {
  const layout = layoutOf(plan, INPUTS, OUTPUTS, ({ trees }) => packTrees(trees));
  kernel ??= new WebAssembly.Module(Uint8Array.from(atob(TREES_WASM), (char) => char.charCodeAt(0)));
  const addresses = <Name extends string>(names: readonly Name[], addressOf: (name: string) => number) =>
    Object.fromEntries(names.map((name) => [name, addressOf(name)])) as Record<Name, number>; // one of each
  return {
    kernel,
    formulas: new WebAssembly.Module(stagesModule(plan.stages, layout)),
    memory: filled(plan, layout),
    pages: layout.pages,
    sums: plan.stages.map((_, i) => (plan.ensembles[i] ?? []).map((ensemble) => sumOf(ensemble, layout))),
    steps: plan.ensembles.flat().reduce((steps, ensemble) => steps + stepsOf(layout.trees(ensemble).packed), 0),
    rows: layout.rows,
    groupBytes: layout.groupBytes,
    leafColumn: layout.leafColumn,
    segments: layout.segments,
    bounds: layout.bounds,
    scratch: layout.scratch,
    inputs: addresses(Object.keys(INPUTS) as (keyof RideInputs)[], layout.input),
    outputs: addresses(OUTPUTS, layout.output),
  };
}

function sumOf(ensemble: Ensemble, layout: Layout): Sum {
  const { packed, roots, depths } = layout.trees(ensemble);
  return { kind: packed.kind, trees: packed.roots.length, roots, depths, sums: layout.sums(ensemble) };
}

const stepsOf = ({ depths }: PackedTrees) => depths.reduce((steps, depth) => steps + depth, 0);

/** What never changes: tables and trees. */
function filled({ tables, ensembles }: Plan, layout: Layout): Uint8Array<ArrayBuffer> {
  const memory = new ArrayBuffer(layout.filledBytes);
  for (const table of tables) new Float32Array(memory, layout.table(table), table.values.length).set(table.values);
  for (const ensemble of ensembles.flat()) {
    const { packed, nodes, roots, depths } = layout.trees(ensemble);
    packed.write(memory, nodes, { ofFeature: ensemble.features.map(layout.column), ofLeaves: layout.leafColumn });
    new Uint32Array(memory, roots, packed.roots.length).set(
      packed.roots.map((root) => nodes + root * NODE_BYTES[packed.kind]),
    );
    new Uint32Array(memory, depths, packed.depths.length).set(packed.depths);
  }
  return new Uint8Array(memory);
}
