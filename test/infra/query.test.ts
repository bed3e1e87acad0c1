import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { DuckDB } from '#adapters/duckdb.ts';
import { PUBLISHED_SQL } from '#lib/rooms/query.ts';
import { dataKeys } from '#storage/layout.ts';
import { parseMonth } from '#trips/month.ts';
import { sqlText } from '#trips/sql.ts';
import { aRun } from '../support/a-run.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { synthesized } from './support/synthesized.ts';

const tableSchema = z.object({
  DatabaseName: z.literal('tripcast_prod'),
  TableInput: z.object({
    Name: z.string(),
    TableType: z.string(),
    Parameters: z.record(z.string(), z.unknown()),
    PartitionKeys: z.array(z.object({ Name: z.string(), Type: z.string() })),
    StorageDescriptor: z.object({
      Columns: z.array(z.object({ Name: z.string(), Type: z.string() })),
      Location: z.unknown().optional(),
    }),
    ViewOriginalText: z.string().optional(),
  }),
});

const { resource, resources } = synthesized('prod');
const [bucket] = resource('AWS::S3::Bucket', ({ BucketName }) => JSON.stringify(BucketName).includes('tripcast-data'));
const inBucket = (prefix: string) => ({ 'Fn::Join': ['', ['s3://', { Ref: bucket }, prefix]] });
const tableNamed = (name: string) => {
  const tables = [...resources('AWS::Glue::Table').values()].map(({ Properties }) => tableSchema.parse(Properties));
  const found = tables.find(({ TableInput }) => TableInput.Name === name)?.TableInput;
  if (found === undefined) throw new Error(`There is no table ${name}.`);
  return found;
};

const viewSchema = z.object({
  originalSql: z.string(),
  catalog: z.literal('awsdatacatalog'),
  schema: z.literal('tripcast_prod'),
  columns: z.array(z.object({ name: z.string(), type: z.string() })),
});

/** The view as Athena reads it from the catalog. */
function view() {
  const [, encoded = ''] =
    /^\/\* Presto View: (\S+) \*\/$/.exec(tableNamed('published_predictions').ViewOriginalText ?? '') ?? [];
  return viewSchema.parse(JSON.parse(Buffer.from(encoded, 'base64').toString()));
}

test('dev has no tables: the emulator does not run queries', () => {
  expect(synthesized('dev').resources('AWS::Glue::Table').size).toBe(0);
});

test('the partitions of predictions/ are projected, and are where the batch writes them', () => {
  const { Parameters, PartitionKeys, StorageDescriptor } = tableNamed('predictions');
  expect(PartitionKeys.map(({ Name }) => Name)).toEqual(['taxi_type', 'year', 'month']);
  expect(StorageDescriptor.Location).toEqual(inBucket('/predictions/'));
  // biome-ignore lint/suspicious/noTemplateCurlyInString: Athena fills these in
  const template = '/predictions/taxi_type=${taxi_type}/year=${year}/month=${month}/';
  expect(Parameters['storage.location.template']).toEqual(inBucket(template));
  const green: Readonly<Record<string, string>> = { taxi_type: 'green', year: '2023', month: '04' };
  const filled = template.replace(/\$\{(\w+)\}/g, (_, name: string) => green[name] ?? name);
  expect(dirname(`/${dataKeys.predictions('green', parseMonth('2023-04'), aRun('a'))}`)).toBe(dirname(`${filled}x`));
  expect(String(Parameters['projection.month.values']).split(',')).toContain('04');
  expect(String(Parameters['projection.taxi_type.values']).split(',')).toEqual(['green', 'yellow']);
});

test('queries go through a workgroup that encrypts results and lets no caller choose another location', () => {
  expect(resource('AWS::Athena::WorkGroup')[1].Properties).toMatchObject({
    RecursiveDeleteOption: true, // it keeps a history of queries, and would not be deleted unless empty
    WorkGroupConfiguration: {
      EnforceWorkGroupConfiguration: true,
      BytesScannedCutoffPerQuery: 100e9,
      ResultConfiguration: {
        OutputLocation: inBucket('/query-results/'),
        EncryptionConfiguration: { EncryptionOption: 'SSE_S3' },
      },
    },
  });
});

