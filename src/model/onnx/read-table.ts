import { fromBinary } from '@bufbuild/protobuf';
import { ModelProtoSchema } from './gen/onnx-ml_pb.js';

/** A table written into a graph under `name`, if there is one. */
export function readTable(model: Uint8Array, name: string): Float32Array | undefined {
  const tables = fromBinary(ModelProtoSchema, model).graph?.initializer ?? [];
  const data = tables.find((table) => table.name === name)?.rawData;
  return data && new Float32Array(data.slice().buffer); // the copy is aligned for floats
}
