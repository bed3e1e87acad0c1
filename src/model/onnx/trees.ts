import { elementAt } from '../at.ts';
import type { DecisionTree, TreeEnsemble } from '../recipes/gradient-boosting.ts';
import { type Attribute, type GraphBuilder, integer, integers, tensor, type Value } from './graph-builder.ts';

/** Codes of the operator TreeEnsemble (ai.onnx.ml, version 5). XGBoost goes left below a threshold, never at it. */
const MODES = { below: 1, equal: 4 } as const;
const AGGREGATE_SUM = 1;
const TRANSFORM_NONE = 0;

/** A question that a node asks about a row, and the nodes to continue with. */
export interface Branch {
  readonly mode: keyof typeof MODES;
  readonly feature: number;
  readonly value: number;
  readonly yes: number;
  readonly no: number;
}

/** How the graph asks an XGBoost branch's question. */
export type BranchOf = (tree: DecisionTree, node: number) => Branch;

/** The same question that XGBoost asks. No feature may be NaN. */
export const belowThreshold: BranchOf = (tree, node) => ({
  mode: 'below',
  feature: elementAt(tree.feature, node),
  value: elementAt(tree.value, node),
  yes: elementAt(tree.left, node),
  no: elementAt(tree.right, node),
});

/**
 * A tree ensemble on rows of features. The base is the first tree, of one leaf: XGBoost starts at the base and adds the
 * leaves tree by tree, in float32, and so an engine that adds them in order gives XGBoost's sum to the last bit.
 * @param rows float [N, features], with the columns that `branchOf` refers to
 * @returns float [N]
 */
export function treeEnsemble(
  g: GraphBuilder,
  rows: Value,
  { base, trees }: TreeEnsemble,
  branchOf: BranchOf = belowThreshold,
): Value {
  const nodes = new NodeLists();
  for (const tree of [leaf(base), ...trees]) nodes.add(tree, branchOf);
  return g.node('Squeeze', [g.node('TreeEnsemble', [rows], nodes.attributes(), 'ai.onnx.ml'), g.axis(1)]);
}

const leaf = (value: number): DecisionTree => ({
  left: [-1],
  right: [-1],
  feature: [0],
  value: [value],
  missingLeft: [0],
});

/** The operator's lists: branches and leaves are numbered separately, each across all trees. */
class NodeLists {
  readonly #roots: number[] = [];
  readonly #branches: (Branch & { readonly yesLeaf: boolean; readonly noLeaf: boolean })[] = [];
  readonly #leaves: number[] = [];

  add(tree: DecisionTree, branchOf: BranchOf): void {
    const isLeaf = (node: number) => elementAt(tree.left, node) === -1;
    const firstBranch = this.#branches.length;
    let branches = firstBranch;
    const number = tree.left.map((_, node) =>
      isLeaf(node) ? this.#leaves.push(elementAt(tree.value, node)) - 1 : branches++,
    );
    const numbered = (node: number) => elementAt(number, node);
    this.#roots.push(firstBranch);
    if (isLeaf(0)) {
      // The operator doesn't support a tree with a single leaf: use a question with the same leaf for both answers.
      const only = numbered(0);
      const branch = { mode: 'below', feature: 0, value: 0, yes: only, no: only } as const;
      this.#branches.push({ ...branch, yesLeaf: true, noLeaf: true });
      return;
    }
    for (const node of tree.left.keys()) {
      if (isLeaf(node)) continue;
      const branch = branchOf(tree, node);
      this.#branches.push({
        ...branch,
        yes: numbered(branch.yes),
        no: numbered(branch.no),
        yesLeaf: isLeaf(branch.yes),
        noLeaf: isLeaf(branch.no),
      });
    }
  }

  attributes(): Attribute[] {
    const branches = this.#branches;
    const ofBranches = (name: string, of: (branch: (typeof branches)[number]) => number) =>
      integers(name, branches.map(of));
    const modes = Uint8Array.from(branches, ({ mode }) => MODES[mode]);
    const splits = Float32Array.from(branches, ({ value }) => value);
    return [
      integer('n_targets', 1),
      integer('aggregate_function', AGGREGATE_SUM),
      integer('post_transform', TRANSFORM_NONE),
      integers('tree_roots', this.#roots),
      tensor('nodes_modes', modes),
      tensor('nodes_splits', splits),
      ofBranches('nodes_featureids', ({ feature }) => feature),
      ofBranches('nodes_truenodeids', ({ yes }) => yes),
      ofBranches('nodes_trueleafs', ({ yesLeaf }) => Number(yesLeaf)),
      ofBranches('nodes_falsenodeids', ({ no }) => no),
      ofBranches('nodes_falseleafs', ({ noLeaf }) => Number(noLeaf)),
      tensor('leaf_weights', Float32Array.from(this.#leaves)),
      integers('leaf_targetids', new Array<number>(this.#leaves.length).fill(0)),
    ];
  }
}
