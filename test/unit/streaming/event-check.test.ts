import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type CheckedEvent, checkEvent } from '#streaming/event-check.ts';
import { parsePickupTime } from '#trips/new-york-time.ts';
import { type RideEvent, rideEventSchema } from '#trips/ride-event.ts';

/** Values on both sides of every rule, and any JSON at all. */
const anything = fc.oneof(
  fc.constantFrom(undefined, null, true, '', '130', 'NaN', 0, -0, 1, 265, 266, -5, 130.5, 1e6, 999_999.99, 1e9, 1e300),
  fc.constantFrom(
    2 ** 53,
    2 ** 53 - 1,
    -(2 ** 53),
    -(2 ** 53 - 1),
    Number.POSITIVE_INFINITY,
    'x'.repeat(256),
    'x'.repeat(257),
  ),
  fc.constantFrom('2023-04-03T08:30:00', '2023-04-31', '2023-04-03T08:30:00+25:00', 'x'.repeat(512), 'x'.repeat(513)),
  // Length counts Unicode characters: an emoji is one, and two UTF-16 units; so is half of one that lost the other.
  fc.constantFrom(
    '😀'.repeat(128),
    '😀'.repeat(129),
    '😀'.repeat(256),
    '😀'.repeat(257),
    '\ud83d'.repeat(256),
    '\ud83d'.repeat(257),
    `${'e\u0301'.repeat(128)}`,
    `${'e\u0301'.repeat(128)}\u0301`,
    `${'x'.repeat(255)}😀`,
    `${'x'.repeat(255)}\ud83d`,
    `${'x'.repeat(256)}\ude00`,
  ),
  fc.string({ unit: 'binary', minLength: 120, maxLength: 520 }),
  fc.constantFrom({}, [], [1], { prediction_id: 'a/b/1', attempt: 1 }, { prediction_id: 'a/b/1', attempt: 1.5 }),
  fc.jsonValue({ maxDepth: 2 }),
);
/** Around the limits of 256 and 512 characters, with astral, combining and lone surrogate ones among them. */
const longText = fc
  .tuple(
    fc.constantFrom('x', '😀', '\ud83d', '\ude00', 'e\u0301', '👩‍👩‍👧'),
    fc.constantFrom('x', '😀', '\ud83d', '\u0301'),
    fc.integer({ min: 120, max: 520 }),
    fc.nat(3),
  )
  .map(([unit, other, length, more]) => unit.repeat(Math.ceil(length / unit.length)) + other.repeat(more));
const mostly = <T>(right: fc.Arbitrary<T>) =>
  fc.oneof({ arbitrary: right, weight: 6 }, { arbitrary: anything, weight: 1 });
const zone = mostly(fc.integer({ min: 1, max: 265 }));
const ride = fc.record(
  {
    PULocationID: zone,
    DOLocationID: zone,
    trip_distance: mostly(fc.double({ min: 0, max: 30, noNaN: true })),
    pickup_datetime: mostly(fc.constant('2023-04-03T08:30:00')),
  },
  { requiredKeys: ['PULocationID', 'DOLocationID'] },
);
const event = fc.record(
  {
    ride: mostly(ride),
    ride_id: mostly(fc.oneof(fc.maxSafeInteger(), fc.string({ minLength: 1, unit: 'binary' }), longText)),
    requeue: mostly(
      fc.record({
        prediction_id: mostly(fc.oneof(fc.constant('s/shard/1'), longText)),
        attempt: mostly(fc.integer({ min: 1 })),
      }),
    ),
    extra: fc.jsonValue(),
  },
  { requiredKeys: ['ride'] },
);

test.each([
  ['256 of two UTF-16 units', '😀'.repeat(256), true],
  ['257 of two UTF-16 units', '😀'.repeat(257), false],
  ['256 halves of a surrogate pair', '\ud83d'.repeat(256), true],
  ['256, the last a pair', `${'x'.repeat(255)}😀`, true],
  ['257, combining ones counted', `${'e\u0301'.repeat(128)}x`, false],
])('a ride_id has 1 to 256 Unicode characters: %s', (_, ride_id, accepted) => {
  const value = { ride: { PULocationID: 130, DOLocationID: 205 }, ride_id };
  expect(checkEvent(value)?.rideId).toBe(accepted ? ride_id : undefined);
  expect(rideEventSchema.safeParse(value).success).toBe(accepted);
});

test('the check by hand accepts what the schema accepts, and nothing else, and reads the same from it', () => {
  let accepted = 0;
  let refused = 0;
  fc.assert(
    fc.property(mostly(event), (value) => {
      const bySchema = rideEventSchema.safeParse(value);
      if (bySchema.success) accepted++;
      else refused++;
      expect(checkEvent(value)).toEqual(bySchema.success ? read(bySchema.data) : undefined);
    }),
    { numRuns: 10_000 },
  );
  expect(accepted).toBeGreaterThan(500);
  expect(refused).toBeGreaterThan(500);
});

/** What a batch needs of an event. */
function read({ ride, ride_id, requeue }: RideEvent): CheckedEvent {
  return {
    pickupZone: ride.PULocationID,
    dropoffZone: ride.DOLocationID,
    distance: ride.trip_distance ?? Number.NaN,
    pickupTime: ride.pickup_datetime === undefined ? undefined : parsePickupTime(ride.pickup_datetime),
    rideId: ride_id,
    firstId: requeue?.prediction_id,
  };
}
