import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { DuckDB } from '#adapters/duckdb.ts';
import {
  bestConstants,
  dummyQuality,
  type Predictions,
  type RegressionQuality,
  regressionQuality,
} from '#monitoring/statistics/regression.ts';
import { sqlText } from '#trips/sql.ts';
import { fixture, PAIRS } from '../../support/evidently-pairs.ts';

const part = z.object({ mean: z.number(), std: z.number() });
const qualitySchema = z.object({
  MeanError: part,
  MAPE: part,
  RMSE: z.number(),
  MAE: part,
  R2Score: z.number(),
  AbsMaxError: z.number(),
});
const answersSchema = z.object({
  regression_current: qualitySchema,
  regression_reference: qualitySchema,
  regression_dummy: z.record(z.string(), z.number()),
});

/** In Evidently's shape; its spread of the percentage error is no percentage. */
const shaped = ({ error, percentage_error, rmse, absolute_error, r2, max_error }: RegressionQuality) => ({
  MeanError: error,
  MAPE: { mean: percentage_error.mean, std: (percentage_error.std ?? Number.NaN) / 100 },
  RMSE: rmse,
  MAE: absolute_error,
  R2Score: r2,
  AbsMaxError: max_error,
});

async function read(folder: string, path: string): Promise<Predictions> {
  await using database = await DuckDB.open({ tempDirectory: folder });
  const { actual = [], predicted = [] } = await database.columns(
    `SELECT duration AS actual, prediction AS predicted FROM read_parquet(${sqlText(path)})`,
  );
  return { actual: Float64Array.from(actual, Number), predicted: Float64Array.from(predicted, Number) };
}

/** Every number of `wanted`, to 1e-9. */
function expectClose(found: unknown, wanted: unknown): void {
  if (typeof wanted === 'number')
    expect(Math.abs(Number(found) - wanted), `${found}, not ${wanted}`).toBeLessThan(1e-9);
  else
    for (const [name, value] of Object.entries(z.object({}).loose().parse(wanted))) {
      expectClose(z.object({}).loose().parse(found)[name], value);
    }
}

describe.each(PAIRS.filter(({ name }) => name !== 'edge_small'))('the quality of $name', ({ name, files }) => {
  test('is what Evidently says', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'tripcast-regression-'));
    const [reference, current] = await Promise.all((await files(folder)).map((path) => read(folder, path)));
    rmSync(folder, { recursive: true });
    if (reference === undefined || current === undefined) throw new Error('There are two files.');
    const wanted = answersSchema.parse(JSON.parse(readFileSync(fixture(`${name}.json`), 'utf8')));
    const [quality, referenceQuality] = [regressionQuality(current), regressionQuality(reference)];
    expectClose(shaped(quality), wanted.regression_current);
    expectClose(shaped(referenceQuality), wanted.regression_reference);
    const byReference = dummyQuality(current.actual, bestConstants(reference.actual));
    expectClose(
      {
        rmse_default: quality.dummy.rmse,
        mean_abs_error_default: quality.dummy.mae,
        mean_abs_perc_error_default: quality.dummy.mape,
        abs_error_max_default: quality.dummy.max_error,
        rmse_by_ref: byReference.rmse,
        mean_abs_error_by_ref: byReference.mae,
        mean_abs_perc_error_by_ref: byReference.mape,
        abs_error_max_by_ref: byReference.max_error,
      },
      wanted.regression_dummy,
    );
  });
});

test('by hand: three rides', () => {
  const quality = regressionQuality({ actual: Float64Array.of(10, 20, 30), predicted: Float64Array.of(11, 18, 33) });
  expect(quality).toMatchObject({
    rows: 3,
    error: { mean: 2 / 3 },
    absolute_error: { mean: 2 },
    percentage_error: { mean: 10 },
    max_error: 3,
    r2: 1 - 14 / 200,
    dummy: { mae: 20 / 3, max_error: 10 },
  });
  expect(quality.rmse).toBeCloseTo(Math.sqrt(14 / 3), 14);
});

test('one ride has no spread, and equal durations have no R2', () => {
  expect(regressionQuality({ actual: Float64Array.of(10), predicted: Float64Array.of(12) })).toMatchObject({
    error: { mean: 2, std: null },
    r2: null,
  });
});
