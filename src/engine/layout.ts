import type { Ensemble, Expression, ScalarType } from './expression.ts';
import { NODE_BYTES, type PackedTrees } from './pack-trees.ts';
import type { Plan } from './plan.ts';
import { Refusal } from './refusal.ts';
import type { Addresses } from './stages.ts';

/** How many rides are computed at once: their rows fit a core's second cache. A multiple of eight. */
export const BLOCK = 4096;
/** Rows in a group. */
export const LANES = 8;

const PAGE_BYTES = 65_536;
/** Of a memory with 32-bit addresses. */
const MOST_PAGES = 65_536;
/** Bytes of a column in a group of rows. */
const COLUMN_BYTES = LANES * 4;
/** Bytes of a segment, as the kernel reads it. */
export const SEGMENT_BYTES = 20;
/** Nodes of a pruned tree; if one has more, pruning it does not pay. */
const PRUNED_NODES = 1024;

/** The engine's memory: its size, and where everything is. */
export interface Layout extends Addresses {
  /** Of what the memory starts with: tables and trees. */
  readonly filledBytes: number;
  readonly pages: number;
  readonly trees: (ensemble: Ensemble) => TreesAt;
  /** Of the column that is always -Infinity, the last. */
  readonly leafColumn: number;
  /** Segments, one for each group at most. */
  readonly segments: number;
  /** Bounds of the first segment's columns; as many bytes as a group has, for each. */
  readonly bounds: number;
  /** Where the kernel writes a pruned tree. */
  readonly scratch: { readonly from: number; readonly to: number };
}

export interface TreesAt {
  readonly packed: PackedTrees;
  readonly nodes: number;
  readonly roots: number;
  readonly depths: number;
}

/** @throws Refusal when it doesn't fit the memory of WebAssembly */
export function layoutOf(
  { tables, features, ensembles }: Plan,
  inputs: Readonly<Record<string, ScalarType>>,
  outputs: readonly string[],
  pack: (ensemble: Ensemble) => PackedTrees,
): Layout {
  let end = 16; // no address is 0
  const take = (bytes: number) => {
    const address = end;
    end += Math.ceil(bytes / 16) * 16;
    return address;
  };
  const table = new Map(tables.map((each) => [each, take(each.values.byteLength)]));
  const trees = new Map(
    ensembles.flat().map((ensemble) => {
      const packed = pack(ensemble);
      const at = {
        nodes: take(packed.nodes * NODE_BYTES[packed.kind]),
        roots: take(packed.roots.byteLength),
        depths: take(packed.depths.byteLength),
      };
      return [ensemble, { packed, ...at }];
    }),
  );
  const filledBytes = end;
  const input = new Map(Object.entries(inputs).map(([name, type]) => [name, take(BLOCK * (type === 'i64' ? 8 : 4))]));
  const output = new Map(outputs.map((name) => [name, take(BLOCK * 4)]));
  const groupBytes = (features.length + 1) * COLUMN_BYTES;
  const rows = take((BLOCK / LANES) * groupBytes);
  const sums = new Map(ensembles.flat().map((ensemble) => [ensemble, take(BLOCK * 4)]));
  const segments = take((BLOCK / LANES) * SEGMENT_BYTES);
  const bounds = take((BLOCK / LANES) * groupBytes);
  const scratch = take(PRUNED_NODES * NODE_BYTES.below);
  const pages = Math.ceil(end / PAGE_BYTES);
  if (pages > MOST_PAGES) throw new Refusal(`${end} bytes of tables and trees`);
  const column = new Map(features.map((feature, i) => [feature, i * COLUMN_BYTES]));
  return {
    filledBytes,
    pages,
    rows,
    groupBytes,
    leafColumn: features.length * COLUMN_BYTES,
    segments,
    bounds,
    scratch: { from: scratch, to: end },
    input: (name) => found(input, name),
    output: (name) => found(output, name),
    sums: (ensemble) => found(sums, ensemble),
    table: (each) => found(table, each),
    trees: (ensemble) => found(trees, ensemble),
    column: (feature: Expression) => found(column, feature),
  };
}

function found<K, V>(map: ReadonlyMap<K, V>, key: K): V {
  const value = map.get(key);
  if (value === undefined) throw new Error('The engine has no place for a part of the graph.');
  return value;
}
