import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { DuckDB } from '#adapters/duckdb.ts';
import { uniform } from '#model/evaluation/resampling.ts';
import { type DriftReport, measureDrift } from '#monitoring/drift.ts';
import type { Preset } from '#monitoring/presets.ts';
import { type CountedRows, dayCounts } from '#monitoring/statistics/day-counts.ts';
import { normedWasserstein } from '#monitoring/statistics/distances.ts';
import { driftEffect } from '#monitoring/statistics/drift-effect.ts';
import { holm } from '#monitoring/statistics/holm.ts';
import { fileTable, TablePair } from '#monitoring/table-pair.ts';
import { sqlText } from '#trips/sql.ts';
import { fixture, PAIRS } from '../../support/evidently-pairs.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const LIMITS = { effect: 0.1, significance: 0.05 };

async function compare(
  reference: string,
  current: string,
  preset: Preset,
  categorical?: readonly string[],
): Promise<DriftReport> {
  await using database = await DuckDB.open({ tempDirectory: temporaryFolder() });
  const pair = await TablePair.open(
    database,
    { reference: fileTable(reference), current: fileTable(current) },
    categorical,
  );
  const timeColumn = pair.columnNamed(['day']);
  const options = { preset, limits: LIMITS, predictionColumn: 'prediction', ...(timeColumn && { timeColumn }) };
  return await measureDrift(pair, options);
}

/** A file with what a query selects. */
async function made(select: string): Promise<string> {
  const folder = temporaryFolder();
  await using database = await DuckDB.open({ tempDirectory: folder });
  const path = join(folder, 'rows.parquet');
  await database.run(`COPY (${select}) TO ${sqlText(path)}`);
  return path;
}

const datasetSchema = z.object({
  dataset: z.object({ count: z.number(), share: z.number(), dataset_drift: z.boolean() }),
});

describe('preset evidently', () => {
  test.each(PAIRS.filter(({ format }) => format === 'Parquet'))(
    '$name as a whole',
    async ({ name, files, categorical }) => {
      const report = await compare(...(await files(temporaryFolder())), 'evidently', categorical);
      const { dataset } = datasetSchema.parse(JSON.parse(readFileSync(fixture(`${name}.json`), 'utf8')));
      const named = report.columns.filter(({ column }) => !NOT_GIVEN_TO_EVIDENTLY.includes(column));
      expect(named.filter(({ drifted }) => drifted)).toHaveLength(dataset.count);
      expect(named.filter(({ drifted }) => drifted).length / named.length).toBe(dataset.share);
      if (named.length === report.columns.length) {
        expect(report).toMatchObject({ drifted_share: dataset.share, dataset_drift: dataset.dataset_drift });
      }
    },
  );
});

const NOT_GIVEN_TO_EVIDENTLY = ['extra', 'tolls_amount', 'improvement_surcharge'];

/** 30 days of 200 rides; `d` is the day, `i` the ride. */
const month = (columns: string, where = 'true') => `
  SELECT DATE '2023-01-01' + d::INTEGER AS day, ${columns}
  FROM range(30) AS days(d), range(200) AS rides(i) WHERE ${where}`;
/** Pseudo-random in 0..1, different for each day and ride. */
const noise = (salt: number) => `(hash(d * 1000 + i + ${salt} * 1000000) % 1000003) / 1000003.0`;

