import type { Expression, ScalarType } from './expression.ts';
import { ATTRIBUTES, OPERATORS } from './operators.ts';
import type { ElementType, Graph, GraphNode, GraphValue } from './read-model.ts';
import { known, Refusal } from './refusal.ts';
import { column, type Value } from './value.ts';

/** The operator sets whose definitions the operators follow. */
const OPSETS: Readonly<Record<string, number>> = { '': 21, 'ai.onnx.ml': 5 };

const SCALAR_TYPES: Readonly<Partial<Record<ElementType, ScalarType>>> = { float: 'f32', int64: 'i64' };

/**
 * A graph as one formula per output.
 * @param inputs what the caller will give, by name
 * @param outputs what the caller wants
 * @throws Refusal that names what the engine doesn't have
 */
export function lower<Name extends string>(
  graph: Graph,
  inputs: Readonly<Record<string, ScalarType>>,
  outputs: readonly Name[],
): Readonly<Record<Name, Expression>> {
  for (const [domain, version] of graph.opsets) {
    if (OPSETS[domain] !== version) throw new Refusal(`version ${version} of the operator set ${domain || 'ai.onnx'}`);
  }
  const values = new Map<string, Value>();
  for (const [name, tensor] of graph.initializers) values.set(name, { shape: 'stored', name, tensor });
  for (const input of graph.inputs) values.set(input.name, inputOf(input, inputs));
  for (const node of graph.nodes) {
    const [output, second] = node.outputs;
    if (output === undefined || second !== undefined) throw new Refusal(`${node.operator} with several outputs`);
    values.set(output, evaluate(node, graph, values));
  }
  const declared = new Set(graph.outputs.map(({ name }) => name));
  const formulas = outputs.map((name) => {
    const value = declared.has(name) ? values.get(name) : undefined;
    if (value?.shape !== 'column' || value.numbers[0].type !== 'f32') {
      throw new Refusal(`no output ${name} with a float per ride`);
    }
    return [name, value.numbers[0]];
  });
  return Object.fromEntries(formulas) as Record<Name, Expression>; // one for each of the names
}

function inputOf({ name, type, rank }: GraphValue, inputs: Readonly<Record<string, ScalarType>>): Value {
  const wanted = inputs[name];
  const found = type && SCALAR_TYPES[type];
  if (wanted === undefined || found !== wanted || rank !== 1) {
    throw new Refusal(`the input ${name} of ${type ?? 'another type'} with ${rank ?? 'unknown'} axes`);
  }
  return column({ kind: 'input', type: wanted, name });
}

function evaluate(node: GraphNode, { opsets }: Graph, values: ReadonlyMap<string, Value>): Value {
  const { operator, domain, attributes } = node;
  const name = domain === '' ? operator : `${domain}.${operator}`;
  const apply = known(Object.hasOwn(OPERATORS, name) ? OPERATORS[name] : undefined, `the operator ${name}`);
  if (!opsets.has(domain)) throw new Refusal(`no version of the operator set ${domain || 'ai.onnx'}`);
  const inputs = node.inputs.map((input) => known(values.get(input), `${name} with an unknown input ${input}`));
  const allowed = ATTRIBUTES[name] ?? [];
  const stranger = domain === '' ? [...attributes.keys()].find((each) => !allowed.includes(each)) : undefined;
  if (stranger !== undefined) throw new Refusal(`${name} with the attribute ${stranger}`);
  try {
    return apply(inputs, node);
  } catch (error) {
    throw error instanceof Refusal ? new Refusal(`${name} with ${error.message}`) : error;
  }
}
