import { CfnWorkGroup } from 'aws-cdk-lib/aws-athena';
import { CfnDatabase, CfnTable } from 'aws-cdk-lib/aws-glue';
import type { Key } from 'aws-cdk-lib/aws-kms';
import { Aws } from 'aws-cdk-lib/core';
import { Construct } from 'constructs';
import { resourceName, stackName } from '../config/names.ts';
import type { Config } from '../config/schema.ts';
import { type DataRoom, QUERY_RESULTS } from './data.ts';

export interface QueryRoomProps {
  readonly config: Config;
  readonly store: DataRoom;
}

/** Column names with their Hive types, which the catalog uses; the view is written in Trino's own. */
type Columns = Readonly<Record<string, keyof typeof TRINO_TYPES>>;

const TRINO_TYPES = {
  string: 'varchar',
  int: 'integer',
  double: 'double',
  float: 'real',
  timestamp: 'timestamp(3)',
  date: 'date',
} as const;

/** In the Parquet files under predictions/; green and yellow ones each name the pickup time differently. */
const PREDICTIONS: Columns = {
  ride_id: 'string',
  lpep_pickup_datetime: 'timestamp',
  tpep_pickup_datetime: 'timestamp',
  PULocationID: 'int',
  DOLocationID: 'int',
  trip_distance: 'double',
  actual_duration: 'double',
  diff: 'double',
  predicted_duration: 'float',
  interval_low: 'float',
  interval_high: 'float',
  model_version: 'string',
};
/** Strings, since a number would lose the leading zero of `month=04` in a round trip. */
const PARTITIONS: Columns = { taxi_type: 'string', year: 'string', month: 'string' };

/** In each current.json. */
const CURRENT: Columns = {
  taxi_type: 'string',
  year: 'int',
  month: 'int',
  key: 'string',
  run_id: 'string',
  receipt: 'string',
  sha256: 'string',
};

const PUBLISHED: Columns = {
  ...PARTITIONS,
  ride_id: 'string',
  pickup_datetime: 'timestamp',
  pulocationid: 'int',
  dolocationid: 'int',
  trip_distance: 'double',
  actual_duration: 'double',
  diff: 'double',
  predicted_duration: 'float',
  interval_low: 'float',
  interval_high: 'float',
  model_version: 'string',
  receipt: 'string',
};

/**
 * Only the outputs that a current.json names: if several runs scored a month, one counts. `$path` is the object that a
 * row comes from (Athena's hidden column).
 */
export const PUBLISHED_SQL = `SELECT p.taxi_type, p.year, p.month, p.ride_id,
  coalesce(p.lpep_pickup_datetime, p.tpep_pickup_datetime) AS pickup_datetime,
  p.pulocationid, p.dolocationid, p.trip_distance, p.actual_duration, p.diff,
  p.predicted_duration, p.interval_low, p.interval_high, p.model_version, c.receipt
FROM predictions p
JOIN current_outputs c ON c.key = regexp_replace(p."$path", '^s3://[^/]+/', '')`;

/** In each line of the stream's archive: a record of the predictions stream (docs/contracts.md). */
const STREAM_PREDICTIONS: Readonly<Record<string, string>> = {
  model: 'string',
  version: 'string',
  prediction: 'struct<ride_duration:double,ride_id:string,interval:array<double>,distance_source:string>',
  prediction_id: 'string',
  predicted_at: 'string',
  source: 'string',
};
/** By arrival, UTC. */
const ARRIVAL: Columns = { dt: 'string', hh: 'string' };

/** In each line under labels/. */
const LABELS: Columns = { ride_id: 'string', actual_duration: 'double' };

const LABELLED: Columns = {
  prediction_id: 'string',
  ride_id: 'string',
  model: 'string',
  model_version: 'string',
  source: 'string',
  predicted_at: 'timestamp',
  day: 'date',
  distance_source: 'string',
  predicted_duration: 'double',
  interval_low: 'double',
  interval_high: 'double',
  actual_duration: 'double',
  label: 'string',
};

/**
 * The predictions of the stream and the API, each once, with the label of its ride; as `tripcast labels show` joins them
 * (src/monitoring/labels/join-labels.ts). Of a prediction that arrived more than once, the earliest copy counts. `day` is
 * the one in New York. `label` is known, none, or conflicting: a ride whose labels differ has no actual_duration.
 */