describe('preset tripcast', () => {
  test('finds a shift of the distances, and says how large it is', async () => {
    const reference = await made(month(`10 * ${noise(1)} AS miles`));
    const current = await made(month(`10 * ${noise(2)} + 1 AS miles`));
    const { columns, dataset_drift } = await compare(reference, current, 'tripcast');
    // One mile of a uniform distribution's spread, 10 / sqrt 12 miles
    const [found] = columns;
    expect(found).toMatchObject({ column: 'miles', verdict: 'drifted', method: 'Wasserstein effect (normed)' });
    expect(found?.score).toBeCloseTo(Math.sqrt(12) / 10, 1);
    const [low = 0, high = 0] = found?.interval ?? [];
    expect(low).toBeLessThan(Math.sqrt(12) / 10);
    expect(high).toBeGreaterThan(Math.sqrt(12) / 10);
    expect(dataset_drift).toBe(true);
  });

  test('does not take the noise of many zones for drift, as the plain distance does', async () => {
    const zones = (salt: number) => made(month(`floor(1 + 265 * ${noise(salt)})::INTEGER AS PULocationID`, 'i < 40'));
    const [reference, current] = [await zones(1), await zones(2)];
    const plain = await compare(reference, current, 'evidently');
    expect(plain.columns[0]).toMatchObject({ verdict: 'drifted' });
    const { columns } = await compare(reference, current, 'tripcast');
    expect(columns[0]).toMatchObject({ verdict: 'steady', interval: [0, expect.anything()] });
  });

  test('a whole month of one shifted day is noise, not drift: days are what is drawn', async () => {
    const reference = await made(month(`10 * ${noise(1)} AS miles`));
    const current = await made(month(`10 * ${noise(2)} + if(d = 3, 12, 0) AS miles`));
    const { columns } = await compare(reference, current, 'tripcast');
    expect(columns[0]).toMatchObject({ verdict: 'steady' });
    expect(columns[0]?.score).toBeGreaterThan(0.1); // on this month alone it looks like one
  });

  test('needs a time column', async () => {
    await expect(compare(fixture('ref_900.parquet'), fixture('cur_900.parquet'), 'tripcast')).rejects.toThrow(
      'Preset tripcast resamples whole days, and no time column is given',
    );
  });
});

describe('preset classic', () => {
  const of = async (columns: string) => made(month(columns));

  test('the prediction alone is enough, and is listed first', async () => {
    const [reference, current] = [
      await of(`i AS x, 10 * ${noise(1)} AS prediction`),
      await of(`i AS x, 10 * ${noise(2)} + 1 AS prediction`),
    ];
    const report = await compare(reference, current, 'classic');
    expect(report.columns.map(({ column, drifted }) => [column, drifted])).toEqual([
      ['prediction', true],
      ['x', false],
    ]);
    expect(report.dataset_drift).toBe(true);
    expect((await compare(reference, current, 'evidently')).dataset_drift).toBe(true);
    expect((await compare(reference, reference, 'classic')).dataset_drift).toBe(false);
  });

  test.each([
    [2, false],
    [3, true],
  ])('%d drifted columns of ten: drift is %s', async (drifted, isDrift) => {
    const names = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'j', 'k'];
    const reference = await of(names.map((name) => `i AS ${name}`).join(', '));
    const current = await of(names.map((name, n) => `i + ${n < drifted ? 100 : 0} AS ${name}`).join(', '));
    expect((await compare(reference, current, 'classic')).dataset_drift).toBe(isDrift);
  });

  test.each([
    [9, false],
    [11, true],
  ])('%d of 200 values missing: drift is %s', async (missing, isDrift) => {
    const reference = await of('i % 100 AS x');
    const current = await of(`if(i < ${missing}, NULL, i % 100) AS x`);
    expect((await compare(reference, current, 'classic')).dataset_drift).toBe(isDrift);
  });
});

describe.each(['tripcast', 'evidently', 'classic'] as const)('bad input to preset %s', (preset) => {
  const usual = month(`10 * ${noise(1)} AS x, 'a' AS level`);

  test('an empty file', async () => {
    const report = await compare(await made(usual), await made(`${usual} AND false`), preset);
    expect(report).toMatchObject({ rows: { reference: 6000, current: 0 }, drifted_share: null });
    expect(report.columns.map(({ verdict }) => verdict)).toEqual(['not-enough-data', 'not-enough-data']);
    expect(JSON.stringify(report)).not.toContain('NaN');
  });

  test('one row', async () => {
    const report = await compare(await made(usual), await made(`${usual} LIMIT 1`), preset);
    expect(report.rows.current).toBe(1);
    if (preset === 'tripcast') expect(report.columns[0]).toMatchObject({ verdict: 'not-enough-data', score: null });
    expect(Object.values(report.columns[0] ?? {})).not.toContain(Number.NaN);
  });

  test('a column of nulls, a constant one, and a level never seen', async () => {
    const reference = await made(month(`NULL::DOUBLE AS nulls, 3 AS constant, 'a' AS level`));
    const current = await made(month(`1.5 AS nulls, 3 AS constant, if(i < 100, 'a', 'ü') AS level`));
    const { columns } = await compare(reference, current, preset);
    expect(columns.map(({ column, verdict }) => [column, verdict])).toEqual([
      ['nulls', 'not-enough-data'],
      ['constant', 'steady'],
      ['level', 'drifted'],
    ]);
    expect(columns[0]?.missing).toEqual({ reference: 1, current: 0 });
  });

  test('columns that only one file has, or that are of another kind', async () => {
    const reference = await made(month(`i AS x, i AS gone, TIMESTAMP '2023-01-01' AS moment`));
    const current = await made(month(`i AS X, i AS new, TIMESTAMP '2023-01-01' AS moment`));
    const { schema, columns } = await compare(reference, current, preset);
    expect(columns.map(({ column }) => column)).toEqual(['x']);
    expect(schema).toMatchObject({ only_in_reference: ['gone'], only_in_current: ['new'] });
    expect(schema.not_comparable).toContain('moment');
  });
});

