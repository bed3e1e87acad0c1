/**
 * Where everything is in the two buckets; no other file builds a key. The layout is a contract with whatever else reads
 * the buckets (Athena, MLflow, DuckDB at a prompt), so a change here is a migration.
 */

import type { Day } from '#trips/day.ts';
import { type Month, partsOf } from '#trips/month.ts';
import type { TaxiType } from '#trips/taxi-type.ts';
import type { RunId } from './run-id.ts';

const two = (n: number) => String(n).padStart(2, '0');

/** `taxi_type=green/year=2023/month=04`, the partition that Hive-style readers understand. */
export function partition(taxiType: TaxiType, month: Month): string {
  const { year, month: number } = partsOf(month);
  return `taxi_type=${taxiType}/year=${year}/month=${two(number)}`;
}

/** TLC's own name for a month's file. */
export const monthFile = (taxiType: TaxiType, month: Month) => `${taxiType}_tripdata_${month}.parquet`;

/**
 * Keys of the data bucket.
 * @example
 * dataKeys.raw('green', parseMonth('2023-04'));
 * // raw/taxi_type=green/year=2023/month=04/green_tripdata_2023-04.parquet
 */
export const dataKeys = {
  raw: (taxiType: TaxiType, month: Month) => `raw/${partition(taxiType, month)}/${monthFile(taxiType, month)}`,
  /** Next to the raw month: sha256, rows and schema. */
  rawFacts: (taxiType: TaxiType, month: Month) => `${dataKeys.raw(taxiType, month)}.json`,
  /** Likewise: how its schema compares with the training schema of the model that last scored it. */
  rawSchema: (taxiType: TaxiType, month: Month) => `${dataKeys.raw(taxiType, month)}.schema.json`,
  predictions: (taxiType: TaxiType, month: Month, run: RunId) =>
    `predictions/${partition(taxiType, month)}/${run}.parquet`,
  /** A republished source, rescored by the same run, is stored next to the first output. */
  predictionsOfSource: (taxiType: TaxiType, month: Month, run: RunId, sourceSha256: string) =>
    `predictions/${partition(taxiType, month)}/${run}.${sourceSha256.slice(0, 8)}.parquet`,
  /** Prefix of the receipts of all months. */
  receiptsOfType: (taxiType: TaxiType) => `receipts/taxi_type=${taxiType}/`,
  /** Prefix of the receipts of all runs that scored the month. */
  receiptsOfMonth: (taxiType: TaxiType, month: Month) => `receipts/${partition(taxiType, month)}/`,
  receipts: (taxiType: TaxiType, month: Month, run: RunId) => `receipts/${partition(taxiType, month)}/${run}/`,
  receipt: (taxiType: TaxiType, month: Month, run: RunId, sourceSha256: string) =>
    `${dataKeys.receipts(taxiType, month, run)}${sourceSha256}.json`,
  /** What monitoring found in a run's predictions of a month, and the same as a page. */
  report: (taxiType: TaxiType, month: Month, run: RunId) => `reports/${partition(taxiType, month)}/${run}/report.json`,
  reportPage: (taxiType: TaxiType, month: Month, run: RunId) =>
    `reports/${partition(taxiType, month)}/${run}/report.html`,
  /** One page over all months' reports. */
  reportIndex: (taxiType: TaxiType) => `${dataKeys.reports(taxiType)}index.html`,
  /** Prefix of all months' reports. */
  reports: (taxiType: TaxiType) => `reports/taxi_type=${taxiType}/`,
  /** Prefix of the profiles of a UTC day's streamed rides. @param day `2026-11-21` */
  profilesOfDay: (taxiType: TaxiType, day: string) => `profiles/taxi_type=${taxiType}/dt=${day}/`,
  /** The rides that a function scored in an hour. @param name unique within its hour */
  profile: (taxiType: TaxiType, at: Date, name: string) => {
    const iso = at.toISOString();
    return `${dataKeys.profilesOfDay(taxiType, iso.slice(0, 10))}hh=${iso.slice(11, 13)}/${name}.json`;
  },
  /** Prefix of what backtests made and may use again. */
  backtestWork: 'backtests/work/',
  /** A backtest's result, and the same as a page. @param name says which one it is */
  backtest: (taxiType: TaxiType, name: string) => `backtests/taxi_type=${taxiType}/${name}/report.json`,
  backtestPage: (taxiType: TaxiType, name: string) => `backtests/taxi_type=${taxiType}/${name}/report.html`,
  current: (taxiType: TaxiType, month: Month) => `current/${partition(taxiType, month)}/current.json`,
  /** Prefix of the current outputs of all months. */
  currents: (taxiType: TaxiType) => `current/taxi_type=${taxiType}/`,
  /** Prefix of all labels: how long rides really took. */
  labels: 'labels/',
  /** One object per distinct content, JSON lines. @param sha256 of the lines */
  labelsOf: (sha256: string) => `${dataKeys.labels}${sha256}.jsonl.gz`,
  /** Prefix of the predictions that reached the stream's archive on a day (UTC). */
  streamDay: (day: Day) => `stream/dt=${day}/`,
  /** Prefix of all batches of bad records. */
  quarantines: 'quarantine/dt=',
  /** One object per batch of bad records. @param name unique within its hour */
  quarantine: (at: Date, name: string) => {
    const iso = at.toISOString();
    return `${dataKeys.quarantines}${iso.slice(0, 10)}/hh=${iso.slice(11, 13)}/${name}.jsonl`;
  },
} as const;

