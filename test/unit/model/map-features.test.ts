import { expect, onTestFinished, test } from 'vitest';
import { loadScorer } from '#adapters/onnxruntime.ts';
import { BOUNDARY_RIDES, ridesOf } from '#model/golden/golden.ts';
import { integer } from '#model/onnx/graph-builder.ts';
import { rideGraph } from '#model/onnx/ride-graph.ts';
import {
  addMapFeatures,
  encodeOnMap,
  encoderJson,
  MAP_FEATURES,
  mapEncoder,
  readEncoder,
} from '#model/recipes/map-features.ts';
import { batchOf, type Rides, withAndWithoutDistance } from '#model/rides/rides.ts';
import { allRides, loadRides } from '#model/rides/training-rides.ts';
import { aDatabase, aRealSource, aSource, evenCalibrations } from '../../support/training.ts';

const RIDE = { PULocationID: 74, DOLocationID: 75, pickup_time: 1_680_510_600 };

test('training and graph see the same features of a ride, to the last bit', async () => {
  const database = await aDatabase();
  await loadRides(database, 'rides', 'green', [await aRealSource('2023-04')]);
  const encoder = await mapEncoder(database, 'rides');
  const real = withAndWithoutDistance(await allRides(database, 'rides'));
  const unusable = [Number.NaN, Number.POSITIVE_INFINITY, 2e6].map((trip_distance) => ({ ...RIDE, trip_distance }));
  for (const rides of [real, ridesOf(BOUNDARY_RIDES), ridesOf(unusable)]) {
    const { values, columns } = encodeOnMap(encoder, rides);
    for (const [column, name] of MAP_FEATURES.entries()) {
      const expected = Float32Array.from({ length: rides.size }, (_, i) => values[i * columns + column] ?? Number.NaN);
      expect(expected.every(Number.isFinite)).toBe(true);
      const found = await graphColumn(rides, column);
      expect({ [name]: Buffer.compare(bytes(found), bytes(expected)) }).toEqual({ [name]: 0 });
    }
  }

  async function graphColumn(rides: Rides, column: number): Promise<Float32Array> {
    const scorer = await loadScorer(
      rideGraph({
        addPrediction: (g, ride) =>
          g.node('Gather', [addMapFeatures(g, encoder, ride), g.int64(column)], [integer('axis', 1)]),
        calibrations: evenCalibrations(),
        metadata: {},
      }),
    );
    onTestFinished(() => scorer.close());
    return (await scorer.score(batchOf(rides))).predicted_duration;
  }
});

const bytes = ({ buffer, byteOffset, byteLength }: Float32Array) => new Uint8Array(buffer, byteOffset, byteLength);

test('the features of the rides of a training are the same, however long its rides took', {
  timeout: 60_000,
}, async () => {
  const database = await aDatabase();
  await loadRides(database, 'rides', 'green', [await aRealSource('2023-04')]);
  const rides = await allRides(database, 'rides');
  expect(rides.pickupTime.every((time) => time >= 0)).toBe(true); // only for an unknown time durations are looked at
  const encoded = async () => encodeOnMap(await mapEncoder(database, 'rides'), rides).values;
  const before = await encoded();
  await database.run('UPDATE rides SET minutes = 61 - minutes');
  expect(Buffer.compare(bytes(await encoded()), bytes(before))).toBe(0);
  await database.run('UPDATE rides SET distance = distance * 2 WHERE fold = 0'); // and they do depend on distances
  expect(Buffer.compare(bytes(await encoded()), bytes(before))).not.toBe(0);
});

test('an unknown time is taken for the hour of the week in which rides take as long as usual', async () => {
  // Mondays at 8 they take 10 minutes more than at 20, and on Tuesdays at noon what they take on average: 15.
  const at = (day: string, hour: number, minutes: number, times: number) =>
    Array.from({ length: times }, () => ({ pickup: `2023-03-${day} ${hour}:10:00`, minutes }));
  const rides = [...at('06', 8, 20, 5), ...at('06', 20, 10, 5), ...at('07', 12, 15, 2)];
  const database = await aDatabase();
  await loadRides(database, 'rides', 'green', [await aSource('2023-03', rides)]);
  const { usualTime } = await mapEncoder(database, 'rides');
  const thursday = Date.UTC(2023, 2, 2) / 1000;
  const tuesdayNoon = Date.UTC(2023, 2, 7, 12, 30) / 1000;
  expect(usualTime).toBe(tuesdayNoon - thursday);
});

test('an absent distance is below every distance that can be given, and so is its detour; nothing else changes', async () => {
  const database = await aDatabase();
  const pair = { pu: 74, do: 75 };
  await loadRides(database, 'rides', 'green', [await aSource('2023-03', [{ ...pair, distance: 3 }])]);
  const encoder = await mapEncoder(database, 'rides');
  const { values, columns } = encodeOnMap(
    encoder,
    ridesOf([-1_000_000, null].map((trip_distance) => ({ ...RIDE, trip_distance }))),
  );
  const row = (i: number) => Object.fromEntries(MAP_FEATURES.map((name, k) => [name, values[i * columns + k]]));
  const [least, absent] = [row(0), row(1)];
  expect(least).toMatchObject({ trip_distance: -1_000_000, map_distance: 3, detour: -1_000_003 });
  expect(absent).toEqual({ ...least, trip_distance: -1_073_741_824, detour: -1_073_741_824 });
});

test('a public holiday is a day of the week of its own', async () => {
  const database = await aDatabase();
  await loadRides(database, 'rides', 'green', [await aSource('2023-03', [{}])]);
  const encoder = await mapEncoder(database, 'rides');
  const at = (time: string) => ({ ...RIDE, trip_distance: 3, pickup_time: Date.parse(`${time}Z`) / 1000 });
  const times = ['2023-01-16T00:00', '2023-01-16T23:59', '2023-01-17T00:00', '2023-01-15T23:59', '2051-07-04T12:00'];
  const { values, columns } = encodeOnMap(encoder, ridesOf(times.map(at)));
  const weekdays = times.map((_, i) => values[i * columns + MAP_FEATURES.indexOf('weekday')]);
  expect(weekdays).toEqual([7, 7, 1, 6, 1]); // Martin Luther King's Monday, the days around it, a year not listed
  expect(readEncoder(encoderJson(encoder))).toEqual(encoder);
});

test('the map of a run that knew no holidays is read as that', () => {
  const json = { usual_time: 30, coordinates: { 1: [1, 2, 3, 4] } };
  expect(readEncoder(JSON.stringify(json))).toMatchObject({ usualTime: 30, holidays: new Set() });
});