export const LABELLED_SQL = `WITH copies AS (
  SELECT prediction_id, prediction.ride_id AS ride_id, model, version AS model_version, source,
    try(from_iso8601_timestamp(predicted_at)) AS moment, prediction.distance_source AS distance_source,
    prediction.ride_duration AS predicted_duration,
    try(prediction."interval"[1]) AS interval_low, try(prediction."interval"[2]) AS interval_high
  FROM stream_predictions
), numbered AS (
  SELECT *, row_number() OVER (PARTITION BY prediction_id ORDER BY moment, model_version) AS place
  FROM copies
  WHERE prediction_id IS NOT NULL AND ride_id IS NOT NULL AND model_version IS NOT NULL AND moment IS NOT NULL
    AND predicted_duration BETWEEN -1000000 AND 1000000
), rides AS (
  SELECT ride_id, min(actual_duration) AS least, max(actual_duration) AS most
  FROM labels
  WHERE ride_id IS NOT NULL AND actual_duration > 0 AND actual_duration <= 1440
  GROUP BY ride_id
)
SELECT n.prediction_id, n.ride_id, n.model, n.model_version, n.source,
  CAST(n.moment AT TIME ZONE 'UTC' AS timestamp(3)) AS predicted_at,
  CAST(n.moment AT TIME ZONE 'America/New_York' AS date) AS day,
  n.distance_source, n.predicted_duration, n.interval_low, n.interval_high,
  CASE WHEN r.least = r.most THEN r.least END AS actual_duration,
  CASE WHEN r.ride_id IS NULL THEN 'none' WHEN r.least = r.most THEN 'known' ELSE 'conflicting' END AS label
FROM numbered n
LEFT JOIN rides r ON r.ride_id = n.ride_id
WHERE n.place = 1`;

const ALL_PREDICTIONS: Columns = {
  source: 'string',
  prediction_id: 'string',
  taxi_type: 'string',
  ride_id: 'string',
  model_version: 'string',
  pickup_datetime: 'timestamp',
  predicted_at: 'timestamp',
  predicted_duration: 'double',
  interval_low: 'double',
  interval_high: 'double',
  actual_duration: 'double',
};

/** Every prediction with its label, if it has one: of the batch, the stream and the API. */
export const ALL_PREDICTIONS_SQL = `SELECT 'batch' AS source, CAST(NULL AS varchar) AS prediction_id, taxi_type, ride_id, model_version,
  pickup_datetime, CAST(NULL AS timestamp(3)) AS predicted_at, CAST(predicted_duration AS double) AS predicted_duration,
  CAST(interval_low AS double) AS interval_low, CAST(interval_high AS double) AS interval_high, actual_duration
FROM published_predictions
UNION ALL
SELECT source, prediction_id, CAST(NULL AS varchar) AS taxi_type, ride_id, model_version,
  CAST(NULL AS timestamp(3)) AS pickup_datetime, predicted_at, predicted_duration,
  interval_low, interval_high, actual_duration
FROM labelled_predictions`;

/** Lines of JSON. What is not JSON, or not of the column's type, is null: anyone with access to the stream can write to it. */
const JSON_LINES = {
  inputFormat: 'org.apache.hadoop.mapred.TextInputFormat',
  outputFormat: 'org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat',
  serdeInfo: {
    serializationLibrary: 'org.openx.data.jsonserde.JsonSerDe',
    parameters: { 'ignore.malformed.json': 'true', 'use.null.for.invalid.data': 'true' },
  },
};

const GIGABYTE = 1e9;

/**
 * Predictions as tables for Athena: every output of the batch, what is current, and the published months as a view over
 * both; the stream's archive and the labels, and a view that joins them; and every prediction in one view.
 */
export class QueryRoom extends Construct {
  readonly #database: CfnDatabase;
  readonly #name: string;

