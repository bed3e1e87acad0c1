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

const GIGABYTE = 1e9;

/** Predictions as tables for Athena: every output, what is current, and the published months as a view over both. */
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
    const published = this.#table('Published', 'published_predictions', {
      tableType: 'VIRTUAL_VIEW',
      partitionKeys: [],
      parameters: { presto_view: 'true', comment: 'Presto View' },
      viewOriginalText: this.#view(PUBLISHED_SQL, PUBLISHED),
      viewExpandedText: '/* Presto View */',
      storageDescriptor: { columns: columnsOf(PUBLISHED), serdeInfo: {} },
    });
    published.node.addDependency(predictions, current);
    this.#workgroup(config, at(QUERY_RESULTS), store.key);
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
  #view(originalSql: string, columns: Columns): string {
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

const columnsOf = (columns: Columns): CfnTable.ColumnProperty[] =>
  Object.entries(columns).map(([name, type]) => ({ name: name.toLowerCase(), type }));
