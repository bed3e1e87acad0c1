import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { DuckDB } from '#adapters/duckdb.ts';
import { loadScorer } from '#adapters/onnxruntime.ts';
import { workFolder } from '#adapters/work-folder.ts';
import { receiptSchema } from '#batch/receipts.ts';
import type { MonthReport } from '#monitoring/report-schema.ts';
import { type MonthAlarm, type WhyMonth, whyMonth } from '#monitoring/why/why-month.ts';
import { filesOf } from '#registry/registry.ts';
import { CLONE } from '#setup/paths.mjs';
import { sha256OfFile } from '#storage/sha256.ts';
import { type Month, parseMonth } from '#trips/month.ts';
import { zoneOf } from '#trips/zones.ts';
import { aRunOfFebruary, LONGER, MonitoredBucket } from '../../support/a-monitored-month.ts';
import { MemoryStore } from '../../support/memory-store.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import { readRows, realMonth } from '../../support/tlc-files.ts';

// Rides of 2023-04 that take 1.3 times as long as they did: harmed and drifted.

let bucket: MonitoredBucket;
let report: MonthReport;

beforeAll(async () => {
  bucket = await MonitoredBucket.open(await aRunOfFebruary());
  await bucket.score('2023-04', LONGER);
  ({ report } = await bucket.monitor('2023-04'));
}, 120_000);

async function whyOf(alarm: MonthAlarm, keptIn: string, month?: Month, data = bucket.data): Promise<WhyMonth> {
  await using folder = await workFolder();
  await using database = await DuckDB.open({ tempDirectory: folder.path });
  const { run } = bucket;
  return await whyMonth(alarm, 'green', month, {
    data,
    storeOf: () => data,
    loadModel: async () => ({ scorer: await loadScorer(run.model) }),
    folderOf: () => ({
      read: async (name) => {
        const body = filesOf(run).find((file) => file.name === name)?.body;
        return typeof body === 'string' ? new TextEncoder().encode(body) : body;
      },
    }),
    database,
    workFolder: folder.path,
    keptIn,
  });
}

/** Runs a printed command in a shell, without any environment, and reads its JSON. */
async function ran(command: string): Promise<unknown> {
  const here = command.replace(/^npx tripcast/, `"$NODE" "${join(CLONE, 'bin', 'tripcast.mjs')}"`);
  const env = { PATH: process.env.PATH, NODE: process.execPath, TRIPCAST_LOCAL: temporaryFolder() };
  return JSON.parse((await promisify(execFile)('sh', ['-c', here], { env })).stdout);
}