test('the view has the columns that the catalog lists, in both type systems', () => {
  const { columns, originalSql } = view();
  const listed = tableNamed('published_predictions').StorageDescriptor.Columns;
  expect(originalSql).toBe(PUBLISHED_SQL);
  expect(columns.map(({ name }) => name)).toEqual(listed.map(({ Name }) => Name));
  expect(columns).toContainEqual({ name: 'predicted_duration', type: 'real' });
  expect(listed).toContainEqual({ Name: 'predicted_duration', Type: 'float' });
});

test('the view counts only the current output of each month, whatever else is next to it', async () => {
  const folder = temporaryFolder();
  await using database = await DuckDB.open({ tempDirectory: folder });
  const [april, march] = ['2023-04', '2023-03'].map((month) => parseMonth(month));
  if (april === undefined || march === undefined) throw new Error('no months');
  const put = async (key: string, pickup: string, rides: readonly number[]) => {
    await mkdir(dirname(join(folder, key)), { recursive: true });
    await database.run(`COPY (SELECT 'ride_' || n AS ride_id, TIMESTAMP '2023-04-03 08:30:00' AS ${pickup},
        130::INTEGER AS PULocationID, 205::INTEGER AS DOLocationID, 3.66 AS trip_distance, 12.0 AS actual_duration,
        0.5 AS diff, 11.5::FLOAT AS predicted_duration, 5::FLOAT AS interval_low, 20::FLOAT AS interval_high,
        ${sqlText(key)} AS model_version
      FROM (SELECT unnest([${rides.join()}]) AS n)) TO ${sqlText(join(folder, key))} (FORMAT parquet)`);
    return key;
  };
  const publish = async (taxiType: 'green' | 'yellow', month: typeof april, key: string) => {
    const path = join(folder, dataKeys.current(taxiType, month));
    await mkdir(dirname(path), { recursive: true });
    await writeFile(
      path,
      `${JSON.stringify({ taxi_type: taxiType, year: 2023, month: 4, key, receipt: `of ${key}` })}\n`,
    );
  };
  const [first, second] = [aRun('a'), aRun('b')];
  await put(dataKeys.predictions('green', april, first), 'lpep_pickup_datetime', [1, 2]);
  const current = await put(dataKeys.predictions('green', april, second), 'lpep_pickup_datetime', [1, 2, 3]);
  const rescored = dataKeys.predictionsOfSource('green', april, second, 'f'.repeat(64));
  await put(rescored, 'lpep_pickup_datetime', [1, 2, 3, 4]);
  await put(dataKeys.predictions('green', march, first), 'lpep_pickup_datetime', [9]); // scored, never published
  const yellow = await put(dataKeys.predictions('yellow', april, first), 'tpep_pickup_datetime', [7]);
  await publish('green', april, current);
  await publish('yellow', april, yellow);
  // The catalog's two tables, with DuckDB reading the same layout; the folder's own name must not act as a pattern.
  const below = folder.replace(/[[*?{]/g, '[$&]');
  await database.run(`CREATE VIEW predictions AS
    SELECT *, 's3://bucket-predictions/' || substr(filename, ${folder.length + 2}) AS "$path"
    FROM read_parquet(${sqlText(join(below, 'predictions/**/*.parquet'))}, hive_partitioning = true, hive_types_autocast = false,
      union_by_name = true, filename = true)`);
  await database.run(
    `CREATE VIEW current_outputs AS SELECT * FROM read_json(${sqlText(join(below, 'current/**/*.json'))}, hive_partitioning = false)`,
  );

  const months = (of: string) =>
    database.rows(`SELECT taxi_type, year, month, count(*)::INTEGER AS rides, min(model_version) AS by, min(receipt) AS receipt,
        count(pickup_datetime)::INTEGER AS timed FROM (${of}) GROUP BY ALL ORDER BY taxi_type`);
  const green = { taxi_type: 'green', year: '2023', month: '04', rides: 3, timed: 3 };
  expect(await months(view().originalSql)).toEqual([
    { ...green, by: current, receipt: `of ${current}` },
    { ...green, taxi_type: 'yellow', rides: 1, timed: 1, by: yellow, receipt: `of ${yellow}` },
  ]);
  const described = await database.rows(`DESCRIBE ${view().originalSql}`);
  expect(described.map(({ column_name }) => String(column_name).toLowerCase())).toEqual(
    view().columns.map(({ name }) => name),
  );

  await publish('green', april, rescored);
  expect((await months(view().originalSql))[0]).toMatchObject({ rides: 4, by: rescored });
});
