import { expect, test } from 'vitest';
import { GraphBuilder } from '#model/onnx/graph-builder.ts';
import { readMetadata } from '#model/onnx/metadata.ts';

test('the metadata that a model was written with, by the generated ONNX schema, is read back', () => {
  const metadata = { recipe: 'zone-map', taxi_type: 'green', note: 'Zürich – 東京', empty: '' };
  const g = new GraphBuilder();
  g.output('predicted_duration', g.input('trip_distance', 'float'));
  expect(readMetadata(g.toModel('of a test', metadata))).toEqual(metadata);
});
