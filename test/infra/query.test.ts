import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { DuckDB } from '#adapters/duckdb.ts';
import { ALL_PREDICTIONS_SQL, LABELLED_SQL, PUBLISHED_SQL } from '#lib/rooms/query.ts';
import { joinLabels } from '#monitoring/labels/join-labels.ts';
import { dataKeys } from '#storage/layout.ts';
import { parseDay } from '#trips/day.ts';
import { parseMonth } from '#trips/month.ts';
import { sqlText } from '#trips/sql.ts';
import { jsonLines, ODD_ARCHIVE, ODD_LABELS } from '../support/a-labelled-stream.ts';
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

const VIEWS = {
  published_predictions: PUBLISHED_SQL,
  labelled_predictions: LABELLED_SQL,
  all_predictions: ALL_PREDICTIONS_SQL,
} as const;

/** A view as Athena reads it from the catalog. */
function view(name: keyof typeof VIEWS = 'published_predictions') {
  const [, encoded = ''] = /^\/\* Presto View: (\S+) \*\/$/.exec(tableNamed(name).ViewOriginalText ?? '') ?? [];
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

test('the hours of stream/ are projected, and are where the archive writes them', () => {
  const { Parameters, PartitionKeys, StorageDescriptor } = tableNamed('stream_predictions');
  expect(PartitionKeys.map(({ Name }) => Name)).toEqual(['dt', 'hh']);
  expect(StorageDescriptor.Location).toEqual(inBucket('/stream/'));
  // biome-ignore lint/suspicious/noTemplateCurlyInString: Athena fills these in
  expect(Parameters['storage.location.template']).toEqual(inBucket('/stream/dt=${dt}/hh=${hh}/'));
  const [, archive] = resource('AWS::KinesisFirehose::DeliveryStream');
  expect(archive.Properties).toMatchObject({
    ExtendedS3DestinationConfiguration: { Prefix: 'stream/dt=!{timestamp:yyyy-MM-dd}/hh=!{timestamp:HH}/' },
  });
  expect(Parameters).toMatchObject({
    'projection.dt.format': 'yyyy-MM-dd',
    'projection.hh.range': '0,23',
    'projection.hh.digits': '2',
  });
  expect(dataKeys.streamDay(parseDay('2026-11-21'))).toBe('stream/dt=2026-11-21/');
});

test('labels are read where `tripcast labels put` writes them', () => {
  expect(tableNamed('labels').StorageDescriptor).toMatchObject({
    Location: inBucket('/labels/'),
    Columns: [
      { Name: 'ride_id', Type: 'string' },
      { Name: 'actual_duration', Type: 'double' },
    ],
  });
  expect(dataKeys.labelsOf('f'.repeat(64))).toBe(`labels/${'f'.repeat(64)}.jsonl.gz`);
});

test.each(['published_predictions', 'labelled_predictions', 'all_predictions'] as const)(
  'the view %s has the columns that the catalog lists, in both type systems',
  (name) => {
    const { columns, originalSql } = view(name);
    const listed = tableNamed(name).StorageDescriptor.Columns;
    expect(originalSql).toBe(VIEWS[name]);
    expect(columns.map((column) => column.name)).toEqual(listed.map(({ Name }) => Name));
    const [trino, hive] = name === 'published_predictions' ? ['real', 'float'] : ['double', 'double'];
    expect(columns).toContainEqual({ name: 'predicted_duration', type: trino });
    expect(listed).toContainEqual({ Name: 'predicted_duration', Type: hive });
  },
);

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

/** The catalog's tables of the stream and of labels, with DuckDB reading the same lines; one that is not JSON has nulls. */
async function streamAndLabels(database: DuckDB, folder: string) {
  const paths = { stream: [] as string[], labels: [] as string[] };
  for (const [key, values] of Object.entries({ ...ODD_ARCHIVE, ...ODD_LABELS })) {
    const path = join(folder, key);
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, key.endsWith('.gz') ? gzipSync(jsonLines(values)) : jsonLines(values));
    paths[key.startsWith('stream/') ? 'stream' : 'labels'].push(path);
  }
  const columnsOf = (name: string) =>
    tableNamed(name).StorageDescriptor.Columns.map(({ Name, Type }) => `${Name}: ${sqlText(IN_DUCKDB[Type] ?? Type)}`);
  const create = (name: string, files: readonly string[]) =>
    database.run(`CREATE VIEW ${name} AS SELECT * FROM read_json([${files.map(sqlText).join()}],
      format = 'newline_delimited', ignore_errors = true, columns = {${columnsOf(name).join()}})`);
  await create('stream_predictions', paths.stream);
  await create('labels', paths.labels);
  await database.run('CREATE MACRO from_iso8601_timestamp(text) AS CAST(text AS TIMESTAMPTZ)'); // Trino's
  return paths;
}

