import { describe, expect, test } from 'vitest';
import { refusals, rideEventSchema } from '#trips/ride-event.ts';
import { EXAMPLE } from '../../support/kinesis-events.ts';

/** What is said of the example event after it went through JSON with `ride` and the other keys changed. */
function refusalsOf(ride: Record<string, unknown>, event: Record<string, unknown> = {}) {
  const value: unknown = JSON.parse(JSON.stringify({ ...EXAMPLE, ...event, ride: { ...EXAMPLE.ride, ...ride } }));
  const parsed = rideEventSchema.safeParse(value);
  return parsed.success ? [] : refusals(parsed.error, value);
}

describe('a ride event is accepted', () => {
  test('as the published contract shows it', () => {
    expect(rideEventSchema.parse(EXAMPLE)).toEqual(EXAMPLE);
  });

  test.each([
    ['130.0, which JSON cannot tell from 130', '{"PULocationID":130.0,"DOLocationID":205}', '156'],
    ['the first and the last zone', '{"PULocationID":1,"DOLocationID":265}', '156'],
    ['no distance', '{"PULocationID":130,"DOLocationID":205}', '156'],
    ['null as distance', '{"PULocationID":130,"DOLocationID":205,"trip_distance":null}', '156'],
    ['a distance of 0', '{"PULocationID":130,"DOLocationID":205,"trip_distance":0}', '156'],
    [
      'a time with an offset',
      '{"PULocationID":130,"DOLocationID":205,"pickup_datetime":"2023-04-03T08:30:00-04:00"}',
      '156',
    ],
    ['keys that it does not know', '{"PULocationID":130,"DOLocationID":205,"__proto__":{"a":1},"fare":9}', '156'],
    ['the longest ride_id', '{"PULocationID":130,"DOLocationID":205}', JSON.stringify('é'.repeat(256))],
    ['the largest ride_id', '{"PULocationID":130,"DOLocationID":205}', '9007199254740991'],
    ['a negative ride_id', '{"PULocationID":130,"DOLocationID":205}', '-1'],
  ])('with %s', (_, ride, rideId) => {
    expect(rideEventSchema.safeParse(JSON.parse(`{"ride":${ride},"ride_id":${rideId}}`)).success).toBe(true);
  });
});

describe('a ride event is refused with the field, the value and what to send', () => {
  test('a zone sent as text', () => {
    expect(refusalsOf({ PULocationID: '130' })).toEqual([
      {
        reason: 'wrong-type',
        field: 'ride.PULocationID',
        message:
          'ride.PULocationID is the string "130": send the zone where the ride starts, an integer from 1 to 265, as a JSON number',
      },
    ]);
  });

  test.each([0, 266, -5, 1e9, 1e300])('zone %d', (zone) => {
    expect(refusalsOf({ DOLocationID: zone })[0]).toMatchObject({ reason: 'out-of-range', field: 'ride.DOLocationID' });
  });

  test.each([130.5, true, null, [130], { id: 130 }])('zone %j', (zone) => {
    expect(refusalsOf({ DOLocationID: zone })).toMatchObject([{ reason: 'wrong-type', field: 'ride.DOLocationID' }]);
  });

  test.each([
    [-0.01, 'out-of-range'],
    [1e6, 'out-of-range'],
    ['3.66', 'wrong-type'],
    ['NaN', 'wrong-type'],
    [false, 'wrong-type'],
  ])('distance %j', (trip_distance, reason) => {
    expect(refusalsOf({ trip_distance })).toMatchObject([{ reason, field: 'ride.trip_distance' }]);
  });

  test('a distance that JSON reads as infinite', () => {
    const value = JSON.parse('{"ride":{"PULocationID":1,"DOLocationID":1,"trip_distance":1e999},"ride_id":1}');
    const { error } = rideEventSchema.safeParse(value);
    expect(error && refusals(error, value)).toMatchObject([{ reason: 'wrong-type', field: 'ride.trip_distance' }]);
  });

  test.each([
    ['soon', 'not-a-time'],
    ['2023-02-30T08:00:00', 'not-a-time'],
    [1680525000, 'wrong-type'],
    [null, 'wrong-type'],
  ])('pickup time %j', (pickup_datetime, reason) => {
    expect(refusalsOf({ pickup_datetime })).toMatchObject([{ reason, field: 'ride.pickup_datetime' }]);
  });

  test.each([
    [undefined, 'missing'],
    [null, 'wrong-type'],
    [{ id: 1 }, 'wrong-type'],
    [1.5, 'wrong-type'],
    ['', 'out-of-range'],
    ['x'.repeat(257), 'out-of-range'],
    ['x'.repeat(1_000_000), 'out-of-range'],
    [2 ** 53, 'out-of-range'],
    [-(2 ** 53), 'out-of-range'],
  ])('a ride_id that cannot identify a ride or be a partition key', (ride_id, reason) => {
    const [refusal] = refusalsOf({}, { ride_id });
    expect(refusal).toMatchObject({ reason, field: 'ride_id' });
    expect(refusal?.message.length).toBeLessThan(200);
  });

  test.each([
    [{ prediction_id: '', attempt: 1 }, 'requeue.prediction_id'],
    [{ prediction_id: 'a/b/1' }, 'requeue.attempt'],
    [{ prediction_id: 'a/b/1', attempt: 0 }, 'requeue.attempt'],
    [null, 'requeue'],
  ])('requeue %j', (requeue, field) => {
    expect(refusalsOf({}, { requeue })).toMatchObject([{ field }]);
  });

  test('every field that is wrong, not only the first', () => {
    expect(refusalsOf({ PULocationID: 0, DOLocationID: 'x', trip_distance: -1 }).map(({ field }) => field)).toEqual([
      'ride.PULocationID',
      'ride.DOLocationID',
      'ride.trip_distance',
    ]);
  });

  test('a ride nested too deep to be printed', () => {
    const value = JSON.parse(`{"ride":${'['.repeat(10_000)}${']'.repeat(10_000)},"ride_id":1}`);
    const { error } = rideEventSchema.safeParse(value);
    expect(error && refusals(error, value)).toMatchObject([{ reason: 'wrong-type', field: 'ride' }]);
  });

  test.each([[null], [[]], ['text'], [7], [true]])('%j, which is no object', (value) => {
    const { error } = rideEventSchema.safeParse(value);
    expect(error && refusals(error, value)).toMatchObject([{ reason: 'not-an-object' }]);
  });
});