test('a name that no file has, and a file that is none', async () => {
  const rows = await made(month('i AS x'));
  await expect(compare(rows, rows, 'evidently', ['zone'])).rejects.toThrow('Neither file has a column zone');
  await expect(compare(rows, import.meta.filename, 'evidently')).rejects.toThrow('drift.test.ts is not readable');
});

describe('Holm', () => {
  test('by hand', () => {
    expect(holm([0.01, 0.04, 0.03])).toEqual([0.03, 0.06, 0.06]);
    expect(holm([])).toEqual([]);
    expect(holm([0.9, 0.5])).toEqual([1, 1]);
  });
});

describe('an effect', () => {
  /** 30 days of 60 rides around a mean that differs from day to day. */
  function days(seed: number, shift: number): CountedRows {
    const random = uniform(seed);
    const rows: (readonly [value: number, day: number, isCurrent: number])[] = [];
    for (const isCurrent of [0, 1]) {
      for (let day = 0; day < 30; day += 1) {
        const ofDay = random() - 0.5;
        for (let i = 0; i < 60; i += 1) rows.push([ofDay + 4 * random() + shift * isCurrent, day, isCurrent]);
      }
    }
    rows.sort(([a], [b]) => a - b);
    return {
      value: Float64Array.from(rows, ([value]) => value),
      day: Float64Array.from(rows, ([, day]) => day),
      isCurrent: Float64Array.from(rows, ([, , isCurrent]) => isCurrent),
      count: new Float64Array(rows.length).fill(1),
    };
  }

  test('its interval holds the true distance in about 95 of 100 months', () => {
    const truth = 0.5 / Math.sqrt(16 / 12 + 1 / 12); // half a unit of the spread of day and ride together
    let inside = 0;
    for (let seed = 1; seed <= 100; seed += 1) {
      const { low, high } = driftEffect(dayCounts('numeric', days(seed, 0.5)), { threshold: 0.1, resamples: 199 });
      if (low <= truth && truth <= high) inside += 1;
    }
    expect(inside).toBeGreaterThanOrEqual(88);
  });

  test('without a shift it is called one in fewer than 1 of 100 months', () => {
    let alarms = 0;
    for (let seed = 1; seed <= 100; seed += 1) {
      const { p } = driftEffect(dayCounts('numeric', days(seed, 0)), { threshold: 0.1, resamples: 199 });
      if (p <= 0.05) alarms += 1;
    }
    expect(alarms).toBeLessThanOrEqual(1);
  });

  test('cells of many values keep the distance of all of them', () => {
    const rows = days(7, 0.5);
    const cells = dayCounts('numeric', rows);
    expect(cells.positions).toHaveLength(256);
    const sum = (side: readonly Float64Array[]) =>
      cells.positions.map((_, i) => side.reduce((n, day) => n + (day[i] ?? 0), 0));
    const coarse = {
      kind: 'numeric',
      values: cells.positions,
      reference: sum(cells.reference),
      current: sum(cells.current),
    } as const;
    const fine = {
      kind: 'numeric',
      values: rows.value,
      reference: rows.isCurrent.map((is) => 1 - is),
      current: rows.isCurrent,
    } as const;
    expect(normedWasserstein(coarse) / normedWasserstein(fine)).toBeCloseTo(1, 2);
  });

  test('the same days give the same effect', () => {
    const counts = dayCounts('numeric', days(3, 0.3));
    expect(driftEffect(counts, { threshold: 0.1 })).toEqual(driftEffect(counts, { threshold: 0.1 }));
  });
});