/** Where Lambda leaves what it gives up on, in the bucket of undelivered records; AWS chooses the keys. */
export const UNDELIVERED_PREFIX = 'aws/lambda/';

/** Next to an object of records without a prediction: which of them were sent again. */
export const requeueMarker = (key: string) => `${key}${REQUEUE_MARKER}`;
/** Whether a key is that of a {@link requeueMarker}. */
export const isRequeueMarker = (key: string) => key.endsWith(REQUEUE_MARKER);
const REQUEUE_MARKER = '.requeued.json';

/** Keys of the model bucket. */
export const modelKeys = {
  /** This folder is also the source of the version in MLflow. */
  folder: (experiment: string, run: RunId) => `${experiment}/${run}/artifacts/model/`,
  file: (experiment: string, run: RunId, file: ModelFile) => `${modelKeys.folder(experiment, run)}${file}`,
  /** The gate's verdict on a registered run against a champion, by that champion's sequence number. */
  verdict: (experiment: string, run: RunId, over: number) =>
    `${modelKeys.runs(experiment)}${run}/gate/${String(over).padStart(8, '0')}.json`,
  /** Where a trained run waits for the gate; nothing loads or promotes from here. */
  staging: (run: RunId) => `staging/${run}/`,
  /** Prefix of all runs of the experiment. */
  runs: (experiment: string) => `${experiment}/`,
  alias: (registeredModel: string, alias: string) => `aliases/${registeredModel}/${alias}.json`,
  history: (registeredModel: string, sequence: number) =>
    `${modelKeys.histories(registeredModel)}${String(sequence).padStart(8, '0')}.json`,
  histories: (registeredModel: string) => `aliases/${registeredModel}/history/`,
} as const;

/** The run whose card is at this key of the model bucket; undefined for any other key. */
export function runOfCard(experiment: string, key: string): string | undefined {
  const [, run] = /\/([0-9a-f]{32})\/artifacts\/model\/card\.json$/.exec(key) ?? [];
  return run !== undefined && key.startsWith(modelKeys.runs(experiment)) ? run : undefined;
}

/** The files of a run that tripcast itself reads. */
export type ModelFile = 'model.onnx' | 'card.json' | 'golden.json' | 'coefficients.json' | 'gate.json' | 'profile.json';

/** `s3://bucket/key` */
export const s3Uri = (bucket: string, key: string) => `s3://${bucket}/${key}`;

/**
 * The bucket and the key of an s3:// address; undefined for anything else.
 * @example
 * parseS3Uri('s3://data/raw/a.parquet'); // { bucket: 'data', key: 'raw/a.parquet' }
 */
export function parseS3Uri(uri: string): { readonly bucket: string; readonly key: string } | undefined {
  const match = /^s3:\/\/([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])\/(.+)$/.exec(uri);
  return match?.[1] === undefined || match[2] === undefined ? undefined : { bucket: match[1], key: match[2] };
}