describe('a harmed month', { timeout: 120_000 }, () => {
  test('the printed command scores the kept files, and gives the very figure of the report', async () => {
    const { reproduce, source } = await whyOf('month-harmed', join(temporaryFolder(), 'kept'));
    expect(reproduce.figure).toBe(report.quality?.absolute_error.mean);
    const { mae, rows_scored } = z
      .object({ mae: z.number(), rows_scored: z.number() })
      .parse(await ran(reproduce.command));
    expect(mae).toBeCloseTo(reproduce.figure ?? 0, 9);
    expect(rows_scored).toBe(report.rows.scored);
    expect(source.unchanged).toBe(true);
  });

  test('the ten rides predicted worst are those of the output, and the zones have their names', async () => {
    const kept = join(temporaryFolder(), 'kept');
    const { rides, reproduce } = await whyOf('month-harmed', kept, parseMonth('2023-04'));
    await ran(reproduce.command);
    const all = await readRows(join(kept, 'scored.parquet'));
    const byError = all
      .map((row) => ({ id: row.ride_id, from: row.PULocationID, error: Math.abs(Number(row.diff)) }))
      .toSorted((a, b) => b.error - a.error)
      .slice(0, 10);
    expect(rides.map(({ predicted, actual }) => Math.abs(predicted - actual))).toEqual(
      byError.map(({ error }) => expect.closeTo(error, 4)),
    );
    expect(rides[0]).toMatchObject({ ride_id: byError[0]?.id });
    expect(rides[0]?.pickup).toBe(
      `${zoneOf(Number(byError[0]?.from)).name}, ${zoneOf(Number(byError[0]?.from)).borough} (${byError[0]?.from})`,
    );
    expect(rides[0]?.pickup_datetime).toMatch(/^2023-0[3-5]-\d\dT\d\d:\d\d:\d\d$/);
  });

  test('the run, the receipt, the files with their sha256 and the report are named', async () => {
    const kept = join(temporaryFolder(), 'kept');
    const found = await whyOf('month-harmed', kept);
    const { data, run } = bucket;
    const receipt = receiptSchema.parse(JSON.parse(data.text(found.receipt.replace('s3://data/', ''))));
    expect(found).toMatchObject({
      month: '2023-04',
      verdict: 'harm',
      takeaway: report.takeaway,
      run_id: run.card.run_id,
      source: { uri: receipt.source.uri, sha256: await sha256OfFile(join(kept, 'green_tripdata_2023-04.parquet')) },
      output: receipt.output.uri,
      reference: '2023-03',
    });
    expect(JSON.parse(data.text(found.report.replace('s3://data/', '')))).toEqual(report);
    expect(found.columns.map(({ column }) => column)).toEqual(['actual_duration']);
    const growth = found.segments.map(({ mae, reference_mae }) => mae / reference_mae);
    expect(growth).toHaveLength(5);
    expect(growth).toEqual(growth.toSorted((a, b) => b - a));
    expect(growth[4]).toBeGreaterThan(1.3);
  });

  test('a raw month that was replaced since is noticed', async () => {
    const { data } = bucket;
    const replaced = new MemoryStore('data');
    for (const [key, body] of data.objects) await replaced.put(key, body);
    const { readFile } = await import('node:fs/promises');
    const raw = [...data.objects.keys()].find((key) => key.endsWith('green_tripdata_2023-04.parquet')) ?? '';
    await replaced.put(raw, await readFile(realMonth('2023-04')));
    const { source } = await whyOf('month-harmed', join(temporaryFolder(), 'kept'), undefined, replaced);
    expect(source.unchanged).toBe(false);
  });
});

test('a drifted month: the printed command compares the kept files, and gives the very figures of the report', async () => {
  const { reproduce, verdict } = await whyOf('month-drifted', join(temporaryFolder(), 'kept'));
  expect(verdict).toBe('drifted');
  expect(reproduce.what).toBe('columns[].score of actual_duration');
  const column = z.object({ column: z.string(), score: z.number().nullable(), verdict: z.string() });
  const { columns } = z.object({ columns: z.array(column) }).parse(await ran(reproduce.command));
  expect(columns.find((each) => each.column === 'actual_duration')?.score).toBe(reproduce.figure);
  const said = (each: z.infer<typeof column>) => [each.column, each.score, each.verdict];
  expect(columns.map(said)).toEqual(report.drift.columns.map(said));
}, 120_000);

describe('bad input', { timeout: 60_000 }, () => {
  test('no report, no receipt, no raw month', async () => {
    const kept = join(temporaryFolder(), 'kept');
    await expect(whyOf('month-harmed', kept, parseMonth('2023-01'))).rejects.toThrow('no report of green 2023-01');
    const without = async (prefix: string) => {
      const data = new MemoryStore('data');
      for (const [key, body] of bucket.data.objects) if (!key.startsWith(prefix)) await data.put(key, body);
      return data;
    };
    await expect(whyOf('month-harmed', kept, undefined, await without('receipts/'))).rejects.toThrow(
      `The receipt of green 2023-04 by run ${bucket.run.card.run_id} is missing`,
    );
    await expect(whyOf('month-harmed', kept, undefined, await without('raw/'))).rejects.toThrow(
      's3://data/raw/taxi_type=green/year=2023/month=04/green_tripdata_2023-04.parquet is missing',
    );
  });

  test('a month without labels has no worst rides and no figure', async () => {
    const unlabelled = await MonitoredBucket.open(bucket.run);
    await unlabelled.score('2023-04', '* EXCLUDE (lpep_dropoff_datetime)');
    await unlabelled.monitor('2023-04');
    const found = await whyOf('month-harmed', join(temporaryFolder(), 'kept'), undefined, unlabelled.data);
    expect(found).toMatchObject({ verdict: 'not-enough-data', rides: [], segments: [], reproduce: { figure: null } });
    expect(await ran(found.reproduce.command)).toMatchObject({ mae: null });
  });
});
