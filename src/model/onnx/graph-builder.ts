import { create, type MessageInitShape, toBinary } from '@bufbuild/protobuf';
import {
  type AttributeProtoSchema,
  AttributeProto_AttributeType as AttributeType,
  TensorProto_DataType as DataType,
  ModelProtoSchema,
  type NodeProtoSchema,
  type TensorProtoSchema,
  type ValueInfoProtoSchema,
} from './gen/onnx-ml_pb.js';

declare const brand: unique symbol;

/** A named tensor in a graph: an input, an initializer or a node's output. */
export type Value = string & { readonly [brand]: 'Value' };

export type ElementType = 'float' | 'int64';

export type Attribute = MessageInitShape<typeof AttributeProtoSchema>;

/** ONNX 1.17's file format and operators, which onnxruntime 1.20 and later can read. */
const IR_VERSION = 10n;
/** Operator sets by domain: ONNX's own, and that of its classical models, which includes trees. */
const OPSETS = { '': 21n, 'ai.onnx.ml': 5n } as const;
type Domain = keyof typeof OPSETS;

const DATA_TYPES = { float: DataType.FLOAT, int64: DataType.INT64 } as const;

/** Attributes of a node. */
export const integer = (name: string, value: number): Attribute => ({
  name,
  type: AttributeType.INT,
  i: BigInt(value),
});
/** Of a Cast. */
export const toFloat = integer('to', DATA_TYPES.float);
export const integers = (name: string, values: readonly number[]): Attribute => ({
  name,
  type: AttributeType.INTS,
  ints: values.map(BigInt),
});
/** A tensor of shape [values.length]. */
export const tensor = (name: string, values: Float32Array | Uint8Array): Attribute => ({
  name,
  type: AttributeType.TENSOR,
  t: {
    dataType: values instanceof Float32Array ? DataType.FLOAT : DataType.UINT8,
    dims: [BigInt(values.length)],
    rawData: bytesOf(values),
  },
});

/** Writes one ONNX model, node by node. The same calls give the same bytes. */
export class GraphBuilder {
  readonly #nodes: MessageInitShape<typeof NodeProtoSchema>[] = [];
  /** Nodes that a few numbers fully describe, keyed by that description. */
  readonly #plainNodes = new Map<string, Value>();
  readonly #domains = new Set<Domain>(['']);
  readonly #initializers = new Map<string, MessageInitShape<typeof TensorProtoSchema>>();
  readonly #inputs: MessageInitShape<typeof ValueInfoProtoSchema>[] = [];
  readonly #outputs: MessageInitShape<typeof ValueInfoProtoSchema>[] = [];

  /** An input of shape [N]. */
  input(name: string, type: ElementType): Value {
    this.#inputs.push(perRide(name, type));
    return name as Value;
  }

  /** Declares `value` as an output of shape [N], float, under `name`. */
  output(name: string, value: Value): void {
    this.#nodes.push({ opType: 'Identity', input: [value], output: [name] });
    this.#outputs.push(perRide(name, 'float'));
  }

  /** A node with one output; identical nodes become one. @param operator for example `Gather` */
  node(operator: string, inputs: readonly Value[], attribute: Attribute[] = [], domain: Domain = ''): Value {
    const isPlain = attribute.every(({ type }) => type === AttributeType.INT);
    const key = [operator, ...inputs, ...attribute.map(({ name, i }) => `${name}=${i}`)].join();
    const known = isPlain ? this.#plainNodes.get(key) : undefined;
    if (known !== undefined) return known;
    const output = `${operator}_${this.#nodes.length}` as Value;
    this.#nodes.push({ opType: operator, input: [...inputs], output: [output], attribute, domain });
    this.#domains.add(domain);
    if (isPlain) this.#plainNodes.set(key, output);
    return output;
  }

  cast(value: Value, type: ElementType): Value {
    return this.node('Cast', [value], [integer('to', DATA_TYPES[type])]);
  }

  /**
   * A table of shape [values.length], or with `columns` of [values.length / columns, columns], rounded to float32.
   * Identical tables become one.
   * @throws when a different one has the name
   */
  table(name: string, values: ArrayLike<number>, columns?: number): Value {
    const dims = columns === undefined ? [values.length] : [values.length / columns, columns];
    const data = Float32Array.from(values);
    const known = this.#initializers.get(name)?.rawData;
    if (known !== undefined && Buffer.compare(known, bytesOf(data)) !== 0) {
      throw new Error(`The graph already has another table ${name}.`);
    }
    return this.#initializer(name, 'float', dims, data);
  }

  /** A scalar; equal values share one initializer. */
  float(value: number): Value {
    return this.#initializer(`float_${value}`, 'float', [], Float32Array.of(value));
  }

  /** Like {@link float}. */
  int64(value: number): Value {
    return this.#initializer(`int64_${value}`, 'int64', [], BigInt64Array.of(BigInt(value)));
  }

  /** An axis number as a one-element list, for operators that accept several axes. */
  axis(number: number): Value {
    return this.#initializer(`axis_${number}`, 'int64', [1], BigInt64Array.of(BigInt(number)));
  }

  /** The model's bytes. @param metadata written in the order given */
  toModel(name: string, metadata: Readonly<Record<string, string>>): Uint8Array {
    const model = create(ModelProtoSchema, {
      irVersion: IR_VERSION,
      producerName: 'tripcast',
      opsetImport: [...this.#domains].map((domain) => ({ domain, version: OPSETS[domain] })),
      graph: {
        name,
        node: this.#nodes,
        initializer: [...this.#initializers.values()],
        input: this.#inputs,
        output: this.#outputs,
      },
      metadataProps: Object.entries(metadata).map(([key, value]) => ({ key, value })),
    });
    return toBinary(ModelProtoSchema, model);
  }

  #initializer(name: string, type: ElementType, dims: readonly number[], data: Float32Array | BigInt64Array): Value {
    this.#initializers.set(name, { name, dataType: DATA_TYPES[type], dims: dims.map(BigInt), rawData: bytesOf(data) });
    return name as Value;
  }
}

function bytesOf(data: Float32Array | Uint8Array | BigInt64Array): Uint8Array {
  return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
}

/** A value of shape [N], one element per ride. */
function perRide(name: string, type: ElementType): MessageInitShape<typeof ValueInfoProtoSchema> {
  const shape = { dim: [{ value: { case: 'dimParam', value: 'N' } as const }] };
  return {
    name,
    type: { value: { case: 'tensorType', value: { elemType: DATA_TYPES[type], shape } } },
  };
}
