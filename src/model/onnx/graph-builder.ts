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

/** ONNX 1.17's operators in its file format: what onnxruntime 1.20 and later read. */
const IR_VERSION = 10n;
const OPSET = 21n;

const DATA_TYPES = { float: DataType.FLOAT, int64: DataType.INT64 } as const;

/** Writes one ONNX model, node by node. The same calls give the same bytes. */
export class GraphBuilder {
  readonly #nodes: MessageInitShape<typeof NodeProtoSchema>[] = [];
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

  /** A node with one output. @param operator of ONNX's default domain, for example `Gather` */
  node(
    operator: string,
    inputs: readonly Value[],
    attribute: MessageInitShape<typeof AttributeProtoSchema>[] = [],
  ): Value {
    const output = `${operator}_${this.#nodes.length}`;
    this.#nodes.push({ opType: operator, input: [...inputs], output: [output], attribute });
    return output as Value;
  }

  cast(value: Value, type: ElementType): Value {
    return this.node('Cast', [value], [{ name: 'to', type: AttributeType.INT, i: BigInt(DATA_TYPES[type]) }]);
  }

  /** A table of shape [values.length], rounded to float32. @throws when the name is taken */
  table(name: string, values: ArrayLike<number>): Value {
    if (this.#initializers.has(name)) throw new Error(`The graph already has a table ${name}.`);
    return this.#initializer(name, 'float', [BigInt(values.length)], Float32Array.from(values));
  }

  /** A scalar; the same value twice is one initializer. */
  float(value: number): Value {
    return this.#initializer(`float_${value}`, 'float', [], Float32Array.of(value));
  }

  /** As {@link float}. */
  int64(value: number): Value {
    return this.#initializer(`int64_${value}`, 'int64', [], BigInt64Array.of(BigInt(value)));
  }

  /** The model's bytes. @param metadata written in the order given */
  toModel(name: string, metadata: Readonly<Record<string, string>>): Uint8Array {
    const model = create(ModelProtoSchema, {
      irVersion: IR_VERSION,
      producerName: 'tripcast',
      opsetImport: [{ domain: '', version: OPSET }],
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

  #initializer(name: string, type: ElementType, dims: bigint[], data: Float32Array | BigInt64Array): Value {
    const rawData = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
    this.#initializers.set(name, { name, dataType: DATA_TYPES[type], dims, rawData });
    return name as Value;
  }
}

/** A value of shape [N], one element a ride. */
function perRide(name: string, type: ElementType): MessageInitShape<typeof ValueInfoProtoSchema> {
  const shape = { dim: [{ value: { case: 'dimParam', value: 'N' } as const }] };
  return {
    name,
    type: { value: { case: 'tensorType', value: { elemType: DATA_TYPES[type], shape } } },
  };
}
