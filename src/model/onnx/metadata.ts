import { fromBinary } from '@bufbuild/protobuf';
import { BinaryReader } from '@bufbuild/protobuf/wire';
import { ModelProtoSchema, StringStringEntryProtoSchema } from './gen/onnx-ml_pb.js';

const METADATA_PROPS = ModelProtoSchema.field.metadataProps.number;

/**
 * A model's metadata_props, which onnxruntime's JavaScript API does not show. Only these are decoded: the graph may hold
 * megabytes of tables.
 */
export function readMetadata(model: Uint8Array): Readonly<Record<string, string>> {
  const reader = new BinaryReader(model);
  const metadata: Record<string, string> = {};
  while (reader.pos < reader.len) {
    const [field, wireType] = reader.tag();
    if (field === METADATA_PROPS) {
      const entry = fromBinary(StringStringEntryProtoSchema, reader.bytes());
      metadata[entry.key] = entry.value;
    } else {
      reader.skip(wireType, field);
    }
  }
  return metadata;
}
