import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { DuckDB } from '#adapters/duckdb.ts';
import type { Expected } from '#monitoring/labels/realised-error.ts';
import { showLabels } from '#monitoring/labels/show-labels.ts';
import { parseDay } from '#trips/day.ts';
import { aPrediction, jsonLines, ODD_ARCHIVE, ODD_LABELS } from '../../../support/a-labelled-stream.ts';
import { aRun } from '../../../support/a-run.ts';
import { MemoryStore } from '../../../support/memory-store.ts';
import { temporaryFolder } from '../../../support/temporary-folder.ts';

type Objects = Readonly<Record<string, readonly unknown[]>>;

const CARD: Expected = {
  validation: { mae: 4, typical_distance: { mae: 5, rmse: 0, coverage_90: 0, coverage_80: 0 } },
};
const LIMITS = { tolerance: 0.1, significance: 0.05, leastRides: 1 };
const [FIRST, SECOND] = [aRun('a'), aRun('b')];

interface Asked {
  readonly from?: string;
  readonly to?: string;
  readonly leastRides?: number;
  readonly card?: Expected | 'none';
}

async function show(objects: Objects, { from = '2026-11-21', to, leastRides = 1, card = CARD }: Asked = {}) {
  const data = new MemoryStore();
  for (const [key, values] of Object.entries(objects)) {
    await data.put(key, key.endsWith('.gz') ? gzipSync(jsonLines(values)) : jsonLines(values));
  }
  const workFolder = temporaryFolder();
  await using database = await DuckDB.open({ tempDirectory: workFolder });
  const days = { from: parseDay(from), to: parseDay(to ?? from) };
  const limits = { ...LIMITS, leastRides };
  return await showLabels(days, {
    data,
    database,
    cardOf: async () => (card === 'none' ? undefined : card),
    limits,
    workFolder,
  });
}

describe('predictions are joined with labels by ride_id, whoever delivers them', () => {
  test('what counts, and what does not, is counted', async () => {
    expect(await show({ ...ODD_ARCHIVE, ...ODD_LABELS })).toMatchObject({
      predictions: 7, // known, text, again, conflicting, without, long, evening
      repeated: 2, // of `known`
      unreadable: 4, // the line of someone else, hello, timeless, [1]
      labelled: 5, // known, text, again, long, evening
      outside: 1, // long
      match_rate: 5 / 7,
      labels: {
        rides: 7, // 1, 2, c, l, nobody, e, m
        repeated: 1, // 1
        conflicting: 1, // c
        unknown: 2, // nobody, and m, which is of the next day
        unreadable: 4, // two absurd durations, one without a ride, one that is not JSON
      },
      read: { archive: { objects: 3 }, labels: { objects: 2 } },
    });
  });

  test('errors by version and by day in New York, computed by hand', async () => {
    const { days, versions } = await show({ ...ODD_ARCHIVE, ...ODD_LABELS }, { to: '2026-11-22' });
    // known 10 - 12 = -2; text 30 - 24 = 6, outside 25..35; again 20 - 24 = -4; evening 12.25 - 18 = -5.75, outside 7.25..17.25
    const ofDay = {
      labelled: 4,
      mae: (2 + 6 + 4 + 5.75) / 4,
      rmse: Math.sqrt((4 + 36 + 16 + 33.0625) / 4),
      bias: (-2 + 6 - 4 - 5.75) / 4,
      coverage_90: 0.5,
    };
    const nothing = { mae: null, rmse: null, bias: null, coverage_90: null };
    const unmeasured = { verdict: 'not-enough-data', labelled: 0, ...nothing };
    const exact = { labelled: 1, mae: 0, rmse: 0, bias: 0, coverage_90: 1 };
    expect(days).toEqual([
      { day: '2026-11-21', version: FIRST, verdict: 'measured', predictions: 4, ...ofDay },
      { day: '2026-11-21', version: SECOND, predictions: 3, ...unmeasured },
      { day: '2026-11-22', version: FIRST, verdict: 'measured', predictions: 1, ...exact },
    ]);
    expect(versions).toMatchObject([
      { version: FIRST, predictions: 5, labelled: 5, mae: 17.75 / 5, bias: -5.75 / 5, coverage_90: 0.6 },
      { version: SECOND, predictions: 3, labelled: 0, ...nothing },
    ]);
    expect(versions[0]?.reference_mae).toBeCloseTo(0.8 * 4 + 0.2 * 5, 12); // one of five had no distance
    expect(versions.map(({ harm }) => harm)).toEqual([
      { verdict: 'not-enough-data', days: 2 },
      { verdict: 'not-enough-data', days: 0 },
    ]);
  });

  test('only the folders of the days are read, and labels', async () => {
    const objects = { ...ODD_ARCHIVE, 'stream/dt=2026-11-20/hh=00/z.jsonl': ['{"never":"read"}'], ...ODD_LABELS };
    const { read, predictions } = await show(objects, { from: '2026-11-22' });
    expect(read).toMatchObject({ archive: { objects: 1 }, labels: { objects: 2 } });
    expect(predictions).toBe(1);
  });

  test('days with few labels have no figures', async () => {
    const { days } = await show({ ...ODD_ARCHIVE, ...ODD_LABELS }, { to: '2026-11-22', leastRides: 4 });
    expect(days.map(({ verdict }) => verdict)).toEqual(['measured', 'not-enough-data', 'not-enough-data']);
    expect(days[2]).toMatchObject({ labelled: 1, mae: null });
  });
});

