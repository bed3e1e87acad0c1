import { describe, expect, test } from 'vitest';
import { loadScorer } from '#adapters/onnxruntime.ts';
import { INTERVAL_BOUNDS } from '#model/intervals/cells.ts';
import { GraphBuilder } from '#model/onnx/graph-builder.ts';
import { readMetadata } from '#model/onnx/metadata.ts';
import { LEAST_RIDES, type Original, recalibrate, refuseMoved } from '#model/recalibrate.ts';
import { recipeNamed } from '#model/recipes/index.ts';
import { batchOf, type Rides, withoutDistance } from '#model/rides/rides.ts';
import { allRides, loadRides } from '#model/rides/training-rides.ts';
import { OUTPUTS, type Predictions } from '#model/scorer.ts';
import { trainModel } from '#model/train.ts';
import type { RawMonth } from '#storage/raw-months.ts';
import { parseMonth } from '#trips/month.ts';
import { aRun } from '../../support/a-run.ts';
import type { TestRide } from '../../support/tlc-files.ts';
import { aDatabase, aSource, aThinnedMonth, theEngines } from '../../support/training.ts';

const originals = new Map<string, Promise<Original>>();

/** A run of 2023-01, trained by the first test that needs it. */
function originalOf(recipe: string): Promise<Original> {
  const known = originals.get(recipe) ?? trained(recipe);
  originals.set(recipe, known);
  return known;
}

async function trained(recipe: string): Promise<Original> {
  const { model, card } = await trainModel({
    recipe: recipeNamed(recipe),
    taxiType: 'green',
    codeVersion: 'test',
    loadScorer,
    train: [await aThinnedMonth('2023-01', 20)],
    validation: { kind: 'month', source: await aThinnedMonth('2023-02', 20) },
    ...(await theEngines()),
  });
  return { card: { ...card, run_id: aRun('a') }, model };
}

/** A day's rides between the same two zones at the same time: the graph predicts the same for all, in one cell. */
const alike = (rides: number, minutesOf: (i: number) => number): readonly TestRide[] =>
  Array.from({ length: rides }, (_, i) => ({ pickup: '2023-03-01 08:30:00', minutes: minutesOf(i) }));

const later = async (original: Original, months: readonly RawMonth[]) => {
  const database = await aDatabase();
  await loadRides(database, 'later', 'green', months);
  return recalibrate(original, { months, relation: 'later' }, { database, loadScorer });
};

async function scored(model: Uint8Array, rides: Rides): Promise<Predictions> {
  const scorer = await loadScorer(model);
  const predictions = await scorer.score(batchOf(rides));
  await scorer.close();
  return predictions;
}

/** One of them. */
const RIDE: Rides = {
  size: 1,
  pickupZone: Float64Array.of(130),
  dropoffZone: Float64Array.of(205),
  distance: Float64Array.of(3.66),
  pickupTime: Float64Array.of(Date.UTC(2023, 2, 1, 8, 30) / 1000),
};

