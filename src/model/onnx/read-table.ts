import { fromBinary } from '@bufbuild/protobuf';
import { ModelProtoSchema } from './gen/onnx-ml_pb.js';

/** A table written into a graph under `name`. @throws when there is none */
export function readTable(model: Uint8Array, name: string): Float32Array {
  const tables = fromBinary(ModelProtoSchema, model).graph?.initializer ?? [];
  const data = tables.find((table) => table.name === name)?.rawData;
  if (data === undefined) throw new Error(`The graph has no table ${name}.`);
  return new Float32Array(data.slice().buffer); // the copy is aligned for floats
}
