import type { Trees } from './expression.ts';
import type { GraphNode, Tensor } from './read-model.ts';
import { Refusal } from './refusal.ts';

/** Codes of nodes_modes: BRANCH_LT and BRANCH_EQ. BRANCH_LEQ is 0. */
const [LESS, EQUAL] = [1, 4];
const MODES = ['BRANCH_LEQ', 'BRANCH_LT', 'BRANCH_GTE', 'BRANCH_GT', 'BRANCH_EQ', 'BRANCH_NEQ', 'BRANCH_MEMBER'];
const SUM = 1;
const NO_TRANSFORM = 0;

/** The attributes of a TreeEnsemble (ai.onnx.ml, version 5) with one target. @param width of a row of features */
export function treeEnsemble(attributes: GraphNode['attributes'], width: number): Trees {
  only(attributes, 'n_targets', 1);
  only(attributes, 'aggregate_function', SUM);
  only(attributes, 'post_transform', NO_TRANSFORM);
  const unknown = [...attributes.keys()].find((name) => !NAMES.includes(name));
  if (unknown !== undefined) throw new Refusal(`the attribute ${unknown}`);

  const modes = tensor(attributes, 'nodes_modes');
  const trees = {
    roots: integers(attributes, 'tree_roots'),
    equal: Uint8Array.from(modes).map(equality),
    splits: floats(attributes, 'nodes_splits'),
    features: integers(attributes, 'nodes_featureids'),
    yes: integers(attributes, 'nodes_truenodeids'),
    yesIsLeaf: integers(attributes, 'nodes_trueleafs'),
    no: integers(attributes, 'nodes_falsenodeids'),
    noIsLeaf: integers(attributes, 'nodes_falseleafs'),
    leaves: floats(attributes, 'leaf_weights'),
  };
  const branches = modes.length;
  const perBranch = [trees.splits, trees.features, trees.yes, trees.yesIsLeaf, trees.no, trees.noIsLeaf];
  if (perBranch.some(({ length }) => length !== branches)) throw new Refusal('lists of different lengths');
  if (trees.features.some((feature) => feature >= width)) throw new Refusal(`a feature beyond the ${width} in a row`);
  if (integers(attributes, 'leaf_targetids').some((target) => target !== 0)) throw new Refusal('a second target');
  if (!trees.leaves.every(Number.isFinite)) throw new Refusal('a leaf that is not a number');
  if (trees.splits.some(Number.isNaN)) throw new Refusal('a split that is not a number');
  return trees;
}

const NAMES = [
  'n_targets',
  'aggregate_function',
  'post_transform',
  'tree_roots',
  'nodes_modes',
  'nodes_splits',
  'nodes_featureids',
  'nodes_truenodeids',
  'nodes_trueleafs',
  'nodes_falsenodeids',
  'nodes_falseleafs',
  'leaf_weights',
  'leaf_targetids',
];

function equality(mode: number): number {
  if (mode !== LESS && mode !== EQUAL) throw new Refusal(`branches of mode ${MODES[mode] ?? mode}`);
  return Number(mode === EQUAL);
}

function only(attributes: GraphNode['attributes'], name: string, value: number): void {
  if (attributes.get(name) !== value) throw new Refusal(`${name} other than ${value}`);
}

function integers(attributes: GraphNode['attributes'], name: string): Uint32Array {
  const value = attributes.get(name);
  if (!(value instanceof Uint32Array)) throw new Refusal(`${name}, which is not a list of integers`);
  return value;
}

function tensor(attributes: GraphNode['attributes'], name: string): Tensor['values'] {
  const value = attributes.get(name);
  if (value === undefined || typeof value === 'number' || value instanceof Uint32Array) {
    throw new Refusal(`${name}, which is not a tensor`);
  }
  return value.values;
}

function floats(attributes: GraphNode['attributes'], name: string): Float32Array {
  const values = tensor(attributes, name);
  if (!(values instanceof Float32Array)) throw new Refusal(`${name}, which is not of floats`);
  return values;
}