describe.each(['linear-pair', 'zone-map-fast'])('a recalibrated %s', (recipe) => {
  const theOriginal = () => originalOf(recipe);

  test('has the quantiles of the later rides as its bounds, metered and without a distance, off center if they are', async () => {
    const original = await theOriginal();
    // Shuffled: 10 to 40 minutes, whatever the prediction. An interval's bounds then are such durations themselves.
    const minutesOf = (i: number) => 10 + ((i * 7919) % 3000) / 100;
    const sorted = Array.from({ length: 3000 }, (_, i) => minutesOf(i)).sort((a, b) => a - b);
    // 5, 95, 10 and 90% of 3001: ranks 150, 2851, 300 and 2701, counted from 1.
    const expected = { interval_low: 150, interval_high: 2851, interval80_low: 300, interval80_high: 2701 };
    const { model, rides } = await later(original, [await aSource('2023-03', alike(3000, minutesOf))]);
    expect(rides).toEqual({ given: 3000, all: 3000 });
    for (const asked of [RIDE, withoutDistance(RIDE)]) {
      const answer = await scored(model, asked);
      for (const bound of INTERVAL_BOUNDS) {
        expect(answer[bound][0]).toBeCloseTo(sorted[expected[bound] - 1] ?? Number.NaN, 4);
      }
    }
  });

  test('keeps the hours apart, and counts a ride without a recorded distance only as one without', async () => {
    const original = await theOriginal();
    const evening = alike(1500, (i) => 40 + (i % 100) / 10).map((each) => ({ ...each, pickup: '2023-03-01 22:30:00' }));
    const lacking = alike(500, () => 59).map((each) => ({ ...each, distance: null }));
    const rides = [...alike(1500, (i) => 10 + (i % 100) / 10), ...evening, ...lacking];
    const { model, rides: counted } = await later(original, [await aSource('2023-03', rides)]);
    expect(counted).toEqual({ given: 3000, all: 3500 });
    const late = { ...RIDE, pickupTime: RIDE.pickupTime.map((time) => time + 14 * 3600) };
    // Ranks 75 and 1426 of 1500, 15 rides to a tenth of a minute.
    const [morning, night] = [await scored(model, RIDE), await scored(model, late)];
    expect([morning.interval_low[0], morning.interval_high[0]]).toEqual([10.4, 19.5].map((m) => expect.closeTo(m, 4)));
    expect([night.interval_low[0], night.interval_high[0]]).toEqual([40.4, 49.5].map((m) => expect.closeTo(m, 4)));
    // A quarter of the morning's rides without a distance took 59 minutes.
    expect((await scored(model, withoutDistance(RIDE))).interval_high[0]).toBeCloseTo(59, 4);
  });

  test('predicts what the original predicts, to the last bit', async () => {
    const original = await theOriginal();
    const march = await aThinnedMonth('2023-03', 10);
    const { model } = await later(original, [march]);
    const database = await aDatabase();
    await loadRides(database, 'seen', 'green', [march]);
    const rides = await allRides(database, 'seen');
    for (const asked of [rides, withoutDistance(rides)]) {
      const [before, after] = [await scored(original.model, asked), await scored(model, asked)];
      expect(Buffer.from(after.predicted_duration.buffer)).toEqual(Buffer.from(before.predicted_duration.buffer));
      expect(after.interval_low).not.toEqual(before.interval_low);
    }
  });

  test('holds its share on later rides that took a quarter longer', async () => {
    const original = await theOriginal();
    const slower = {
      lpep_dropoff_datetime: 'lpep_pickup_datetime + (lpep_dropoff_datetime - lpep_pickup_datetime) * 1.25',
    };
    const { model } = await later(original, [await aThinnedMonth('2023-03', 4, slower)]);
    const database = await aDatabase();
    await loadRides(database, 'newest', 'green', [await aThinnedMonth('2023-04', 4, slower)]);
    const rides = await allRides(database, 'newest');
    for (const asked of [rides, withoutDistance(rides)]) {
      const share = async (graph: Uint8Array) => {
        const { interval_low: low, interval_high: high } = await scored(graph, asked);
        return rides.minutes.filter((m, i) => m >= (low[i] ?? 0) && m <= (high[i] ?? 0)).length / rides.size;
      };
      expect(await share(original.model)).toBeLessThan(0.88);
      expect(Math.abs((await share(model)) - 0.9)).toBeLessThan(0.02);
    }
  });

  test('is the same model whether the original or an earlier recalibration is recalibrated', async () => {
    const original = await theOriginal();
    const march = await aThinnedMonth('2023-03', 10);
    const april = await aThinnedMonth('2023-04', 10);
    const first = await later(original, [march]);
    const recalibrates = { run_id: original.card.run_id, months: [], rows: 0 };
    const second = await later(
      { card: { ...original.card, ...{ recalibrates }, run_id: aRun('b') }, model: first.model },
      [april],
    );
    expect(second.model).toEqual((await later(original, [april])).model);
    expect(readMetadata(second.model)).toEqual({
      ...readMetadata(original.model),
      interval_months: '2023-04',
      interval_sources: april.sha256,
    });
  });
});

describe('no intervals are made', () => {
  const theOriginal = () => originalOf('linear-pair');

  test('from a month that the run was trained on, be it under another name', async () => {
    const original = await theOriginal();
    const january = await aThinnedMonth('2023-01', 10);
    await expect(later(original, [january])).rejects.toThrow(/were trained on 2023-01: errors on rides/);
    const sha256 = original.card.train.months[0]?.sha256 ?? '';
    const disguised = { ...january, month: parseMonth('2023-03'), sha256 };
    await expect(later(original, [await aThinnedMonth('2023-02', 10), disguised])).rejects.toThrow(
      /were trained on 2023-03: errors on rides/,
    );
  });

  test('from fewer rides than it takes', async () => {
    const original = await theOriginal();
    const few = await aSource(
      '2023-03',
      alike(LEAST_RIDES - 1, (i) => 10 + i / 100),
    );
    await expect(later(original, [few])).rejects.toThrow(
      `2023-03 has ${LEAST_RIDES - 1} rides with a distance to make intervals from; at least ${LEAST_RIDES} are needed`,
    );
    const enough = await aSource(
      '2023-03',
      alike(LEAST_RIDES, (i) => 10 + i / 100),
    );
    expect((await later(original, [enough])).rides.given).toBe(LEAST_RIDES);
  });

  test('for a graph that has no tables of quantiles, or tables of other cells', async () => {
    const original = await theOriginal();
    const graph = (table?: number) => {
      const g = new GraphBuilder();
      const distance = g.input('trip_distance', 'float');
      const bound =
        table === undefined
          ? distance
          : g.node('Add', [
              distance,
              g.node('GatherElements', [
                g.table('interval_low_residuals', new Float64Array(table)),
                g.cast(distance, 'int64'),
              ]),
            ]);
      for (const name of OUTPUTS) g.output(name, bound);
      return g.toModel('older', {});
    };
    const source = [await aThinnedMonth('2023-02', 10)];
    await expect(later({ ...original, model: graph() }, source)).rejects.toThrow(
      /cannot be replaced: it has no table interval_low_residuals\. .*train a run/,
    );
    await expect(later({ ...original, model: graph(61) }, source)).rejects.toThrow(
      /interval_low_residuals has 61 rows/,
    );
  });
});

test('a prediction that moved by a bit is found', () => {
  const of = (minutes: number) => {
    const predicted_duration = Float32Array.of(7, minutes);
    return Object.fromEntries(OUTPUTS.map((name) => [name, predicted_duration])) as unknown as Predictions;
  };
  refuseMoved(of(12.5), of(12.5));
  expect(() => refuseMoved(of(12.5), of(12.500001))).toThrow(
    /predicts 12\.50000\d* minutes where the original predicts 12\.5\./,
  );
});
