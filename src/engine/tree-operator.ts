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
    equal: equalities(modes),
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
  if (largest(trees.features) >= width) throw new Refusal(`a feature beyond the ${width} in a row`);
  if (largest(integers(attributes, 'leaf_targetids')) > 0) throw new Refusal('a second target');
  if (!areFinite(trees.leaves)) throw new Refusal('a leaf that is not a number');
  if (Number.isNaN(largest(trees.splits))) throw new Refusal('a split that is not a number');
  return trees;
}

/** NaN if any number is. A loop, because a callback for each of 100,000 nodes takes a cold start milliseconds. */
function largest(numbers: Uint32Array | Float32Array): number {
  let most = Number.NEGATIVE_INFINITY;
  for (let i = 0; i < numbers.length; i += 1) most = Math.max(most, numbers[i] ?? Number.NaN);
  return most;
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

function areFinite(numbers: Float32Array): boolean {
  let zero = 0;
  for (let i = 0; i < numbers.length; i += 1) zero += (numbers[i] ?? Number.NaN) * 0;
  return zero === 0;
}

/** 1 for each branch that asks for equality. */
function equalities(modes: Tensor['values']): Uint8Array {
  const equal = new Uint8Array(modes.length);
  for (let branch = 0; branch < modes.length; branch += 1) {
    const mode = modes[branch] ?? 0;
    if (mode === EQUAL) equal[branch] = 1;
    else if (mode !== LESS) throw new Refusal(`branches of mode ${MODES[mode] ?? mode}`);
  }
  return equal;
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
