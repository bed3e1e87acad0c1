import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { DuckDB } from '#adapters/duckdb.ts';
import { loadScorer } from '#adapters/onnxruntime.ts';
import { openXGBoost } from '#adapters/xgboost.ts';
import { receiptSchema } from '#batch/receipts.ts';
import { type MonitoredMonth, type MonitorMonthDeps, monitorMonth } from '#monitoring/monitor-month.ts';
import { PRESETS } from '#monitoring/presets.ts';
import { monthReportSchema } from '#monitoring/report-schema.ts';
import { xgboostLibrary } from '#packaging/natives.ts';
import { loadRun } from '#registry/load-run.ts';
import { Registry, type RunFiles } from '#registry/registry.ts';
import { dataKeys } from '#storage/layout.ts';
import { type Month, parseMonth } from '#trips/month.ts';
import { sqlText } from '#trips/sql.ts';
import { NAMES } from '../../support/a-card.ts';
import { aRunOfFebruary, clock, LIMITS, LONGER, MonitoredBucket } from '../../support/a-monitored-month.ts';
import { MemoryStore } from '../../support/memory-store.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import { realMonth } from '../../support/tlc-files.ts';

// Real months: a linear-pair of 2023-02, validated on 2023-03, scores 2023-04 and what is made of it.

const [FEBRUARY, MARCH, APRIL] = [parseMonth('2023-02'), parseMonth('2023-03'), parseMonth('2023-04')];

let run: RunFiles;
beforeAll(async () => {
  run = await aRunOfFebruary();
}, 60_000);

/** A bucket with the reference month, and April (or what SQL makes of it) scored by the run. */
async function scored(change = '*', where = 'true', sample = ''): Promise<MemoryStore> {
  const bucket = await MonitoredBucket.open(run);
  await bucket.score('2023-04', change, where, sample);
  return bucket.data;
}

async function monitored(
  data: MemoryStore,
  reference?: Month,
  other: Partial<MonitorMonthDeps> = {},
): Promise<MonitoredMonth> {
  const folder = temporaryFolder();
  await using database = await DuckDB.open({ tempDirectory: folder });
  const found = await monitorMonth('green', APRIL, reference, {
    data,
    storeOf: () => data,
    loadModel: async () => ({ card: run.card, scorer: await loadScorer(run.model) }),
    database,
    workFolder: folder,
    limits: LIMITS,
    codeVersion: 'monitored by this',
    clock,
    ...other,
  });
  const stored = JSON.parse(data.text(dataKeys.report('green', APRIL, run.card.run_id)));
  expect(monthReportSchema.parse(stored)).toEqual(found.report);
  expect(data.text(dataKeys.reportPage('green', APRIL, run.card.run_id))).toBe(found.page);
  expect(found.page).not.toMatch(/NaN|undefined|Infinity/);
  return found;
}

