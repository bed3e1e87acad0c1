import type { Trees } from './expression.ts';
import { Refusal } from './refusal.ts';

/** An ensemble's trees as the kernel reads them: see kernel/trees.as.ts. */
export interface PackedTrees {
  /** What the nodes look like: only some graphs ask whether a feature is equal to something. */
  readonly kind: 'below' | 'any';
  readonly nodes: number;
  /** Writes the nodes. @param at the address they will have @param columns the offset of each feature's column */
  readonly write: (memory: ArrayBuffer, at: number, columns: Columns) => void;
  /** The first node of each tree, by number. */
  readonly roots: Uint32Array;
  readonly depths: Uint32Array;
}

export interface Columns {
  readonly ofFeature: (feature: number) => number;
  /** The one that is always -Infinity. */
  readonly ofLeaves: number;
}

/** Bytes of a node. */
export const NODE_BYTES = { below: 12, any: 16 } as const;

const LEAF = -1;

/** @throws Refusal when the lists don't describe trees */
export function packTrees(trees: Trees): PackedTrees {
  const order = new NodeOrder(trees);
  for (const root of trees.roots) order.add(root);
  const { branchOf, leafOf, childOf, roots, depths } = order;
  const kind = trees.equal.includes(1) ? 'any' : 'below';
  const words = NODE_BYTES[kind] / 4;
  return {
    kind,
    nodes: branchOf.length,
    roots: Uint32Array.from(roots),
    depths: Uint32Array.from(depths),
    write(memory, at, columns) {
      const floats = new Float32Array(memory, at, branchOf.length * words);
      const integers = new Uint32Array(memory, at, branchOf.length * words);
      const address = (node: number) => at + node * NODE_BYTES[kind];
      branchOf.forEach((branch, node) => {
        const word = node * words;
        const isLeaf = branch === LEAF;
        const split = isLeaf ? valueAt(trees.leaves, leafOf[node]) : valueAt(trees.splits, branch);
        const feature = isLeaf ? columns.ofLeaves : columns.ofFeature(trees.features[branch] ?? 0);
        const isEqual = !isLeaf && trees.equal[branch] === 1;
        floats[word] = isEqual ? nextAbove(split) : split;
        integers[word + 1] = feature;
        integers[word + 2] = address(isLeaf ? node : (childOf[node] ?? 0));
        if (kind === 'any') floats[word + 3] = isEqual ? split : Number.NEGATIVE_INFINITY;
      });
    },
  };
}

const valueAt = (values: Float32Array, index: number | undefined): number => values[index ?? 0] ?? Number.NaN;

/** Numbers the nodes of all trees so that a branch's two children are neighbors. */
class NodeOrder {
  /** By node: the branch, or {@link LEAF}. */
  readonly branchOf: number[] = [];
  readonly leafOf: number[] = [];
  /** The node for "yes"; that for "no" is the next. */
  readonly childOf: number[] = [];
  readonly roots: number[] = [];
  readonly depths: number[] = [];
  readonly #trees: Trees;
  readonly #seen: Uint8Array;

  constructor(trees: Trees) {
    this.#trees = trees;
    this.#seen = new Uint8Array(trees.splits.length);
  }

  /** @param root a branch */
  add(root: number): void {
    const { yes, yesIsLeaf, no, noIsLeaf } = this.#trees;
    let level = [this.#branch(root)];
    this.roots.push(level[0] ?? 0);
    let depth = 0;
    for (; level.length > 0; depth += 1) {
      const below: number[] = [];
      for (const node of level) {
        const branch = this.branchOf[node] ?? 0;
        this.childOf[node] = this.branchOf.length;
        for (const [child = -1, isLeaf] of [
          [yes[branch], yesIsLeaf[branch]],
          [no[branch], noIsLeaf[branch]],
        ]) {
          if (isLeaf === 1) this.#leaf(child);
          else below.push(this.#branch(child));
        }
      }
      level = below;
    }
    this.depths.push(depth);
  }

  #branch(branch: number): number {
    if (this.#seen[branch] !== 0) throw new Refusal(`the branch ${branch} missing, or in two places`);
    this.#seen[branch] = 1;
    return this.branchOf.push(branch) - 1;
  }

  #leaf(leaf: number): void {
    if (this.#trees.leaves[leaf] === undefined) throw new Refusal(`no leaf ${leaf}`);
    this.leafOf[this.branchOf.push(LEAF) - 1] = leaf;
  }
}

/** The next larger float32: the only number from `value` up to it, excluded, is `value`. */
function nextAbove(value: number): number {
  const bits = new Int32Array(1);
  const float = new Float32Array(bits.buffer);
  float[0] = value === 0 ? 0 : value; // -0 equals 0
  bits[0] = (bits[0] ?? 0) + (value < 0 ? -1 : 1);
  return float[0];
}
