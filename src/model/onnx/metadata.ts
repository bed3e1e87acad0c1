import { BinaryReader, type WireType } from '@bufbuild/protobuf/wire';

/** Field numbers of onnx.proto: ModelProto.metadata_props, StringStringEntryProto.key and .value. */
const METADATA_PROPS = 14;
const [KEY, VALUE] = [1, 2];

/**
 * A model's metadata_props, which onnxruntime's JavaScript API does not expose. Only these are decoded: the graph may
 * hold megabytes of tables. It uses field numbers, not the generated schema, which would cost each cold start 25 ms.
 */
export function readMetadata(model: Uint8Array): Readonly<Record<string, string>> {
  const metadata: Record<string, string> = {};
  for (const [reader] of fieldsOf(model, METADATA_PROPS)) {
    const entry = { [KEY]: '', [VALUE]: '' };
    for (const [text, field] of fieldsOf(reader.bytes(), KEY, VALUE)) entry[field] = text.string();
    metadata[entry[KEY] ?? ''] = entry[VALUE] ?? '';
  }
  return metadata;
}

/** A message's fields with these numbers, each to be read by the caller; the others are skipped. */
function* fieldsOf(message: Uint8Array, ...wanted: readonly number[]): Generator<[BinaryReader, number]> {
  const reader = new BinaryReader(message);
  while (reader.pos < reader.len) {
    const [field, wireType]: [number, WireType] = reader.tag();
    if (wanted.includes(field)) yield [reader, field];
    else reader.skip(wireType, field);
  }
}
