import { BinaryReader } from '@bufbuild/protobuf/wire';

/** Numbers of fields in onnx.proto: ModelProto.metadata_props, and key and value of its entries. */
const METADATA_PROPS = 14;
const KEY = 1;
const VALUE = 2;

/**
 * A model's metadata_props, which onnxruntime's JavaScript API does not show. Only these are decoded, and by hand: the graph
 * may hold megabytes of tables, and ONNX's whole schema takes longer to load than a month to score.
 */
export function readMetadata(model: Uint8Array): Readonly<Record<string, string>> {
  const metadata: Record<string, string> = {};
  eachField(model, (field, reader) => {
    if (field !== METADATA_PROPS) return false;
    const entry = { [KEY]: '', [VALUE]: '' };
    eachField(reader.bytes(), (part, of) => {
      if (part !== KEY && part !== VALUE) return false;
      entry[part] = of.string();
      return true;
    });
    metadata[entry[KEY]] = entry[VALUE];
    return true;
  });
  return metadata;
}

/** @param read reads the field's value, or says that it did not */
function eachField(message: Uint8Array, read: (field: number, reader: BinaryReader) => boolean): void {
  const reader = new BinaryReader(message);
  while (reader.pos < reader.len) {
    const [field, wireType] = reader.tag();
    if (!read(field, reader)) reader.skip(wireType, field);
  }
}
