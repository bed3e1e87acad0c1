import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { DuckDB } from '#adapters/duckdb.ts';
import { reportSchema, schemaReportSchema } from '#batch/schema-report.ts';
import { type ColumnFacts, fileFacts, mergedFacts } from '#trips/column-facts.ts';
import { inspectFile } from '#trips/inspect-file.ts';
import { parseMonth } from '#trips/month.ts';
import { aCard } from '../../support/a-card.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import { realMonth, type TestRide, writeMonth } from '../../support/tlc-files.ts';

const RIDES: readonly TestRide[] = [{ pu: 1 }, { pu: 130 }, { pu: 260, distance: 7 }, { pu: 75, distance: 1 }];

async function factsOf(...paths: readonly string[]): Promise<ColumnFacts[]> {
  await using database = await DuckDB.open({ tempDirectory: temporaryFolder() });
  return [...mergedFacts(await Array.fromAsync(paths, (path) => fileFacts(database, path, 'green')))];
}

async function aMonth(rides = RIDES, columns: Readonly<Record<string, string | null>> = {}): Promise<string> {
  const path = join(temporaryFolder(), 'month.parquet');
  await writeMonth(path, rides, columns);
  return path;
}

/** The report on a file, for a model that was trained on others. */
async function report(path: string, trained: readonly ColumnFacts[] | undefined, month = '2023-04') {
  const card = aCard();
  const train = trained === undefined ? card.train : { ...card.train, columns: [...trained] };
  await using database = await DuckDB.open({ tempDirectory: temporaryFolder() });
  return await reportSchema(database, path, await inspectFile(database, path, 'green', 'score'), {
    card: { ...card, train },
    month: parseMonth(month),
    sourceSha256: '0'.repeat(64),
  });
}

/** A file of the same rides, but for what the changed columns hold, beside one without the change. */
async function reportOf(columns: Readonly<Record<string, string | null>>, rides = RIDES) {
  return report(await aMonth(rides, columns), await factsOf(await aMonth()));
}

describe('a real month', () => {
  test('of the same edition is fine', async () => {
    const found = await report(realMonth('2023-04'), await factsOf(realMonth('2023-02'), realMonth('2023-03')));
    expect(schemaReportSchema.parse(found)).toMatchObject({ decision: 'fine', notes: [], rows: 65_392 });
  });

  test('of an earlier edition is fine with notes on the columns that had another type', async () => {
    const { decision, retyped } = await report(realMonth('2022-02'), await factsOf(realMonth('2023-03')), '2022-02');
    expect(decision).toBe('fine-with-notes');
    expect(retyped).toContainEqual({ name: 'PULocationID', from: ['INTEGER'], to: 'BIGINT' });
  });

  test('whose types some month of the training had is fine', async () => {
    const trained = await factsOf(realMonth('2022-03'), realMonth('2023-03'));
    expect(await report(realMonth('2022-02'), trained, '2022-02')).toMatchObject({ decision: 'fine', retyped: [] });
  });

  test('under the name of another is fine, and the note says that its rides are elsewhere', async () => {
    const found = await report(realMonth('2023-04'), await factsOf(realMonth('2023-03')), '2023-05');
    expect(found.notes).toEqual([expect.stringMatching(/^(100|99\.\d)% of the rides were not picked up in 2023-05$/)]);
  });
});

