import { describe, expect, test } from 'vitest';
import type { LabelledRides } from '#model/rides/rides.ts';
import { judgeReplay, replayRides } from '#training/replay.ts';
import { aRun } from '../../support/a-run.ts';
import { aScorer } from '../../support/a-scorer.ts';
import { LIMITS } from '../../support/gate-limits.ts';

const DAY = 86_400;
const [BRONX, MANHATTAN] = [18, 4];

/** Thirty days of twenty rides at noon, a tenth of them from the Bronx; each took as long as a model without a shift says. */
function aMonth(minutesOf: (index: number, predicted: number) => number): LabelledRides {
  const size = 600;
  const column = (of: (i: number) => number) => Float64Array.from({ length: size }, (_, i) => of(i));
  const zoneOf = (i: number) => (i % 10 === 0 ? BRONX : MANHATTAN);
  return {
    size,
    pickupZone: column(zoneOf),
    dropoffZone: column(() => 100),
    distance: column(() => 2),
    pickupTime: column((i) => Math.floor(i / 20) * DAY + DAY / 2),
    // a-scorer.ts: zones / 10 and / 100, miles, the hour / 1000
    minutes: column((i) => minutesOf(i, zoneOf(i) / 10 + 1 + 2 + 0.012)),
  };
}

/** Give or take a minute, so that no error is the same on all days. */
const noisy = (i: number, predicted: number) => predicted + ((i * 7919) % 5) / 2 - 1;

const BATCHES = (month: LabelledRides) => [month];
const limits = { ...LIMITS, segments: { ...LIMITS.segments, leastRides: 50 } };
const replay = (shifts: readonly [number, number], month: LabelledRides, a = aScorer({ shift: shifts[0] })) =>
  replayRides({ a, b: aScorer({ shift: shifts[1] }) }, BATCHES(month), limits);

describe('a replay', () => {
  test('of rides with labels has the errors of both, and how far their predictions are apart', async () => {
    const month = aMonth(noisy);
    const replayed = await replay([0.5, 0], month);
    const rmse = (shift: number) =>
      Math.sqrt(Array.from({ length: 600 }, (_, i) => shift - noisy(i, 0)).reduce((sum, e) => sum + e * e, 0) / 600);
    expect(replayed).toMatchObject({ rides: 600, labelled: 600 });
    expect(replayed.comparison?.a.rmse).toBeCloseTo(rmse(0.5), 5);
    expect(replayed.comparison?.b.rmse).toBeCloseTo(rmse(0), 5);
    expect(replayed.differences).toMatchObject({ rides: 600, over_a_minute: 0, difference: expect.closeTo(300, 2) });
    expect(replayed.segments.map(({ group, rows }) => `${group}: ${rows}`)).toEqual([
      'Manhattan: 540',
      'Bronx: 60',
      '10-16: 600',
      'given: 600',
      'not given: 600',
    ]);
    const { passed, reasons } = judgeReplay(replayed, aRun('b'), limits);
    expect(passed).toBe(false);
    expect(reasons[0]).toBe(
      `RMSE ${rmse(0.5).toFixed(4)} min on 600 rides; run ${aRun('b')}: ${rmse(0).toFixed(4)} min (difference ${(rmse(0.5) - rmse(0)).toFixed(4)}); at most 0.05 more is allowed`,
    );
  });

  test('passes a run that is better, and one that is as good', async () => {
    for (const shifts of [
      [0, 0.5],
      [0, 0],
    ] as const) {
      expect(judgeReplay(await replay(shifts, aMonth(noisy)), aRun('b'), limits)).toEqual({
        passed: true,
        reasons: [],
      });
    }
  });

  test('does not pass a run that wins overall and loses in the Bronx, and names it', async () => {
    // b is a minute off everywhere; a is right but for rides from the Bronx, where it is two minutes off.
    const right = aScorer();
    const a = {
      ...right,
      score: async (batch: Parameters<typeof right.score>[0]) => {
        const answer = await right.score(batch);
        const zones = batch.inputs.PULocationID;
        return {
          ...answer,
          predicted_duration: answer.predicted_duration.map((m, i) => m + (Number(zones[i]) === BRONX ? 2 : 0)),
        };
      },
    };
    const replayed = await replay([0, 1], aMonth(noisy), a);
    expect(replayed.comparison?.rmse_difference).toBeLessThan(0);
    const { passed, reasons } = judgeReplay(replayed, aRun('b'), limits);
    expect(passed).toBe(false);
    // A ride from the Bronx took a minute less than predicted without a shift (noisy, for every tenth ride): 3 and 2 min off.
    expect(reasons).toEqual([
      expect.stringContaining(
        `RMSE 3.0000 min on 60 rides of pickup borough Bronx; run ${aRun('b')}: 2.0000 min (difference 1.0000,`,
      ),
    ]);
  });

  test('of rides whose labels have come in part counts errors of those alone, and differences of all', async () => {
    const month = aMonth((i, predicted) => (i < 200 ? noisy(i, predicted) : Number.NaN));
    const replayed = await replay([1.5, 0], month);
    expect(replayed).toMatchObject({ rides: 600, labelled: 200, comparison: { rows: 200, days: 10 } });
    expect(replayed.differences).toMatchObject({ rides: 600, over_a_minute: 600 });
  });

  test('of rides without labels does not pass: nothing is known yet', async () => {
    const replayed = await replay(
      [1.5, 0],
      aMonth(() => Number.NaN),
    );
    expect(replayed).toMatchObject({ labelled: 0, comparison: null, segments: [], differences: { rides: 600 } });
    expect(judgeReplay(replayed, aRun('b'), limits)).toEqual({
      passed: false,
      reasons: ['None of the rides has a label yet: the errors are not known'],
    });
  });
});
