import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { DuckDB } from '#adapters/duckdb.ts';
import { type ScoreAheadJob, scoreAhead } from '#batch/score-ahead.ts';
import { aScorer } from '../../support/a-scorer.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

/** Rides of 5 + 9 zones, 45 pairs; their miles tell the row. */
const RIDES = `SELECT n, n % 5 + 1 AS pickup_zone, n % 9 + 1 AS dropoff_zone, n::FLOAT AS distance, 3600 AS pickup_time
  FROM range(10000) rows(n)`;

async function ahead({
  scorer = aScorer(),
  ...options
}: Partial<ScoreAheadJob> & { scorer?: ReturnType<typeof aScorer> } = {}) {
  const folder = temporaryFolder();
  const database = await DuckDB.open({ tempDirectory: folder });
  const progress: number[] = [];
  const job = {
    rows: 10_000,
    rides: RIDES,
    path: join(folder, 'ahead.f32'),
    onRows: (rows: number) => progress.push(rows),
  };
  try {
    return { scores: await scoreAhead({ ...job, ...options }, scorer, 64, database), progress, scorer };
  } finally {
    await database[Symbol.asyncDispose]();
  }
}

const rowsFrom = (first: number, rows: number) => BigInt64Array.from({ length: rows }, (_, i) => BigInt(first + i));
/** As {@link aScorer} computes it. */
const minutes = (row: number) => Math.fround(((row % 5) + 1) / 10 + ((row % 9) + 1) / 100 + row + 1 / 1000);

describe('scores computed ahead', () => {
  test.for([10_000, 1 << 20, 4096, 999])(
    'are those of each row, with %i rides in order at once',
    async (windowRides) => {
      const { scores } = await ahead({ windowRides });
      using _ = scores;
      for (const [first, rows] of [
        [0, 2048],
        [9000, 1000],
        [997, 5],
        [2048, 2048],
      ] as const) {
        const { predicted_duration, interval_low, interval_high } = scores.of(rowsFrom(first, rows));
        const expected = Array.from({ length: rows }, (_, i) => minutes(first + i));
        expect([...predicted_duration]).toEqual(expected);
        expect([...interval_low]).toEqual(expected.map((each) => Math.fround(each - 2)));
        expect([...interval_high]).toEqual(expected.map((each) => Math.fround(each + 2)));
      }
    },
  );

  test('come from calls with rides between the same zones one after the other', async () => {
    const scorer = aScorer();
    let changes = 0;
    const { scoreNow } = scorer;
    scorer.scoreNow = (inputs) => {
      for (let ride = 1; ride < inputs.PULocationID.length; ride += 1) {
        const isSame = (zones: BigInt64Array) => zones[ride] === zones[ride - 1];
        if (!isSame(inputs.PULocationID) || !isSame(inputs.DOLocationID)) changes += 1;
      }
      return scoreNow(inputs);
    };
    const { scores, progress } = await ahead({ scorer });
    using _ = scores;
    expect(changes).toBe(44); // between 45 pairs
    expect(scorer.calls).toEqual([10_000]);
    expect(progress).toEqual([10_000]);
  });

  test('are not there for rows that the file turned out not to have, or that are not consecutive', async () => {
    const { scores } = await ahead();
    using _ = scores;
    expect(() => scores.of(rowsFrom(9999, 2))).toThrow('Rows 9999 to 10001 have not all been scored.');
    expect(() => scores.of(BigInt64Array.of(1n, 3n))).toThrow('The database passed rows 1 to 3 as 2 rows.');
  });
});