describe('a column', () => {
  test('that only changed the case of its name is the same one', async () => {
    const trained = await factsOf(await aMonth(RIDES, { Airport_fee: '1.75' }));
    expect(await report(await aMonth(RIDES, { airport_fee: '1.75' }), trained)).toMatchObject({ decision: 'fine' });
  });

  test('that is new is noted', async () => {
    expect(await reportOf({ cbd_congestion_fee: '0.75::DOUBLE' })).toMatchObject({
      decision: 'fine-with-notes',
      added: [{ name: 'cbd_congestion_fee', type: 'DOUBLE' }],
      notes: ['cbd_congestion_fee (DOUBLE) is new'],
    });
  });

  test('that is not needed may be gone: the dropoff time is one', async () => {
    expect(await reportOf({ lpep_dropoff_datetime: null })).toMatchObject({
      decision: 'fine-with-notes',
      missing: [{ name: 'lpep_dropoff_datetime', needed: false }],
    });
  });

  test('that is needed may not be gone', async () => {
    expect(await reportOf({ PULocationID: null })).toMatchObject({
      decision: 'refuse',
      missing: [{ name: 'PULocationID', needed: true }],
    });
  });

  test.each([
    ['a text that is no number', { PULocationID: "'Queens'" }],
    ['a structure', { PULocationID: "{'zone': pu}" }],
    ['a text that is no time', { lpep_pickup_datetime: "'yesterday'" }],
  ])('that is needed may not be %s', async (_, columns) => {
    const { decision, notes } = await reportOf(columns);
    expect(decision).toBe('refuse');
    expect(notes[0]).toBe(`${Object.keys(columns)[0]} has no readable value in 100% of the rows`);
  });

  test.each([
    ['lpep_pickup_datetime', 'NULL::TIMESTAMP', 100],
    ['PULocationID', 'NULL', 100],
    ['DOLocationID', 'NULL::BIGINT', 100],
    ['trip_distance', 'CASE pu WHEN 1 THEN distance END', 75],
    ['lpep_pickup_datetime', "CASE pu WHEN 1 THEN pickup::VARCHAR WHEN 75 THEN 'yesterday' END", 75],
  ])('that is needed, %s, may not be null in most rows: %s', async (name, column, share) => {
    const { decision, notes } = await reportOf({ [name]: column });
    expect(decision).toBe('refuse');
    expect(notes[0]).toBe(`${name} has no readable value in ${share}% of the rows`);
  });

  test('of which few values cannot be read is noted', async () => {
    const { decision, notes } = await reportOf({ PULocationID: "CASE pu WHEN 75 THEN 'Queens' ELSE pu::VARCHAR END" });
    expect(decision).toBe('fine-with-notes');
    expect(notes).toContain('25% of the values of PULocationID cannot be read and count as missing');
  });

  test('of which one time is thousands of years off is noted', async () => {
    const pickup = "CASE pu WHEN 75 THEN TIMESTAMP '290308-01-01 (BC)' ELSE pickup END";
    const { decision, notes } = await reportOf({ lpep_pickup_datetime: pickup });
    expect(decision).toBe('fine-with-notes');
    expect(notes).toContain('25% of the values of lpep_pickup_datetime cannot be read and count as missing');
  });

  test('that is null more often is noted, with how often', async () => {
    const { notes } = await reportOf({ trip_distance: 'CASE pu WHEN 75 THEN NULL ELSE distance END' });
    expect(notes).toContain('trip_distance is null in 25% of the rows; in the training months, in 0%');
  });

  test('whose values shifted is noted', async () => {
    const { notes } = await reportOf({ trip_distance: 'distance * 1609' }); // metres
    expect(notes).toEqual([
      expect.stringMatching(/^trip_distance is mostly 1609\.\.11\S+; in the training months, 1\.\.7$/),
    ]);
  });
});

test.each([
  ['an error page', () => Buffer.from('<html><body>403 Forbidden</body></html>')],
  ['a month with broken pages', (month: Buffer) => month.fill('?', 2000, 600_000)],
])('%s is refused with the reason', async (_, change) => {
  const path = join(temporaryFolder(), 'month.parquet');
  await writeFile(path, change(await readFile(realMonth('2023-04'))));
  const found = await report(path, await factsOf(realMonth('2023-03')));
  expect(found).toMatchObject({ decision: 'refuse', rows: null, missing: [] });
  expect(found.notes).toEqual([expect.stringContaining('not readable as Parquet')]);
});

test('a model that does not list its columns has every readable file scored, with a note', async () => {
  expect(await report(await aMonth(), undefined)).toMatchObject({
    decision: 'fine-with-notes',
    notes: ['The model does not say which columns it was trained on, so nothing was compared'],
  });
});

test('an empty month is fine', async () => {
  expect(await report(await aMonth([]), await factsOf(await aMonth([])))).toMatchObject({ decision: 'fine', rows: 0 });
});
