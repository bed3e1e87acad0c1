import { BinaryReader, WireType } from '@bufbuild/protobuf/wire';
import { known, Refusal } from './refusal.ts';

/** The part of an ONNX model that the engine runs. */
export interface Graph {
  /** Versions of the operator sets, by domain. */
  readonly opsets: ReadonlyMap<string, number>;
  readonly nodes: readonly GraphNode[];
  readonly initializers: ReadonlyMap<string, Tensor>;
  readonly inputs: readonly GraphValue[];
  readonly outputs: readonly GraphValue[];
}

export interface GraphNode {
  readonly operator: string;
  readonly domain: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes: ReadonlyMap<string, Attribute>;
}

export type Attribute = number | Uint32Array | Tensor;

export interface GraphValue {
  readonly name: string;
  readonly type: ElementType | undefined;
  /** How many axes; undefined = not declared. */
  readonly rank: number | undefined;
}

export interface Tensor {
  readonly type: ElementType;
  readonly dims: readonly number[];
  /** int64 as numbers, which hold them exactly: others are refused. */
  readonly values: Float32Array | Float64Array | Uint8Array;
}

/** TensorProto.DataType, as far as graphs of this project have them. */
const ELEMENT_TYPES = { 1: 'float', 2: 'uint8', 7: 'int64' } as const;
export type ElementType = (typeof ELEMENT_TYPES)[keyof typeof ELEMENT_TYPES];

/** By TensorProto.DataType. @returns undefined for a type that the engine doesn't have */
export const elementType = (code: number): ElementType | undefined =>
  code === 1 || code === 2 || code === 7 ? ELEMENT_TYPES[code] : undefined;

/**
 * Reads model.onnx by the field numbers of onnx.proto. The generated schema would cost each cold start 25 ms, and makes
 * a bigint of each of the numbers that describe the trees.
 * @throws Refusal when the bytes are not a model, or hold what no graph of this project has
 */
export function readModel(bytes: Uint8Array): Graph {
  const opsets = new Map<string, number>();
  let graph: Omit<Graph, 'opsets'> | undefined;
  try {
    eachField(new BinaryReader(bytes), {
      7: (reader) => {
        graph = readGraph(reader.bytes());
      },
      8: (reader) => {
        let [domain, version] = ['', 0];
        eachField(new BinaryReader(reader.bytes()), {
          1: (id) => {
            domain = id.string();
          },
          2: (id) => {
            version = id.uint32();
          },
        });
        opsets.set(domain === 'ai.onnx' ? '' : domain, version);
      },
    });
  } catch (error) {
    if (error instanceof Refusal) throw error;
    throw new Refusal(`the file is not a whole ONNX model (${error instanceof Error ? error.message : error})`);
  }
  return { opsets, ...known(graph, 'the file has no graph in it') };
}

type Readers = Readonly<Record<number, (reader: BinaryReader) => void>>;

/** Hands each field to its reader; others are skipped. */
function eachField(reader: BinaryReader, readers: Readers): void {
  while (reader.pos < reader.len) {
    const [field, wireType] = reader.tag();
    const read = readers[field];
    if (read === undefined) reader.skip(wireType, field);
    else read(reader);
  }
}

function readGraph(bytes: Uint8Array): Omit<Graph, 'opsets'> {
  const nodes: GraphNode[] = [];
  const initializers = new Map<string, Tensor>();
  const [inputs, outputs]: [GraphValue[], GraphValue[]] = [[], []];
  eachField(new BinaryReader(bytes), {
    1: (reader) => nodes.push(readNode(reader.bytes())),
    5: (reader) => {
      const { name, tensor } = readTensor(reader.bytes());
      initializers.set(name, tensor);
    },
    11: (reader) => inputs.push(readValue(reader.bytes())),
    12: (reader) => outputs.push(readValue(reader.bytes())),
    15: () => {
      throw new Refusal('sparse initializers');
    },
  });
  return { nodes, initializers, inputs, outputs };
}

function readNode(bytes: Uint8Array): GraphNode {
  let [operator, domain] = ['', ''];
  const [inputs, outputs]: [string[], string[]] = [[], []];
  const attributes = new Map<string, Attribute>();
  eachField(new BinaryReader(bytes), {
    1: (reader) => inputs.push(reader.string()),
    2: (reader) => outputs.push(reader.string()),
    4: (reader) => {
      operator = reader.string();
    },
    5: (reader) => {
      const [name, value] = readAttribute(reader.bytes());
      attributes.set(name, value);
    },
    7: (reader) => {
      domain = reader.string();
    },
  });
  return { operator, domain, inputs, outputs, attributes };
}

/** AttributeProto.type */
const [INT, TENSOR, INTS] = [2, 4, 7];