describe('a real month', { timeout: 60_000 }, () => {
  test('is measured against the month that the run was validated on', async () => {
    const data = await scored();
    const { report, page } = await monitored(data);
    const [receiptKey = ''] = [...data.objects.keys()].filter((key) => key.startsWith('receipts/'));
    const receipt = receiptSchema.parse(JSON.parse(data.text(receiptKey)));
    // the batch's own figures, added up in another way
    expect(report.rows).toEqual({ scored: 62_979, labelled: 62_979, reference: 69_392 });
    expect(report.quality?.rmse).toBeCloseTo(receipt.errors?.rmse ?? 0, 9);
    expect(report.quality?.absolute_error.mean).toBeCloseTo(receipt.errors?.mae ?? 0, 9);
    expect(report.reference).toEqual({ month: MARCH, in_training: false });
    expect(report.reference_quality.rmse).toBeCloseTo(run.card.validation.rmse, 4);
    expect(report.reference_quality.coverage_90).toBeCloseTo(run.card.validation.coverage_90, 4);
    for (const groups of Object.values(report.segments)) {
      expect(groups.reduce((sum, { rows }) => sum + rows, 0)).toBe(62_979);
    }
    expect(report.days.reduce((sum, { rides }) => sum + rides, 0)).toBe(62_979);
    expect(report.calibration.reduce((sum, { rides }) => sum + rides, 0)).toBe(62_979);
    expect(report.harm.verdict).toBe('no-harm');
    expect(report.drift.verdict).toBe('steady');
    expect(report.takeaway).toMatch(
      /^Predictions are off by .* within the limit of .*No column has drifted since 2023-03\.$/,
    );
    expect(page.length).toBeLessThan(1.5e6);
  });

  test('whose rides take 1.3 times as long: the labels prove it within days, the estimate cannot see it', async () => {
    const { report } = await monitored(await scored(LONGER));
    expect(report.harm).toMatchObject({ verdict: 'harm' });
    expect(report.harm).toMatchObject({ since: '2023-04-17', error: expect.closeTo(5.744, 3) });
    const { expected_mae, reference_mae } = report.estimate;
    expect(Math.abs((expected_mae ?? 0) / reference_mae - 1)).toBeLessThan(0.05);
    expect(report.estimate.harm).toMatchObject({ verdict: 'no-harm', days: 30 });
    expect(report.drift.columns.find(({ column }) => column === 'actual_duration')?.verdict).toBe('drifted');
    expect(report.takeaway).toMatch(
      /above the limit of .*, as the rides up to 2023-04-\d\d prove\. Since 2023-03, actual_duration \(0\.\d\d\) has drifted; the limit is 0\.10\.$/,
    );
  });

  test('with a vendor missing: the column is named', async () => {
    const { report } = await monitored(await scored('*', 'VendorID <> 1'));
    expect(report.drift.columns.filter(({ drifted }) => drifted).map(({ column }) => column)).toContain('VendorID');
  });

  test('against a month that the run was trained on, which the page says', async () => {
    const data = await scored();
    await data.put(dataKeys.raw('green', FEBRUARY), await readFile(realMonth('2023-02')));
    const { report, page } = await monitored(data, FEBRUARY);
    expect(report.reference).toEqual({ month: FEBRUARY, in_training: true });
    expect(page).toContain('The model was trained on 2023-02, so the reference flatters it.');
  });

  test('with earlier months reported: the page shows the trend, without months that were trained on', async () => {
    const data = await scored();
    const { report } = await monitored(data);
    const earlier = (month: Month, evaluation: string, mae: number) => ({
      ...report,
      month,
      evaluation,
      quality: report.quality && { ...report.quality, absolute_error: { mean: mae, std: null } },
    });
    for (const [month, evaluation, mae] of [
      ['2023-01', 'after-training', 4.1111],
      ['2023-02', 'in-training', 2.2222],
      ['2023-05', 'after-training', 5.5555],
    ] as const) {
      const key = dataKeys.report('green', parseMonth(month), run.card.run_id);
      await data.put(key, JSON.stringify(earlier(parseMonth(month), evaluation, mae)));
    }
    const { page } = await monitored(data);
    expect(page).toContain('From 4.11 min in 2023-01 to');
    expect(page).not.toMatch(/2\.22|5\.56/);
  });
});

test('a month of long rides only, without labels: the estimate alone says that the errors grew', async () => {
  const { report } = await monitored(await scored('* EXCLUDE (lpep_dropoff_datetime)', 'trip_distance > 5'));
  const { harm, expected_mae } = report.estimate;
  expect(report.harm).toMatchObject({ verdict: 'not-enough-data', days: 0 });
  expect(harm).toMatchObject({ verdict: 'harm', limit: expect.closeTo(1.1 * report.estimate.reference_mae, 9) });
  expect(report.takeaway).toContain(
    `${expected_mae?.toFixed(2)} min (against 2023-03's 3.97), above the limit of 4.37.`,
  );
});

