import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { type Breakdown, BreakdownSums, breakdownSchema } from '#model/evaluation/breakdown.ts';
import { GROUPINGS, type GroupingName } from '#model/rides/ride-groups.ts';
import type { LabelledRides } from '#model/rides/rides.ts';
import { PAIR_SLOTS, pairSlot } from '#model/rides/zone-pair.ts';
import type { Predictions } from '#model/scorer.ts';
import { sqlText } from '#trips/sql.ts';
import { realMonth } from '../../support/tlc-files.ts';
import { aDatabase } from '../../support/training.ts';
import { realBreakdown } from './real-breakdown.ts';

interface ARide {
  readonly pu?: number;
  readonly do?: number;
  readonly distance?: number;
  readonly time?: string | null;
  readonly minutes?: number;
}

/** Rides of 10 minutes from East Harlem North to Yorkville West on a Monday morning, unless told otherwise. */
function theRides(rides: readonly ARide[]): LabelledRides {
  const column = (of: (ride: ARide) => number) => Float64Array.from(rides, of);
  return {
    size: rides.length,
    pickupZone: column((ride) => ride.pu ?? 74),
    dropoffZone: column((ride) => ride.do ?? 263),
    distance: column((ride) => ride.distance ?? 1.5),
    pickupTime: column(({ time = '2023-04-03T08:30:00' }) => (time === null ? -1 : Date.parse(`${time}Z`) / 1000)),
    minutes: column((ride) => ride.minutes ?? 10),
  };
}

/** The same prediction for every ride; the 90% interval is 4 minutes to each side, the 80% one 2. */
function always(minutes: number, rides: LabelledRides): Predictions {
  const each = (shift: number) => new Float32Array(rides.size).fill(minutes + shift);
  return {
    predicted_duration: each(0),
    interval_low: each(-4),
    interval_high: each(4),
    interval80_low: each(-2),
    interval80_high: each(2),
  };
}

/** Predicted as 12 minutes with a distance, and as 15 without. */
function brokenDown(rides: readonly ARide[]): Breakdown {
  const pairMean = new Float64Array(PAIR_SLOTS).fill(14);
  pairMean[pairSlot(74, 263)] = 11;
  const sums = new BreakdownSums({ mean: 14, pairMean });
  const labelled = theRides(rides);
  sums.add(labelled, { given: always(12, labelled), typical: always(15, labelled) });
  return sums.breakdown();
}

const groupsOf = (name: GroupingName, rides: readonly ARide[]) =>
  brokenDown(rides)[name].map(({ group, rows }) => `${group}: ${rows}`);

test('the figures of a group are those of its rides, with and without their distance', () => {
  // Errors with a distance: -2, +2, +6; without: -5, -1, +3.
  const { pickup_borough } = brokenDown([{ minutes: 10 }, { minutes: 14 }, { minutes: 18 }, { pu: 132, minutes: 12 }]);
  expect(pickup_borough).toEqual([
    {
      group: 'Manhattan',
      rows: 3,
      rmse: expect.closeTo(Math.sqrt(44 / 3), 12),
      mae: expect.closeTo(10 / 3, 12),
      coverage_90: expect.closeTo(2 / 3, 12),
      coverage_80: expect.closeTo(2 / 3, 12),
      typical_distance: {
        rmse: expect.closeTo(Math.sqrt(35 / 3), 12),
        mae: expect.closeTo(3, 12),
        coverage_90: expect.closeTo(2 / 3, 12),
        coverage_80: expect.closeTo(1 / 3, 12),
      },
    },
    {
      group: 'Queens',
      rows: 1,
      rmse: 0,
      mae: 0,
      coverage_90: 1,
      coverage_80: 1,
      typical_distance: { rmse: 3, mae: 3, coverage_90: 1, coverage_80: 0 },
    },
  ]);
});

test('hours part rides by the clock at pickup, and their bands begin at 0, 6, 10, 16 and 20', () => {
  const times = ['00:00:00', '05:59:59', '06:00:00', '09:59:59', '10:00:00', '15:59:59', '16:00:00', '20:00:00'];
  const rides: ARide[] = [...times.map((time) => ({ time: `2023-04-03T${time}` })), { time: null }];
  expect(groupsOf('hour_band', rides)).toEqual(['0-6: 2', '6-10: 2', '10-16: 2', '16-20: 1', '20-24: 1', 'unknown: 1']);
  const hours = [0, 5, 6, 9, 10, 15, 16, 20].map((hour) => `${hour}: 1`);
  expect(groupsOf('hour', rides)).toEqual([...hours, 'unknown: 1']);
});

test('distance bands hold their first mile and not their last; nothing recorded and nothing given stand apart', () => {
  const miles = [-0.5, 0, 0.01, 0.99, 1, 1.99, 2, 4.99, 5, 9.99, 10, 260_000, Number.NaN];
  expect(
    groupsOf(
      'distance',
      miles.map((distance) => ({ distance })),
    ),
  ).toEqual(['0: 2', '0-1: 2', '1-2: 2', '2-5: 2', '5-10: 2', '10+: 2', 'not given: 1']);
});

test('a ride stays in its zone when both ends are the same known zone of the map', () => {
  const pairs = [
    [74, 74],
    [74, 75],
    [1, 1],
    [263, 263],
    [264, 264],
    [265, 265],
    [-1, -1],
  ];
  expect(
    groupsOf(
      'zones',
      pairs.map(([pu = 0, to = 0]) => ({ pu, do: to })),
    ),
  ).toEqual(['same zone: 3', 'others: 4']);
});

