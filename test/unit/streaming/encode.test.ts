import fc from 'fast-check';
import { expect, test } from 'vitest';
import { encode, jsonEntry } from '#streaming/encode.ts';
import { JsonBytes } from '#streaming/json-bytes.ts';
import { jsonMinutes } from '#streaming/json-minutes.ts';
import type { PredictionRecord } from '#streaming/prediction-record.ts';

const ANY_TEXT = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 256 }),
  fc.string({ unit: 'grapheme', maxLength: 256 }),
  fc.constantFrom('2023/04_123', '"', '\\', '\u007f', '\u0000\n\u2028', '\ud83d', '\ude00\ud83d', 'é'.repeat(256)),
);
const MINUTES = fc.oneof(
  fc.float({ min: -10, max: 200, noNaN: true }).map(jsonMinutes),
  fc.constantFrom(0, -0, 1, 10, 99_999_999, 1e8, 0.1, 1.0000001, 12.5, 20.0000002, 3.0000000000000004, 1 / 3, 1e21),
);
const INTEGER = fc.oneof(fc.maxSafeInteger(), fc.nat(1000));

const RECORD: fc.Arbitrary<PredictionRecord> = fc.record({
  model: fc.constantFrom('ride_duration_prediction_model', 'ein "Modell"'),
  version: fc.constantFrom('a'.repeat(32), 'b'.repeat(32)),
  prediction: fc.record({
    ride_duration: MINUTES,
    ride_id: fc.oneof(ANY_TEXT, INTEGER),
    interval: fc.tuple(MINUTES, MINUTES),
    distance_source: fc.constantFrom('given', 'typical'),
  }),
  prediction_id: fc.oneof(fc.constant(`stg_taxi_trip_events/shardId-000000000000/${'4'.repeat(56)}`), ANY_TEXT),
  predicted_at: fc.constantFrom('2023-04-03T12:30:01.000Z', '2023-04-03T12:30:02.000Z'),
  source: fc.constantFrom('stream', 'api'),
});

test('predictions become the bytes that JSON.stringify makes of them, record by record', () => {
  fc.assert(
    fc.property(fc.array(RECORD, { maxLength: 8 }), (records) => {
      const entries = encode(records);
      const expected = records.map((record) => jsonEntry(record, record.prediction.ride_id));
      expect(entries.map(({ partitionKey }) => partitionKey)).toEqual(expected.map(({ partitionKey }) => partitionKey));
      for (const [i, { data }] of expected.entries())
        expect(Buffer.compare(data, entries[i]?.data ?? data.subarray(1))).toBe(0);
    }),
    { numRuns: 3000 },
  );
});

test.each([
  ['x'.repeat(256), 'x'.repeat(256)],
  ['😀'.repeat(129), '😀'.repeat(128)],
  ['😀'.repeat(256), '😀'.repeat(128)],
  [`x${'😀'.repeat(255)}`, `x${'😀'.repeat(127)}\ufffd`],
  ['\ud83d', '\ufffd'],
])('a ride_id of 1 to 256 characters has a partition key that every count of characters allows', (rideId, key) => {
  expect(jsonEntry({}, rideId).partitionKey).toBe(key);
});

test('numbers of minutes and ids are written as JSON.stringify writes them', () => {
  const any = fc.oneof(
    MINUTES,
    INTEGER,
    fc.double({ noNaN: true, noDefaultInfinity: true }),
    fc.double({ min: 1, max: 1e8, noNaN: true }),
  );
  fc.assert(
    fc.property(any, (value) => {
      const json = new JsonBytes(32);
      json.number(value);
      expect(new TextDecoder().decode(json.line())).toBe(JSON.stringify(value));
    }),
    { numRuns: 20_000 },
  );
});

test('lines keep what was written when their memory is full and more is taken', () => {
  const json = new JsonBytes(8);
  const lines = ['first', 'second, which is longer', 'ü'.repeat(40)].map((text, i) => {
    json.text(text);
    json.number(i + 1);
    return json.line();
  });
  expect(lines.map((line) => new TextDecoder().decode(line))).toEqual([
    '"first"1',
    '"second, which is longer"2',
    `"${'ü'.repeat(40)}"3`,
  ]);
});