  constructor(scope: Construct, id: string, { config, store }: QueryRoomProps) {
    super(scope, id);
    this.#name = stackName(config.env).replace('-', '_');
    this.#database = new CfnDatabase(this, 'Database', {
      catalogId: Aws.ACCOUNT_ID,
      databaseInput: { name: this.#name, description: 'Predicted taxi-trip durations, by month' },
    });
    const at = (prefix: string) => `s3://${store.data.bucket.bucketName}/${prefix}`;
    const predictions = this.#table('Predictions', 'predictions', {
      tableType: 'EXTERNAL_TABLE',
      partitionKeys: columnsOf(PARTITIONS),
      parameters: {
        classification: 'parquet',
        'projection.enabled': 'true',
        'projection.taxi_type.type': 'enum',
        'projection.taxi_type.values': 'green,yellow',
        'projection.year.type': 'integer',
        'projection.year.range': '2009,2050', // TLC's records begin in 2009
        'projection.month.type': 'enum',
        'projection.month.values': Array.from({ length: 12 }, (_, i) => String(i + 1).padStart(2, '0')).join(),
        // biome-ignore lint/suspicious/noTemplateCurlyInString: Athena fills these in
        'storage.location.template': `${at('predictions/')}${'taxi_type=${taxi_type}/year=${year}/month=${month}/'}`,
      },
      storageDescriptor: {
        columns: columnsOf(PREDICTIONS),
        location: at('predictions/'),
        inputFormat: 'org.apache.hadoop.hive.ql.io.parquet.MapredParquetInputFormat',
        outputFormat: 'org.apache.hadoop.hive.ql.io.parquet.MapredParquetOutputFormat',
        serdeInfo: { serializationLibrary: 'org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe' },
      },
    });
    const current = this.#table('Current', 'current_outputs', {
      tableType: 'EXTERNAL_TABLE',
      partitionKeys: [],
      parameters: { classification: 'json' },
      storageDescriptor: {
        columns: columnsOf(CURRENT),
        location: at('current/'),
        inputFormat: 'org.apache.hadoop.mapred.TextInputFormat',
        outputFormat: 'org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat',
        serdeInfo: { serializationLibrary: 'org.openx.data.jsonserde.JsonSerDe' },
      },
    });
    const published = this.#view('Published', 'published_predictions', PUBLISHED_SQL, PUBLISHED);
    published.node.addDependency(predictions, current);
    const labelled = this.#view('Labelled', 'labelled_predictions', LABELLED_SQL, LABELLED);
    labelled.node.addDependency(this.#streamPredictions(at('stream/')), this.#labels(at('labels/')));
    const all = this.#view('All', 'all_predictions', ALL_PREDICTIONS_SQL, ALL_PREDICTIONS);
    all.node.addDependency(published, labelled);
    this.#workgroup(config, at(QUERY_RESULTS), store.key);
  }

  #streamPredictions(location: string): CfnTable {
    return this.#table('StreamPredictions', 'stream_predictions', {
      tableType: 'EXTERNAL_TABLE',
      partitionKeys: columnsOf(ARRIVAL),
      parameters: {
        classification: 'json',
        'projection.enabled': 'true',
        'projection.dt.type': 'date',
        'projection.dt.format': 'yyyy-MM-dd',
        'projection.dt.range': '2026-01-01,NOW', // no archive is older
        'projection.hh.type': 'integer',
        'projection.hh.range': '0,23',
        'projection.hh.digits': '2',
        // biome-ignore lint/suspicious/noTemplateCurlyInString: Athena fills these in
        'storage.location.template': `${location}${'dt=${dt}/hh=${hh}/'}`,
      },
      storageDescriptor: { columns: namesAndTypes(STREAM_PREDICTIONS), location, ...JSON_LINES },
    });
  }

  #labels(location: string): CfnTable {
    return this.#table('Labels', 'labels', {
      tableType: 'EXTERNAL_TABLE',
      partitionKeys: [],
      parameters: { classification: 'json' },
      storageDescriptor: { columns: columnsOf(LABELS), location, ...JSON_LINES },
    });
  }

  #view(id: string, name: string, sql: string, columns: Columns): CfnTable {
    return this.#table(id, name, {
      tableType: 'VIRTUAL_VIEW',
      partitionKeys: [],
      parameters: { presto_view: 'true', comment: 'Presto View' },
      viewOriginalText: this.#viewText(sql, columns),
      viewExpandedText: '/* Presto View */',
      storageDescriptor: { columns: columnsOf(columns), serdeInfo: {} },
    });
  }

  #table(id: string, name: string, input: Omit<CfnTable.TableInputProperty, 'name'>): CfnTable {
    const table = new CfnTable(this, id, {
      catalogId: Aws.ACCOUNT_ID,
      databaseName: this.#name,
      tableInput: { name, ...input },
    });
    table.node.addDependency(this.#database);
    return table;
  }

  /** The form in which Athena itself writes a view into the catalog: a comment around base64 of JSON. */
  #viewText(originalSql: string, columns: Columns): string {
    const view = {
      originalSql,
      catalog: 'awsdatacatalog',
      schema: this.#name,
      columns: Object.entries(columns).map(([name, type]) => ({ name, type: TRINO_TYPES[type] })),
    };
    return `/* Presto View: ${Buffer.from(JSON.stringify(view)).toString('base64')} */`;
  }

  /** Every query's results are encrypted, go to one place and are deleted from it later. */
  #workgroup({ env, query }: Config, outputLocation: string, key: Key | undefined): void {
    const encryptionConfiguration =
      key === undefined ? { encryptionOption: 'SSE_S3' } : { encryptionOption: 'SSE_KMS', kmsKey: key.keyArn };
    new CfnWorkGroup(this, 'WorkGroup', {
      name: resourceName(env, 'queries'),
      description: 'Queries over the predictions',
      recursiveDeleteOption: true, // after the first query it is not empty, and could not be deleted
      workGroupConfiguration: {
        enforceWorkGroupConfiguration: true,
        publishCloudWatchMetricsEnabled: true,
        bytesScannedCutoffPerQuery: query.mostScannedGb * GIGABYTE,
        engineVersion: { selectedEngineVersion: 'Athena engine version 3' },
        resultConfiguration: { outputLocation, encryptionConfiguration },
      },
    });
  }
}

const columnsOf = (columns: Columns): CfnTable.ColumnProperty[] => namesAndTypes(columns);

const namesAndTypes = (columns: Readonly<Record<string, string>>): CfnTable.ColumnProperty[] =>
  Object.entries(columns).map(([name, type]) => ({ name: name.toLowerCase(), type }));