/** Hive's types that DuckDB does not know. */
const IN_DUCKDB: Readonly<Record<string, string>> = {
  string: 'VARCHAR',
  'struct<ride_duration:double,ride_id:string,interval:array<double>,distance_source:string>':
    'STRUCT(ride_duration DOUBLE, ride_id VARCHAR, "interval" DOUBLE[], distance_source VARCHAR)',
};

test('the view of labelled predictions has the rows that `tripcast labels show` joins', async () => {
  const folder = temporaryFolder();
  await using database = await DuckDB.open({ tempDirectory: folder });
  const { stream, labels } = await streamAndLabels(database, folder);
  const { columns, originalSql } = view('labelled_predictions');
  const days = { from: parseDay('2026-01-01'), to: parseDay('2026-12-31') };
  const { path } = await joinLabels(database, { archive: stream, labels, ...days, workFolder: folder });
  const names = columns.map(({ name }) => name).join();
  const rows = await database.rows(`SELECT ${names} FROM (${originalSql}) ORDER BY prediction_id`);
  expect(rows).toEqual(
    await database.rows(`SELECT ${names} FROM read_parquet(${sqlText(path)}) ORDER BY prediction_id`),
  );
  expect(rows.map((row) => [row.prediction_id, row.predicted_duration, row.actual_duration, row.label])).toEqual([
    ['again', 20, 24, 'known'],
    ['conflicting', 10, null, 'conflicting'],
    ['evening', 12.25, 18, 'known'],
    ['known', 10, 12, 'known'],
    ['long', 10, 90, 'known'],
    ['midnight', 10, 10, 'known'],
    ['text', 30, 24, 'known'],
    ['without', 10, null, 'none'],
  ]);
  const [evening] = rows.filter((row) => row.prediction_id === 'evening');
  expect(evening).toMatchObject({
    day: new Date('2026-11-21'),
    predicted_at: new Date('2026-11-22T04:59:59.999Z'),
    interval_low: 7.25,
    interval_high: 17.25,
    source: 'stream',
    model_version: aRun('a'),
  });
  const described = await database.rows(`DESCRIBE ${originalSql}`);
  expect(described.map(({ column_name }) => column_name)).toEqual(columns.map(({ name }) => name));
});

test('the view of all predictions has those of the batch, the stream and the API, each with its label', async () => {
  const folder = temporaryFolder();
  await using database = await DuckDB.open({ tempDirectory: folder });
  await streamAndLabels(database, folder);
  await database.run(`CREATE VIEW labelled_predictions AS ${view('labelled_predictions').originalSql}`);
  await database.run(`CREATE TABLE published_predictions AS SELECT 'green' AS taxi_type, '2023' AS year, '04' AS month,
    '2023/04_0' AS ride_id, TIMESTAMP '2023-04-03 08:30:00' AS pickup_datetime, 130 AS pulocationid, 205 AS dolocationid,
    3.66::DOUBLE AS trip_distance, 12.0::DOUBLE AS actual_duration, 0.5::DOUBLE AS diff, 11.5::FLOAT AS predicted_duration,
    5::FLOAT AS interval_low, 20::FLOAT AS interval_high, ${sqlText(aRun('c'))} AS model_version, 'r' AS receipt`);
  const { columns, originalSql } = view('all_predictions');
  expect(
    await database.rows(`SELECT source, count(*)::INTEGER AS predictions, count(actual_duration)::INTEGER AS labelled
      FROM (${originalSql}) GROUP BY source ORDER BY source`),
  ).toEqual([
    { source: 'api', predictions: 1, labelled: 1 },
    { source: 'batch', predictions: 1, labelled: 1 },
    { source: 'stream', predictions: 7, labelled: 5 },
  ]);
  const [batch] = await database.rows(`SELECT * FROM (${originalSql}) WHERE source = 'batch'`);
  expect(batch).toMatchObject({ ride_id: '2023/04_0', predicted_duration: 11.5, actual_duration: 12, interval_low: 5 });
  const described = await database.rows(`DESCRIBE ${originalSql}`);
  expect(described.map(({ column_name }) => column_name)).toEqual(columns.map(({ name }) => name));
});