test('boroughs are those of the pickup; a zone that nobody knows is unknown', () => {
  const rides = [{ pu: 1 }, { pu: 3 }, { pu: 5 }, { pu: 265 }, { pu: 264 }, { pu: -1 }, { pu: 999 }];
  const found = ['Bronx: 1', 'Staten Island: 1', 'EWR: 1', 'N/A: 1', 'Unknown: 3'];
  expect(groupsOf('pickup_borough', rides)).toEqual(found);
});

test('the baselines know only the mean of all rides, or of the pair', () => {
  const { baselines } = brokenDown([{ minutes: 10 }, { minutes: 13 }, { pu: 132, minutes: 12 }]);
  expect(baselines.mean).toEqual({ rmse: expect.closeTo(Math.sqrt(21 / 3), 12), mae: expect.closeTo(7 / 3, 12) });
  expect(baselines.pair_mean).toEqual({ rmse: expect.closeTo(Math.sqrt(9 / 3), 12), mae: expect.closeTo(5 / 3, 12) });
});

test('batches add up to the same as one', () => {
  const rides = [{ minutes: 8 }, { minutes: 30, distance: 7 }, { pu: 132, minutes: 41, time: '2023-04-05T17:00:00' }];
  const sums = new BreakdownSums({ mean: 14, pairMean: new Float64Array(PAIR_SLOTS).fill(14) });
  for (const ride of rides) {
    const one = theRides([ride]);
    sums.add(one, { given: always(12, one), typical: always(15, one) });
  }
  const { baselines: _, ...groups } = brokenDown(rides);
  expect(sums.breakdown()).toMatchObject(groups);
});

describe('on real rides: linear-pair of 2023-03 on 2023-04', () => {
  test('it is what its schema says, as JSON', async () => {
    const { breakdown } = await realBreakdown();
    expect(breakdownSchema.parse(JSON.parse(JSON.stringify(breakdown)))).toEqual(breakdown);
  });

  test.each(Object.keys(GROUPINGS) as GroupingName[])(
    'by %s, the groups add up to all 62,979 rides and RMSE 6.2212029',
    async (name) => {
      const { trained, breakdown } = await realBreakdown();
      const rows = breakdown[name].reduce((sum, group) => sum + group.rows, 0);
      const squared = breakdown[name].reduce((sum, group) => sum + group.rows * group.rmse ** 2, 0);
      const inside = breakdown[name].reduce((sum, group) => sum + group.rows * group.typical_distance.coverage_90, 0);
      expect(rows).toBe(62_979);
      expect(Math.sqrt(squared / rows)).toBeCloseTo(6.2212029, 6);
      expect(inside / rows).toBeCloseTo(trained.card.validation.typical_distance.coverage_90, 10);
    },
  );

  test("DuckDB counts the same rides by TLC's own table of zones, the clock and the distance", async () => {
    const { breakdown } = await realBreakdown();
    const lookup = join(import.meta.dirname, '../../../data/zones/taxi_zone_lookup.csv');
    const database = await aDatabase();
    const [counted] = await database.rows(`
      SELECT count(*) FILTER (Borough = 'Bronx') AS bronx, count(*) FILTER (Borough = 'Manhattan') AS manhattan,
        count(*) FILTER (hour(lpep_pickup_datetime) BETWEEN 6 AND 9) AS rush, count(*) FILTER (trip_distance <= 0) AS nothing,
        count(*) FILTER (trip_distance >= 10) AS far, count(*) FILTER (PULocationID = DOLocationID AND PULocationID < 264) AS same
      FROM read_parquet(${sqlText(realMonth('2023-04'))})
      JOIN read_csv(${sqlText(lookup)}, nullstr = '-') ON LocationID = PULocationID
      WHERE epoch(lpep_dropoff_datetime - lpep_pickup_datetime) BETWEEN 60 AND 3600`);
    const rows = (name: GroupingName, group: string) =>
      BigInt(breakdown[name].find((each) => each.group === group)?.rows ?? 0);
    expect({
      bronx: rows('pickup_borough', 'Bronx'),
      manhattan: rows('pickup_borough', 'Manhattan'),
      rush: rows('hour_band', '6-10'),
      nothing: rows('distance', '0'),
      far: rows('distance', '10+'),
      same: rows('zones', 'same zone'),
    }).toEqual(counted);
  });

  test('DuckDB finds the same errors of the two baselines', async () => {
    const { breakdown } = await realBreakdown();
    const database = await aDatabase();
    const rides = (month: string) => `(SELECT PULocationID AS pu, DOLocationID AS do_,
      epoch(lpep_dropoff_datetime - lpep_pickup_datetime) / 60 AS minutes
      FROM read_parquet(${sqlText(realMonth(month))}) WHERE minutes BETWEEN 1 AND 60)`;
    const [found] = await database.rows(`
      WITH train AS ${rides('2023-03')}, pairs AS (SELECT pu, do_, avg(minutes) AS mean FROM train GROUP BY ALL),
        all_rides AS (SELECT avg(minutes) AS mean FROM train)
      SELECT sqrt(avg((minutes - a.mean) ** 2)) AS mean, sqrt(avg((minutes - coalesce(p.mean, a.mean)) ** 2)) AS pair_mean
      FROM ${rides('2023-04')} v LEFT JOIN pairs p USING (pu, do_), all_rides a`);
    expect(breakdown.baselines.mean.rmse).toBeCloseTo(Number(found?.mean), 8);
    expect(breakdown.baselines.pair_mean.rmse).toBeCloseTo(Number(found?.pair_mean), 8);
  });
});
