import { describe, expect, test } from 'vitest';
import { TripcastError } from '#errors.ts';
import { Backtester } from '../../support/a-walk.ts';
import { aThinnedMonth } from '../../support/training.ts';

// Real rides, every fortieth, with linear-pair: what is done, what is found, and what is done again.

const WALK = { from: '2023-02', to: '2023-03', policies: 'fixed:1 rolling:1' };
const NAMES = ['2023-01', '2023-02', '2023-03'];

const aBacktester = async () => new Backtester(await Promise.all(NAMES.map((month) => aThinnedMonth(month, 40))));

describe('a backtest', () => {
  test('trains each window once, though policies share it, and finds all of it the next time', async () => {
    const tester = await aBacktester();
    const { policies, created_at: _, ...first } = await tester.run(WALK);
    expect(tester.trained).toEqual(['2023-01', '2023-02']);
    expect(policies.map(({ policy, trained }) => [policy, trained])).toEqual([
      ['fixed:1', 1],
      ['rolling:1', 2],
    ]);
    expect(policies[1]?.dollars).toBeCloseTo((policies[1]?.seconds ?? 0) * 0.001, 12);
    const { created_at: __, ...again } = await tester.run(WALK);
    expect(tester.trained).toHaveLength(2);
    expect(again).toEqual({ ...first, policies });
  });

  test('that was interrupted goes on where it stopped', async () => {
    const tester = await aBacktester();
    tester.beforeTraining = (window) => {
      if (window === '2023-02') throw new TripcastError('The machine went down', 'Start it again.');
    };
    await expect(tester.run(WALK)).rejects.toThrow('The machine went down');
    expect(tester.trained).toEqual(['2023-01']);
    tester.beforeTraining = () => {};
    await tester.run(WALK);
    expect(tester.trained).toEqual(['2023-01', '2023-02']);
  });

  test('trains again after a change of the code that decides what a model is', async () => {
    const tester = await aBacktester();
    await tester.run(WALK);
    await tester.run(WALK, { code: { model: 'm2', gate: 'g2' } });
    expect(tester.trained).toEqual(['2023-01', '2023-02', '2023-01', '2023-02']);
  });

  test('asks the gate again, but does not train again, after a change of its limits', async () => {
    const tester = await aBacktester();
    await tester.run(WALK);
    const { policies } = await tester.run(WALK, { limits: { ...STRICT } });
    expect(tester.trained).toHaveLength(2);
    expect(policies[1]?.months[1]).toMatchObject({
      decision: 'refused',
      why: [expect.stringMatching(/at least 5000/)],
    });
    expect(policies[1]?.refused).toBe(1);
  });
});

const STRICT = {
  ...{ leastRows: 5000, mostOutOfRangeShare: 1, mostNullShare: 1, leastZones: 1, leastR2: -9 },
  ...{ rmseToleranceMinutes: 9, bestToleranceMinutes: 9, coverageToleranceShare: 1 },
  segments: { toleranceMinutes: 9, leastRides: 200, leastDays: 7, confidence: 0.95 },
};

describe('a month that is published anew', () => {
  test('between two backtests: what rested on the old file is done again, once, and said', async () => {
    const tester = await aBacktester();
    const before = await tester.run(WALK);
    expect(before.notes).toEqual([]);
    await tester.publishAgain(await aThinnedMonth('2023-02', 41));
    const after = await tester.run(WALK);
    expect(tester.trained).toEqual(['2023-01', '2023-02', '2023-02']);
    expect(after.notes).toEqual([
      expect.stringMatching(/^2023-02 was published again \(sha256 \w{8}… before, \w{8}… now\)/),
    ]);
    const rides = ({ policies }: typeof before) => policies[0]?.months.map(({ figures }) => figures?.rides);
    expect(rides(after)?.[0]).not.toBe(rides(before)?.[0]);
    expect(rides(after)?.[1]).toBe(rides(before)?.[1]);
    expect((await tester.run(WALK)).notes).toEqual([]);
  });

  test('while the backtest reads it: it stops, and keeps nothing of that training', async () => {
    const tester = await aBacktester();
    const edition = await aThinnedMonth('2023-02', 41);
    tester.beforeTraining = async (window) => {
      if (window === '2023-02') await tester.publishAgain(edition);
    };
    await expect(tester.run(WALK)).rejects.toThrow(/2023-02\.parquet was replaced while.*Run it again/);
    tester.beforeTraining = () => {};
    const { notes } = await tester.run(WALK);
    expect(tester.trained).toEqual(['2023-01', '2023-02', '2023-02']);
    expect(notes).toHaveLength(1);
  });
});