describe('bad input', { timeout: 60_000 }, () => {
  test('a month without labels: the estimate stands in, and no verdict on the errors', async () => {
    const { report } = await monitored(await scored('* EXCLUDE (lpep_dropoff_datetime)'));
    expect(report).toMatchObject({
      quality: null,
      harm: { verdict: 'not-enough-data', days: 0 },
      segments: { hour: [] },
    });
    expect(report.rows).toMatchObject({ scored: 65_392, labelled: 0 });
    expect(report.estimate.expected_mae).toBeGreaterThan(3);
    expect(report.takeaway).toMatch(
      /^There are not enough labels to judge the errors; the model's own intervals suggest/,
    );
  });

  test('one ride', async () => {
    const { report } = await monitored(await scored('*', 'true LIMIT 1'));
    expect(report).toMatchObject({
      rows: { scored: 1, labelled: 1 },
      drift: { verdict: 'not-enough-data', drifted_share: null },
      harm: { verdict: 'not-enough-data', days: 0 },
      quality: { rows: 1, error: { std: null } },
    });
  });

  test('a month that was not scored, and a reference that is not in the bucket', async () => {
    await expect(monitored(new MemoryStore('data'))).rejects.toThrow(
      'green 2023-04 was not scored, so there is nothing to monitor',
    );
    await expect(monitored(await scored('*', 'true LIMIT 500'), parseMonth('2022-01'))).rejects.toThrow(
      's3://data/raw/taxi_type=green/year=2022/month=01/green_tripdata_2022-01.parquet is missing',
    );
  });

  test('a receipt that is gone', async () => {
    const data = await scored('*', 'true LIMIT 500');
    for (const key of [...data.objects.keys()].filter((each) => each.startsWith('receipts/'))) data.objects.delete(key);
    await expect(monitored(data)).rejects.toThrow(/^The receipt receipts\/.* is missing/);
  });

  test.each(PRESETS)('a column of nulls, a constant one, unseen levels, absurd numbers (%s)', async (preset) => {
    const odd = `* REPLACE (NULL::DOUBLE AS passenger_count, 1.0::DOUBLE AS tip_amount, 99::BIGINT AS payment_type,
      'Z' AS store_and_fwd_flag, 1e300 AS tolls_amount, 'inf'::DOUBLE AS extra)`;
    const { report } = await monitored(await scored(odd), undefined, { limits: { ...LIMITS, preset } });
    const verdictOf = (name: string) => report.drift.columns.find(({ column }) => column === name)?.verdict;
    expect(report.drift.columns[0]?.column).toBe('predicted_duration');
    for (const name of ['passenger_count', 'tolls_amount', 'extra']) expect(verdictOf(name)).toBe('not-enough-data');
    for (const name of ['tip_amount', 'payment_type', 'store_and_fwd_flag']) expect(verdictOf(name)).toBe('drifted');
    expect(verdictOf('trip_distance')).toBe('steady');
    expect(report.takeaway).toContain('payment_type (');
  });

  test('an empty output: nothing is judged', async () => {
    const data = await scored();
    const [key = ''] = [...data.objects.keys()].filter((each) => each.startsWith('predictions/'));
    const path = join(temporaryFolder(), 'empty.parquet');
    await using database = await DuckDB.open({ tempDirectory: temporaryFolder() });
    const before = join(temporaryFolder(), 'before.parquet');
    await data.download(key, before);
    await database.run(`COPY (FROM read_parquet(${sqlText(before)}) WHERE false) TO ${sqlText(path)}`);
    await data.put(key, await readFile(path));
    const { report } = await monitored(data);
    expect(report).toMatchObject({
      rows: { scored: 0, labelled: 0 },
      quality: null,
      drift: { verdict: 'not-enough-data', drifted_share: null },
      harm: { verdict: 'not-enough-data', days: 0 },
      estimate: { expected_mae: null },
      days: [],
      takeaway: 'There is not enough data to judge the errors. There is not enough data to judge drift.',
    });
  });

  test('a run that the registry does not have', async () => {
    const registry = new Registry(new MemoryStore('models'), NAMES);
    const loadModel: MonitorMonthDeps['loadModel'] = (id) => loadRun(registry, id, loadScorer);
    await expect(monitored(await scored('*', 'true LIMIT 500'), undefined, { loadModel })).rejects.toThrow(
      run.card.run_id,
    );
  });

  test('a NaN is refused rather than stored as null', async () => {
    const { report } = await monitored(await scored('*', 'true LIMIT 500'));
    const spoiled = { ...report, estimate: { ...report.estimate, factor: Number.NaN } };
    expect(monthReportSchema.safeParse(spoiled).error?.issues[0]?.path).toEqual(['estimate', 'factor']);
  });

  test('with the classifier on: it explains, and the verdict stays', async () => {
    const longer = '* REPLACE (trip_distance + 3 AS trip_distance)';
    const data = await scored(longer);
    const [plain, explained] = [
      await monitored(data),
      await monitored(data, undefined, { explain: () => openXGBoost(xgboostLibrary()) }),
    ];
    expect(plain.report.classifier).toBeUndefined();
    const { classifier, ...rest } = explained.report;
    expect(rest).toEqual(plain.report);
    if (classifier?.outcome !== 'explained') throw new Error('There are enough rides.');
    expect(classifier.features[0]?.column).toBe('trip_distance');
  });

  test('clocks that jump: rides of 2009 and 2035 are days of their own, and do not count', async () => {
    const jumping = `* REPLACE (if(VendorID = 1 AND passenger_count = 4, TIMESTAMP '2009-01-01', lpep_pickup_datetime) AS lpep_pickup_datetime,
      if(VendorID = 1 AND passenger_count = 4, TIMESTAMP '2009-01-01 00:10:00', lpep_dropoff_datetime) AS lpep_dropoff_datetime)`;
    const { report } = await monitored(await scored(jumping));
    expect(report.days[0]?.day).toBe('2009-01-01');
    expect(report.harm.verdict).toBe('no-harm');
  });
});
