import { describe, expect, test } from 'vitest';
import { decode } from '#streaming/decode.ts';
import { checkEvent } from '#streaming/event-check.ts';
import { formatWallClock } from '#trips/new-york-time.ts';
import { anEvent, aRawRecord, aRecord, EXAMPLE, SHARD, sequenceNumber } from '../../support/kinesis-events.ts';

const ARRIVAL_ID = `stg_taxi_trip_events/${SHARD}/${sequenceNumber(0)}`;

describe('a record that can be scored', () => {
  test('becomes one row of the batch, with the identity of its arrival', () => {
    const { rides, accepted, rejected } = decode(anEvent(EXAMPLE));
    expect(rejected).toEqual([]);
    expect(rides.inputs).toMatchObject({
      PULocationID: BigInt64Array.of(130n),
      DOLocationID: BigInt64Array.of(205n),
      trip_distance: Float32Array.of(3.66),
    });
    expect(accepted).toEqual([
      { rideId: 156, predictionId: ARRIVAL_ID, distanceGiven: true, sequenceNumber: sequenceNumber(0) },
    ]);
  });

  test.each([
    ['its own time, in New York time', '2023-04-03T08:30:00', '2023-04-03T08:30:00'],
    ['its own time, with an offset', '2023-11-05T06:30:00Z', '2023-11-05T01:30:00'],
    ['the arrival at 12:30:00.987 UTC when it has none', undefined, '2023-04-03T08:30:00'],
  ])('is picked up at %s', (_, pickup_datetime, wallClock) => {
    const { rides } = decode(anEvent({ ...EXAMPLE, ride: { ...EXAMPLE.ride, pickup_datetime } }));
    expect(formatWallClock(Number(rides.inputs.pickup_time[0]))).toBe(wallClock);
  });

  test('has an integral zone when it says 130.0, and keeps no key that it does not know', () => {
    const text =
      '{"ride":{"PULocationID":130.0,"DOLocationID":205,"__proto__":{"DOLocationID":1}},"ride_id":1,"fare":9}';
    expect(decode(anEvent(text)).rides.inputs).toMatchObject({
      PULocationID: BigInt64Array.of(130n),
      DOLocationID: BigInt64Array.of(205n),
    });
  });

  test.each([undefined, null])('has no distance when it says %s', (trip_distance) => {
    const { rides, accepted } = decode(anEvent({ ...EXAMPLE, ride: { ...EXAMPLE.ride, trip_distance } }));
    expect(accepted[0]?.distanceGiven).toBe(false);
    expect(rides.inputs.trip_distance).toEqual(Float32Array.of(Number.NaN));
  });

  test('keeps the identity of its first arrival when it is sent again', () => {
    const requeue = { prediction_id: 'stg_taxi_trip_events/shardId-000000000003/7', attempt: 2 };
    expect(decode(anEvent({ ...EXAMPLE, requeue })).accepted[0]?.predictionId).toBe(requeue.prediction_id);
  });

  test('has the same identity when it is delivered again', () => {
    const event = anEvent(EXAMPLE, { ...EXAMPLE, ride_id: 'second' });
    expect(decode(event).accepted).toEqual(decode(structuredClone(event)).accepted);
  });

  test('is named by its stream also when a consumer with enhanced fan-out reads it', () => {
    const record = aRecord(EXAMPLE);
    const eventSourceARN = `${record.eventSourceARN}/consumer/scorer:1545084650`;
    expect(decode({ Records: [{ ...record, eventSourceARN }] }).accepted[0]?.predictionId).toBe(ARRIVAL_ID);
  });

  test.each(['Zürich – 東京', '👩‍👩‍👧', '\u0000\u001F"\\', '\uFFFD', '\u2028', '__proto__'])(
    'keeps its ride_id %j',
    (ride_id) => {
      expect(decode(anEvent({ ...EXAMPLE, ride_id })).accepted[0]?.rideId).toBe(ride_id);
    },
  );

  test('is not spoilt by a bad neighbour, nor by a ride with the same ride_id', () => {
    const { rides, accepted, rejected } = decode(anEvent(EXAMPLE, 'not JSON', EXAMPLE));
    expect(rides.size).toBe(2);
    expect(accepted.map(({ sequenceNumber: number }) => number)).toEqual([sequenceNumber(0), sequenceNumber(2)]);
    expect(rejected.map(({ record }) => record.kinesis.sequenceNumber)).toEqual([sequenceNumber(1)]);
  });
});

