/** The types of WebAssembly that values of a graph have; a bool is an i32. */
export type ScalarType = 'f32' | 'i64' | 'i32';

/** Instructions of WebAssembly that operators become: their opcode, what they take and what they give. */
export const INSTRUCTIONS = {
  'f32.eq': [0x5b, 'f32', 'i32'],
  'f32.lt': [0x5d, 'f32', 'i32'],
  'f32.le': [0x5f, 'f32', 'i32'],
  'f32.abs': [0x8b, 'f32', 'f32'],
  'f32.floor': [0x8e, 'f32', 'f32'],
  'f32.add': [0x92, 'f32', 'f32'],
  'f32.sub': [0x93, 'f32', 'f32'],
  'f32.mul': [0x94, 'f32', 'f32'],
  'f32.div': [0x95, 'f32', 'f32'],
  'f32.min': [0x96, 'f32', 'f32'],
  'f32.max': [0x97, 'f32', 'f32'],
  'i64.eq': [0x51, 'i64', 'i32'],
  'i64.lt': [0x53, 'i64', 'i32'],
  'i64.le': [0x57, 'i64', 'i32'],
  'i64.add': [0x7c, 'i64', 'i64'],
  'i64.sub': [0x7d, 'i64', 'i64'],
  'i64.mul': [0x7e, 'i64', 'i64'],
  'i64.div': [0x7f, 'i64', 'i64'],
  'i64.rem': [0x81, 'i64', 'i64'],
  'i64.extend_i32': [0xad, 'i32', 'i64'],
  'i64.trunc_f32': [0xae, 'f32', 'i64'],
  'f32.convert_i32': [0xb3, 'i32', 'f32'],
  'f32.convert_i64': [0xb4, 'i64', 'f32'],
} as const satisfies Record<string, readonly [opcode: number, takes: ScalarType, gives: ScalarType]>;

export type Instruction = keyof typeof INSTRUCTIONS;

/** One number of one ride, as a formula. Shared parts are the same object, and are computed once. */
export type Expression =
  | { readonly kind: 'input'; readonly type: ScalarType; readonly name: string }
  | { readonly kind: 'constant'; readonly type: 'f32' | 'i64'; readonly value: number }
  | {
      readonly kind: 'instruction';
      readonly type: ScalarType;
      readonly instruction: Instruction;
      readonly operands: readonly Expression[];
    }
  | {
      readonly kind: 'select';
      readonly type: ScalarType;
      readonly condition: Expression;
      readonly yes: Expression;
      readonly no: Expression;
    }
  /** `table[index * columns + column]`; an index outside the table traps. */
  | {
      readonly kind: 'load';
      readonly type: 'f32';
      readonly table: Table;
      readonly index: Expression;
      readonly column: number;
    }
  /** The sum of an ensemble's leaves for the ride. */
  | { readonly kind: 'sum'; readonly type: 'f32'; readonly ensemble: Ensemble };

export interface Table {
  readonly name: string;
  readonly rows: number;
  readonly columns: number;
  readonly values: Float32Array;
}

export interface Ensemble {
  readonly features: readonly Expression[];
  readonly trees: Trees;
}

/** Branches of all trees, and their leaves, as the operator TreeEnsemble lists them. */
export interface Trees {
  readonly roots: Uint32Array;
  /** 1 where a branch asks whether the feature is equal to the split, 0 where it asks whether it is below. */
  readonly equal: Uint8Array;
  readonly splits: Float32Array;
  readonly features: Uint32Array;
  readonly yes: Uint32Array;
  readonly yesIsLeaf: Uint32Array;
  readonly no: Uint32Array;
  readonly noIsLeaf: Uint32Array;
  readonly leaves: Float32Array;
}

export const constant = (type: 'f32' | 'i64', value: number): Expression => ({ kind: 'constant', type, value });

export const instruct = (instruction: Instruction, ...operands: readonly Expression[]): Expression => ({
  kind: 'instruction',
  type: INSTRUCTIONS[instruction][2],
  instruction,
  operands,
});

export const select = (condition: Expression, yes: Expression, no: Expression): Expression => ({
  kind: 'select',
  type: yes.type,
  condition,
  yes,
  no,
});

/** What an expression is computed from. */
export function operandsOf(expression: Expression): readonly Expression[] {
  switch (expression.kind) {
    case 'instruction':
      return expression.operands;
    case 'select':
      return [expression.yes, expression.no, expression.condition];
    case 'load':
      return [expression.index];
    default:
      return [];
  }
}
