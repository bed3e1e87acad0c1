/**
 * The operators that graphs of this project have (ONNX opset 21, ai.onnx.ml 5), as formulas over one ride. Each takes
 * exactly the attributes and shapes that it names; anything else is refused.
 */
import { constant, type Expression, type Instruction, instruct, select, type Table } from './expression.ts';
import type { Attribute, GraphNode } from './read-model.ts';
import { known, Refusal } from './refusal.ts';
import { treeEnsemble } from './tree-operator.ts';
import { column, commonType, elementwise, oneNumber, rows, type Value } from './value.ts';

export type Operator = (inputs: readonly Value[], node: GraphNode) => Value;

/** By domain and name. */
export const OPERATORS: Readonly<Record<string, Operator>> = {
  Identity: (inputs) => at(inputs, 0),
  Add: arithmetic('add'),
  Sub: arithmetic('sub'),
  Mul: arithmetic('mul'),
  Div: arithmetic('div'),
  Mod: (inputs, { attributes }) => {
    if (attributes.get('fmod') === 1) throw new Refusal('fmod');
    return elementwise(inputs, ([a, b]) => remainder(given(a), given(b)));
  },
  Abs: float('f32.abs'),
  Floor: float('f32.floor'),
  Clip: (inputs) => elementwise([at(inputs, 0), at(inputs, 1), at(inputs, 2)], clip),
  Equal: comparison('eq'),
  Less: comparison('lt'),
  LessOrEqual: comparison('le'),
  Where: (inputs) =>
    elementwise(inputs, ([condition, yes, no]) => {
      if (given(condition).type !== 'i32') throw new Refusal('a condition that is not a bool');
      const chosen = select(given(condition), given(yes), given(no));
      // onnxruntime makes 0 of -0 here, and a division would tell.
      return commonType([given(yes), given(no)]) === 'f32' ? instruct('f32.add', chosen, constant('f32', 0)) : chosen;
    }),
  Cast: (inputs, { attributes }) => elementwise([at(inputs, 0)], ([value]) => cast(given(value), attributes.get('to'))),
  GatherElements: (inputs, { attributes }) => {
    zero(attributes, 'axis');
    const table = tableOf(at(inputs, 0));
    if (table.columns !== 1 || table.ofRows) throw new Refusal('a table with several axes');
    return column(look(table, oneNumber(perRide(at(inputs, 1))), 0));
  },
  Gather: (inputs, { attributes }) => {
    zero(attributes, 'axis');
    const table = tableOf(at(inputs, 0));
    const index = oneNumber(perRide(at(inputs, 1)));
    const numbers = Array.from({ length: table.columns }, (_, i) => look(table, index, i));
    return table.ofRows ? rows(numbers) : column(given(numbers[0]));
  },
  Concat: (inputs, { attributes }) => {
    if (attributes.get('axis') !== 1) throw new Refusal('another axis than 1');
    const numbers = inputs.flatMap((input) => {
      if (input.shape !== 'rows') throw new Refusal('parts that are not rows');
      return input.numbers;
    });
    commonType(numbers);
    return rows(numbers);
  },
  Unsqueeze: (inputs) => {
    axisOne(at(inputs, 1));
    return rows([oneNumber(perRide(at(inputs, 0)))]);
  },
  Squeeze: (inputs) => {
    axisOne(at(inputs, 1));
    const value = at(inputs, 0);
    const [number, second] = value.shape === 'rows' ? value.numbers : [];
    if (number === undefined || second !== undefined) throw new Refusal('rows of other than one number');
    return column(number);
  },
  'ai.onnx.ml.TreeEnsemble': (inputs, node) => {
    const value = at(inputs, 0);
    if (value.shape !== 'rows' || commonType(value.numbers) !== 'f32')
      throw new Refusal('features that are not rows of floats');
    const trees = treeEnsemble(node.attributes, value.numbers.length);
    return rows([{ kind: 'sum', type: 'f32', ensemble: { features: value.numbers, trees } }]);
  },
};

/** The attributes that an operator may have. */
export const ATTRIBUTES: Readonly<Record<string, readonly string[]>> = {
  Mod: ['fmod'],
  Cast: ['to'],
  GatherElements: ['axis'],
  Gather: ['axis'],
  Concat: ['axis'],
};