describe('a record that cannot be scored', () => {
  const ride = (changes: object) => ({ ...EXAMPLE, ride: { ...EXAMPLE.ride, ...changes } });
  test.each([
    ['no data', aRawRecord(''), 'empty', undefined],
    ['no base64', aRawRecord('{"ride":1}'), 'not-base64', undefined],
    ['half base64', aRawRecord('eyJy aWRl'), 'not-base64', undefined],
    ['an aggregated record', aRecord(Uint8Array.of(0xf3, 0x89, 0x9a, 0xc2, 0x0a, 0x01)), 'kpl-aggregated', undefined],
    ['no UTF-8', aRecord(Uint8Array.from([...Buffer.from('{"ride_id":"'), 0xff, 0x22, 0x7d])), 'not-utf8', undefined],
    ['no JSON', aRecord('PULocationID=130'), 'not-json', undefined],
    ['cut JSON', aRecord('{"ride":{"PULocationID":130'), 'not-json', undefined],
    [
      'NaN, which JSON has not',
      aRecord('{"ride":{"PULocationID":130,"DOLocationID":205,"trip_distance":NaN}}'),
      'not-json',
      undefined,
    ],
    ['a list', aRecord([EXAMPLE]), 'not-an-object', undefined],
    ['null', aRecord(null), 'not-an-object', undefined],
    ['no ride', aRecord({ ride_id: 156 }), 'missing', 'ride'],
    ['no zone', aRecord(ride({ PULocationID: undefined })), 'missing', 'ride.PULocationID'],
    ['a zone as text', aRecord(ride({ PULocationID: '130' })), 'wrong-type', 'ride.PULocationID'],
    ['a zone out of range', aRecord(ride({ DOLocationID: 266 })), 'out-of-range', 'ride.DOLocationID'],
    ['a negative distance', aRecord(ride({ trip_distance: -1 })), 'out-of-range', 'ride.trip_distance'],
    ['no time', aRecord(ride({ pickup_datetime: 'soon' })), 'not-a-time', 'ride.pickup_datetime'],
    ['no ride_id', aRecord({ ride: EXAMPLE.ride }), 'missing', 'ride_id'],
    ['a number', aRecord('7'), 'not-an-object', undefined],
    ['a text', aRecord('"ride"'), 'not-an-object', undefined],
    ['true', aRecord('true'), 'not-an-object', undefined],
    ['a ride in __proto__ alone', aRecord(`{"__proto__":${JSON.stringify(EXAMPLE)}}`), 'missing', 'ride'],
    ['a zone that is none of the integers', aRecord(ride({ PULocationID: 130.5 })), 'wrong-type', 'ride.PULocationID'],
    ['zone 1e9', aRecord(ride({ PULocationID: 1e9 })), 'out-of-range', 'ride.PULocationID'],
    ['a million miles', aRecord(ride({ trip_distance: 1e6 })), 'out-of-range', 'ride.trip_distance'],
    ['miles as text', aRecord(ride({ trip_distance: '3.66' })), 'wrong-type', 'ride.trip_distance'],
    ['null as ride_id', aRecord({ ...EXAMPLE, ride_id: null }), 'wrong-type', 'ride_id'],
    ['a ride_id of 257 characters', aRecord({ ...EXAMPLE, ride_id: 'x'.repeat(257) }), 'out-of-range', 'ride_id'],
    ['a ride_id of 1 MB', aRecord({ ...EXAMPLE, ride_id: 'x'.repeat(1e6) }), 'out-of-range', 'ride_id'],
    ['a ride_id of 2^53', aRecord({ ...EXAMPLE, ride_id: 2 ** 53 }), 'out-of-range', 'ride_id'],
    ['the deepest nest that a record holds', aRecord('['.repeat(2 ** 20)), 'not-json', undefined],
    ['base64 with blanks in it', aRawRecord('e y J 9 '), 'not-base64', undefined],
    ['base64 with no end', aRawRecord('eyJyaWRlIjo'), 'not-base64', undefined],
    ['base64 of another alphabet', aRawRecord('_-__'), 'not-base64', undefined],
    ['a deep nest', aRecord(`{"ride":${'['.repeat(10_000)}${']'.repeat(10_000)},"ride_id":1}`), 'wrong-type', 'ride'],
  ])('%s', (_, record, reason, field) => {
    const { accepted, rejected } = decode({ Records: [record] });
    expect(accepted).toEqual([]);
    expect(rejected).toMatchObject([{ predictionId: ARRIVAL_ID, reason, record }]);
    expect(rejected[0]?.field).toBe(field);
    expect(rejected[0]?.message).not.toBe('');
  });

  test('keeps the identity of its first arrival when it was sent again and is refused again', () => {
    const requeue = { prediction_id: 'stg_taxi_trip_events/shardId-000000000003/7', attempt: 2 };
    const ids = [
      { ...ride({ DOLocationID: 266 }), requeue },
      { requeue },
      { ...EXAMPLE, requeue: { ...requeue, attempt: 0 } },
    ].map((value) => decode(anEvent(value)).rejected[0]?.predictionId);
    expect(ids).toEqual([requeue.prediction_id, requeue.prediction_id, ARRIVAL_ID]);
  });
});

describe('a record on which the two checks disagree', () => {
  const refuseAll = () => undefined;

  test('is set aside with a reason, and costs its neighbors nothing', () => {
    const refuseSecond = (value: unknown) =>
      (value as { ride_id: unknown }).ride_id === 'second' ? undefined : checkEvent(value);
    const event = anEvent(EXAMPLE, { ...EXAMPLE, ride_id: 'second' }, EXAMPLE);
    const { accepted, rejected } = decode(event, refuseSecond);
    expect(accepted.map(({ sequenceNumber: number }) => number)).toEqual([sequenceNumber(0), sequenceNumber(2)]);
    expect(rejected).toMatchObject([{ reason: 'checks-disagree', record: event.Records[1] }]);
  });

  test('keeps the identity of its first arrival', () => {
    const requeue = { prediction_id: 'stg_taxi_trip_events/shardId-000000000003/7', attempt: 2 };
    const { rejected } = decode(anEvent({ ...EXAMPLE, requeue }), refuseAll);
    expect(rejected).toMatchObject([{ reason: 'checks-disagree', predictionId: requeue.prediction_id }]);
  });
});