describe('nothing to join is a verdict, not a failure, and no figure is NaN', () => {
  const NONE: Objects = {};
  test.each([
    ['nothing at all', NONE],
    ['labels without predictions', ODD_LABELS],
    ['predictions without labels', ODD_ARCHIVE],
    ['an archive of something else', { 'stream/dt=2026-11-21/hh=12/a.jsonl': ['<html>', '', '{}'] }],
    ['empty objects', { 'stream/dt=2026-11-21/hh=12/a.jsonl': [], 'labels/a.jsonl.gz': [] }],
  ])('%s', async (_, objects) => {
    const shown = await show(objects);
    expect(shown.labelled).toBe(0);
    expect(shown.match_rate).toBe(shown.predictions === 0 ? null : 0);
    expect(shown.versions.every(({ mae }) => mae === null)).toBe(true);
    expect(shown.days.every(({ verdict }) => verdict === 'not-enough-data')).toBe(true);
    const hasNumbersOnly = (value: unknown): boolean =>
      typeof value === 'object' && value !== null
        ? Object.values(value).every(hasNumbersOnly)
        : typeof value !== 'number' || Number.isFinite(value);
    expect(hasNumbersOnly(shown)).toBe(true);
  });
});

describe('has the error of a version grown?', () => {
  /** Ten days of two rides each, predicted to take 20 minutes, that take this long. */
  const tenDays = (minutes: number): Objects => {
    const rides = Array.from({ length: 20 }, (_, i) => ({
      day: `2026-11-${10 + Math.floor(i / 2)}`,
      ride: `ride ${i}`,
    }));
    return {
      ...Object.fromEntries(
        rides.map(({ day, ride }) => [
          `stream/dt=${day}/hh=12/${ride}.jsonl`,
          [aPrediction({ id: ride, ride, minutes: 20, at: `${day}T12:00:00.000Z` })],
        ]),
      ),
      'labels/a.jsonl': rides.map(({ ride }) => ({ ride_id: ride, actual_duration: minutes })),
    };
  };
  const range = { from: '2026-11-10', to: '2026-11-19' };

  test('an error of 8.8 minutes where 4 are expected: harm, on the sixth day', async () => {
    // The limit is 4.4; test/unit/monitoring/harm.test.ts computes by hand that twice the limit alarms on the sixth day.
    const { versions } = await show(tenDays(28.8), range);
    expect(versions).toMatchObject([
      { version: FIRST, mae: expect.closeTo(8.8, 9), reference_mae: 4, harm: { verdict: 'harm', since: '2026-11-15' } },
    ]);
  });

  test('an error within the tolerance: no harm', async () => {
    const { versions } = await show(tenDays(24.3), range);
    expect(versions[0]?.harm).toMatchObject({ verdict: 'no-harm', days: 10, since: null });
  });

  test('a run without a card: nothing says what to expect', async () => {
    const { versions } = await show(tenDays(28.8), { ...range, card: 'none' });
    expect(versions[0]).toMatchObject({ reference_mae: null, harm: { verdict: 'no-reference', days: 10 } });
  });
});
