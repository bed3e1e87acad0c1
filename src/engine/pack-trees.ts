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
  /** By feature. */
  readonly ofFeature: readonly number[];
  /** The one that is always -Infinity. */
  readonly ofLeaves: number;
}

/** Bytes of a node. */
export const NODE_BYTES = { below: 12, any: 16 } as const;

/** @throws Refusal when the lists don't describe trees */
export function packTrees(trees: Trees): PackedTrees {
  const order = new NodeOrder(trees);
  const { branchOf, leafOf, childOf, roots, depths } = order;
  const kind = trees.equal.includes(1) ? 'any' : 'below';
  return {
    kind,
    nodes: order.nodes,
    roots,
    depths,
    write(memory, at, { ofFeature, ofLeaves }) {
      const words = NODE_BYTES[kind] / 4;
      const floats = new Float32Array(memory, at, order.nodes * words);
      const integers = new Uint32Array(memory, at, order.nodes * words);
      for (let node = 0; node < order.nodes; node += 1) {
        const word = node * words;
        const branch = branchOf[node] ?? 0;
        const isLeaf = branch < 0;
        const split = (isLeaf ? trees.leaves[leafOf[node] ?? 0] : trees.splits[branch]) ?? Number.NaN;
        const isEqual = !isLeaf && trees.equal[branch] === 1;
        floats[word] = isEqual ? nextAbove(split) : split;
        integers[word + 1] = isLeaf ? ofLeaves : (ofFeature[trees.features[branch] ?? 0] ?? 0);
        integers[word + 2] = at + (branch === LEAF ? node : (childOf[node] ?? 0)) * NODE_BYTES[kind];
        if (kind === 'any') floats[word + 3] = isEqual ? split : Number.NEGATIVE_INFINITY;
      }
    },
  };
}

const LEAF = -1;
/** A leaf above the levels that are full: a branch whose children are both that leaf. */
const PASS = -2;
/** Levels that every tree has in full, because the kernel takes them in one step. */
const FULL_LEVELS = 3;
const FULL_NODES = 2 ** FULL_LEVELS - 1;

/** The nodes of all trees, level by level, so that a branch's two children are neighbors. Each array by node. */
class NodeOrder {
  nodes = 0;
  /** The branch, or {@link LEAF}, or {@link PASS}. */
  readonly branchOf: Int32Array;
  readonly leafOf: Uint32Array;
  /** The node for "yes"; that for "no" is the next. */
  readonly childOf: Uint32Array;
  readonly roots: Uint32Array;
  /** By tree: the steps to its lowest leaf. */
  readonly depths: Uint32Array;
  readonly #trees: Trees;
  readonly #seen: Uint8Array;

  constructor(trees: Trees) {
    const branches = trees.splits.length;
    const most = 2 * branches + (1 + 2 * FULL_NODES) * trees.roots.length;
    this.#trees = trees;
    this.#seen = new Uint8Array(branches);
    this.branchOf = new Int32Array(most);
    this.leafOf = new Uint32Array(most);
    this.childOf = new Uint32Array(most);
    this.roots = new Uint32Array(trees.roots.length);
    this.depths = new Uint32Array(trees.roots.length);
    trees.roots.forEach((root, tree) => {
      this.roots[tree] = this.nodes;
      this.depths[tree] = this.#add(root);
    });
  }

  /** @returns the tree's depth */
  #add(root: number): number {
    const { yes, yesIsLeaf, no, noIsLeaf } = this.#trees;
    let node = this.nodes;
    this.#place(root, 0);
    let depth = 0;
    for (let level = this.nodes; node < this.nodes; node += 1) {
      if (node === level) {
        depth += 1;
        level = this.nodes;
      }
      const branch = this.branchOf[node] ?? LEAF;
      if (branch === LEAF && depth >= FULL_LEVELS) continue;
      this.childOf[node] = this.nodes;
      if (branch === LEAF) {
        const leaf = this.leafOf[node] ?? 0;
        this.branchOf[node] = PASS;
        this.#place(leaf, 1);
        this.#place(leaf, 1);
        continue;
      }
      this.#place(yes[branch] ?? 0, yesIsLeaf[branch] ?? 0);
      this.#place(no[branch] ?? 0, noIsLeaf[branch] ?? 0);
    }
    return depth;
  }

  #place(number: number, isLeaf: number): void {
    const node = this.nodes;
    this.nodes += 1;
    if (isLeaf === 1) {
      if (number >= this.#trees.leaves.length) throw new Refusal(`no leaf ${number}`);
      this.branchOf[node] = LEAF;
      this.leafOf[node] = number;
    } else {
      if (this.#seen[number] !== 0) throw new Refusal(`the branch ${number} missing, or in two places`);
      this.#seen[number] = 1;
      this.branchOf[node] = number;
    }
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