function readAttribute(bytes: Uint8Array): [string, Attribute] {
  let [name, type, int] = ['', 0, 0];
  let ints = new Uint32Array();
  let tensor: Tensor | undefined;
  eachField(new BinaryReader(bytes), {
    1: (reader) => {
      name = reader.string();
    },
    3: (reader) => {
      int = Number(reader.int64());
    },
    5: (reader) => {
      tensor = readTensor(reader.bytes()).tensor;
    },
    8: (reader) => {
      ints = readInts(bytes, reader);
    },
    20: (reader) => {
      type = reader.uint32();
    },
  });
  if (type === INT) return [name, int];
  if (type === INTS) return [name, ints];
  if (type === TENSOR) return [name, known(tensor, `the attribute ${name} without its tensor`)];
  throw new Refusal(`the attribute ${name} of type ${type}`);
}

const INTS_TAG = (8 << 3) | WireType.Varint;

/**
 * This int and those that follow it. onnx.proto doesn't pack them, and a model has some 500,000: the reader's own
 * methods, which make a list of each tag and a bigint of each number, would take most of a cold start, and so would
 * anything else that this loop does per number.
 */
function readInts(bytes: Uint8Array, reader: BinaryReader): Uint32Array<ArrayBuffer> {
  const end = bytes.length;
  const ints = new Uint32Array(Math.ceil((end - reader.pos + 1) / 2)); // each takes a tag and at least one byte
  let count = 0;
  let pos = reader.pos;
  do {
    let value = 0;
    let factor = 1;
    let byte = 0x80;
    while (byte > 0x7f) {
      if (pos === end) throw new RangeError('premature EOF');
      byte = bytes[pos] ?? 0;
      value += (byte & 0x7f) * factor;
      factor *= 128;
      pos += 1;
    }
    if (value > 0xffff_ffff) throw new Refusal('an attribute with a negative or huge number in its list');
    ints[count] = value;
    count += 1;
    if (pos === end || bytes[pos] !== INTS_TAG) break;
    pos += 1;
  } while (pos <= end);
  reader.pos = pos;
  return ints.subarray(0, count);
}

function readTensor(bytes: Uint8Array): { readonly name: string; readonly tensor: Tensor } {
  let [name, type] = ['', 0];
  const dims: number[] = [];
  let raw: Uint8Array | undefined;
  eachField(new BinaryReader(bytes), {
    1: (reader) => dims.push(Number(reader.int64())),
    2: (reader) => {
      type = reader.uint32();
    },
    8: (reader) => {
      name = reader.string();
    },
    9: (reader) => {
      raw = reader.bytes();
    },
  });
  const data = known(raw, `the tensor ${name} without raw data`);
  const values = valuesOf(name, type, data);
  if (values.length !== dims.reduce((product, size) => product * size, 1)) {
    throw new Refusal(`the tensor ${name} with ${values.length} values in ${JSON.stringify(dims)}`);
  }
  return { name, tensor: { type: known(elementType(type), `the element type ${type}`), dims, values } };
}

function valuesOf(name: string, type: number, raw: Uint8Array): Tensor['values'] {
  const whole = (size: number) => {
    if (raw.length % size !== 0) throw new Refusal(`the tensor ${name} with ${raw.length} bytes`);
    return new Uint8Array(raw).buffer; // a copy of its own, which is aligned
  };
  if (type === 1) return new Float32Array(whole(4));
  if (type === 2) return raw;
  if (type === 7) return Float64Array.from(new BigInt64Array(whole(8)), safe);
  throw new Refusal(`the tensor ${name} of element type ${type}`);
}

function safe(value: bigint): number {
  const number = Number(value);
  if (!Number.isSafeInteger(number)) throw new Refusal(`the int64 ${value}, which is beyond 53 bits`);
  return number;
}

/** ValueInfoProto: its type is a TypeProto, whose tensor_type has the element type and the shape. */
function readValue(bytes: Uint8Array): GraphValue {
  let name = '';
  let type: ElementType | undefined;
  let rank: number | undefined;
  const readShape = (reader: BinaryReader) => {
    rank = 0;
    eachField(new BinaryReader(reader.bytes()), {
      1: (shape) => {
        shape.bytes();
        rank = (rank ?? 0) + 1;
      },
    });
  };
  const readTensorType = (reader: BinaryReader) =>
    eachField(new BinaryReader(reader.bytes()), {
      1: (tensor) => {
        type = elementType(tensor.uint32());
      },
      2: readShape,
    });
  eachField(new BinaryReader(bytes), {
    1: (reader) => {
      name = reader.string();
    },
    2: (reader) => eachField(new BinaryReader(reader.bytes()), { 1: readTensorType }),
  });
  return { name, type, rank };
}