const at = (inputs: readonly Value[], index: number): Value => known(inputs[index], `no input ${index + 1}`);
const given = (number: Expression | undefined): Expression => known(number, 'too few inputs');

function arithmetic(name: 'add' | 'sub' | 'mul' | 'div'): Operator {
  return binary({ f32: `f32.${name}`, i64: `i64.${name}` });
}

function comparison(name: 'eq' | 'lt' | 'le'): Operator {
  return binary({ f32: `f32.${name}`, i64: `i64.${name}` });
}

function binary(by: { readonly f32: Instruction; readonly i64: Instruction }): Operator {
  return (inputs) =>
    elementwise([at(inputs, 0), at(inputs, 1)], (operands) => {
      const type = commonType(operands);
      if (type === 'i32') throw new Refusal('operands that are bools');
      return instruct(by[type], ...operands);
    });
}

function float(instruction: Instruction): Operator {
  return (inputs) =>
    elementwise([at(inputs, 0)], (operands) => {
      if (commonType(operands) !== 'f32') throw new Refusal('an operand that is not a float');
      return instruct(instruction, ...operands);
    });
}

/** Of integers, with the sign of the divisor, as Python's. The divisor must be a positive constant. */
function remainder(value: Expression, divisor: Expression): Expression {
  if (commonType([value, divisor]) !== 'i64') throw new Refusal('operands that are not int64');
  if (divisor.kind !== 'constant' || divisor.value <= 0) throw new Refusal('a divisor that is not a positive constant');
  const rest = instruct('i64.rem', value, divisor);
  return select(instruct('i64.lt', rest, constant('i64', 0)), instruct('i64.add', rest, divisor), rest);
}

function clip(operands: readonly Expression[]): Expression {
  const [value, least, most] = [given(operands[0]), given(operands[1]), given(operands[2])];
  const type = commonType(operands);
  if (type === 'f32') return instruct('f32.min', instruct('f32.max', value, least), most);
  if (type !== 'i64') throw new Refusal('operands that are bools');
  const raised = select(instruct('i64.lt', value, least), least, value);
  return select(instruct('i64.lt', most, raised), most, raised);
}

/** TensorProto.DataType, as `to` has it. */
const [FLOAT, INT64] = [1, 7];

function cast(value: Expression, to: Attribute | undefined): Expression {
  const { type } = value;
  if (to === FLOAT) {
    return type === 'f32' ? value : instruct(type === 'i64' ? 'f32.convert_i64' : 'f32.convert_i32', value);
  }
  if (to === INT64) {
    return type === 'i64' ? value : instruct(type === 'f32' ? 'i64.trunc_f32' : 'i64.extend_i32', value);
  }
  throw new Refusal(`a target type ${String(to)}`);
}

/** With a second axis, even of size 1, a row is found for each index. */
function tableOf(value: Value): Table & { readonly ofRows: boolean } {
  if (value.shape !== 'stored') throw new Refusal('a table that is computed');
  const { name, tensor } = value;
  const { dims, values } = tensor;
  const [size = 0, columns = 1] = dims;
  if (!(values instanceof Float32Array) || dims.length < 1 || dims.length > 2) {
    throw new Refusal(`the table ${name}, which is not of floats with one or two axes`);
  }
  return { name, rows: size, columns, values, ofRows: dims.length === 2 };
}

function look(table: Table, index: Expression, number: number): Expression {
  if (index.type !== 'i64') throw new Refusal('an index that is not int64');
  return { kind: 'load', type: 'f32', table, index, column: number };
}

function perRide(value: Value): Value {
  if (value.shape !== 'column') throw new Refusal('an operand that is not one number per ride');
  return value;
}

function zero(attributes: GraphNode['attributes'], name: string): void {
  if ((attributes.get(name) ?? 0) !== 0) throw new Refusal(`another ${name} than 0`);
}

function axisOne(value: Value): void {
  const isOne = value.shape === 'stored' && value.tensor.values.length === 1 && value.tensor.values[0] === 1;
  if (!isOne) throw new Refusal('another axis than 1');
}
