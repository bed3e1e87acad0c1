import { constant, type Expression, type ScalarType } from './expression.ts';
import type { Tensor } from './read-model.ts';
import { Refusal } from './refusal.ts';

/** What a name in a graph stands for. Shapes are known when a graph is loaded, but for the number of rides, N. */
export type Value =
  /** Numbers stored in the graph, of any shape. */
  | { readonly shape: 'stored'; readonly name: string; readonly tensor: Tensor }
  /** The same number for all rides: shape [] or [1]. */
  | { readonly shape: 'single'; readonly numbers: readonly [Expression] }
  /** A number for each ride: shape [N]. */
  | { readonly shape: 'column'; readonly numbers: readonly [Expression] }
  /** Several numbers for each ride: shape [N, numbers.length]. */
  | { readonly shape: 'rows'; readonly numbers: readonly Expression[] };

/** Those that are computed. */
export type Computed = Exclude<Value, { readonly shape: 'stored' }>;

export const column = (number: Expression): Value => ({ shape: 'column', numbers: [number] });
export const rows = (numbers: readonly Expression[]): Value => ({ shape: 'rows', numbers });

/** A value to compute with: a stored one must be a single number. */
export function computed(value: Value): Computed {
  if (value.shape !== 'stored') return value;
  const { name, tensor } = value;
  const [number] = tensor.values;
  if (number === undefined || tensor.values.length > 1 || tensor.dims.length > 1) {
    throw new Refusal(`arithmetic with the table ${name}`);
  }
  if (tensor.type === 'uint8') throw new Refusal(`arithmetic with ${name}, a uint8`);
  return { shape: 'single', numbers: [constant(tensor.type === 'float' ? 'f32' : 'i64', number)] };
}

/** The one number per ride, or for all rides. */
export function oneNumber(value: Value): Expression {
  const { shape, numbers } = computed(value);
  const [number] = numbers;
  if (shape === 'rows' || number === undefined) throw new Refusal('rows where one number per ride is expected');
  return number;
}

/** Computes number by number, as ONNX broadcasts: a single number goes with each of the others. */
export function elementwise(values: readonly Value[], compute: (numbers: readonly Expression[]) => Expression): Value {
  const operands = values.map(computed);
  const widest = operands.find(({ shape }) => shape === 'rows') ?? operands.find(({ shape }) => shape === 'column');
  if (widest === undefined)
    return { shape: 'single', numbers: [compute(operands.map(({ numbers: [one] }) => one as Expression))] };
  if (
    operands.some(
      ({ shape, numbers }) =>
        shape !== 'single' && (shape !== widest.shape || numbers.length !== widest.numbers.length),
    )
  ) {
    throw new Refusal('operands of different shapes');
  }
  const numbers = widest.numbers.map((_, i) =>
    compute(operands.map((operand) => operand.numbers[operand.shape === 'single' ? 0 : i] as Expression)),
  );
  return widest.shape === 'rows' ? rows(numbers) : column(numbers[0] as Expression);
}

/** The type that all have. */
export function commonType(numbers: readonly Expression[]): ScalarType {
  const [first, ...others] = numbers.map(({ type }) => type);
  if (first === undefined || others.some((type) => type !== first)) throw new Refusal('operands of different types');
  return first;
}
