import { join } from 'node:path';
import type { RideQueries } from '#trips/database.ts';
import type { Day } from '#trips/day.ts';
import { sqlText } from '#trips/sql.ts';
import { KEPT_MINUTES } from '#trips/tlc-file.ts';
import { LONGEST_MINUTES } from './label.ts';

/** What to join: files of JSON lines on local disk, compressed if their names say so. */
export interface FilesToJoin {
  readonly archive: readonly string[];
  readonly labels: readonly string[];
  /** Days in New York, both included. */
  readonly from: Day;
  readonly to: Day;
  /** A folder of this job alone, with room for what is joined. */
  readonly workFolder: string;
}

export interface JoinCounts {
  /** Each prediction_id once. */
  readonly predictions: number;
  /** More copies of the same predictions: delivery is at least once. */
  readonly repeated: number;
  /** Records of the archive that are not predictions, whatever their day. */
  readonly unreadable: number;
  /** Predictions of these days whose ride has a label. */
  readonly labelled: number;
  /** Of those, how many have a ride outside 1 to 60 minutes, which no model learns: it does not count as an error. */
  readonly outside: number;
  readonly labels: {
    /** Rides that have a label or several. */
    readonly rides: number;
    /** More labels of the same ride with the same value. */
    readonly repeated: number;
    /** Rides with labels of different values. Which one is true is not known, so the ride has none. */
    readonly conflicting: number;
    /** Rides without a prediction on these days. */
    readonly unknown: number;
    /** Lines that are not labels. */
    readonly unreadable: number;
  };
}

/** Sums over the labelled predictions of one model version on one day in New York. */
export interface VersionDay {
  readonly day: Day;
  readonly model: string;
  readonly version: string;
  /** All predictions, labelled or not. */
  readonly predictions: number;
  readonly labelled: number;
  /** Of those labelled, how many were predicted without a distance. */
  readonly typical: number;
  /** Sums of errors (predicted minus actual, minutes), and how many rides are inside their 90% intervals. */
  readonly error: number;
  readonly absolute: number;
  readonly squared: number;
  readonly inside: number;
}

export interface JoinedLabels {
  readonly counts: JoinCounts;
  /** In order of day, model and version. */
  readonly days: readonly VersionDay[];
  /** A Parquet file with a row per prediction, as in Athena's view `labelled_predictions`. */
  readonly path: string;
}

/**
 * Joins the stream's and the API's predictions with labels by ride_id, as text. Athena's view `labelled_predictions`
 * (lib/rooms/query.ts) does the same; a test compares the two. Of a prediction that arrived more than once, the earliest
 * copy counts: it is the one that was acted on.
 */
export async function joinLabels(database: RideQueries, files: FilesToJoin): Promise<JoinedLabels> {
  const at = (name: string) => join(files.workFolder, `${name}.parquet`);
  const write = (name: string, sql: string) =>
    database.run(`COPY (${sql}) TO ${sqlText(at(name))} (FORMAT parquet, COMPRESSION lz4)`);
  const read = (name: string) => `read_parquet(${sqlText(at(name))})`;
  await write('copies', copiesSql(files.archive));
  await write('predictions', predictionsSql(read('copies'), files));
  await write('lines', linesSql(files.labels));
  await write('labels', labelsSql(read('lines')));
  await write('joined', joinedSql(read('predictions'), read('labels')));
  const [row] = await database.rows(countsSql(read));
  const count = (name: string) => Number(row?.[name]);
  return {
    counts: {
      predictions: count('predictions'),
      repeated: count('repeated'),
      unreadable: count('unreadable'),
      labelled: count('labelled'),
      outside: count('outside'),
      labels: {
        rides: count('label_rides'),
        repeated: count('label_repeated'),
        conflicting: count('label_conflicting'),
        unknown: count('label_unknown'),
        unreadable: count('label_unreadable'),
      },
    },
    days: (await database.rows(daysSql(read('joined')))).map(versionDay),
    path: at('joined'),
  };
}

/** Lines of JSON as rows; all columns are null in a row that is not JSON, or not of these types. */
function linesOf(paths: readonly string[], columns: Readonly<Record<string, string>>): string {
  const types = Object.entries(columns);
  if (paths.length === 0) {
    return `(SELECT ${types.map(([name, type]) => `NULL::${type} AS ${name}`).join(', ')} WHERE false)`;
  }
  return `read_json([${paths.map(sqlText).join(', ')}], format = 'newline_delimited', ignore_errors = true,
    columns = {${types.map(([name, type]) => `${name}: ${sqlText(type)}`).join(', ')}})`;
}

const MOMENT = 'TRY(CAST(predicted_at AS TIMESTAMPTZ))';
const IS_PREDICTION = `prediction_id IS NOT NULL AND prediction.ride_id IS NOT NULL AND version IS NOT NULL
    AND prediction.ride_duration BETWEEN -1e6 AND 1e6 AND ${MOMENT} IS NOT NULL`;

/** The records of the archive; those that are not predictions keep a row without an id. */
const copiesSql = (archive: readonly string[]) => `SELECT
    CASE WHEN ${IS_PREDICTION} THEN prediction_id END AS prediction_id,
    prediction.ride_id AS ride_id, model, version AS model_version, source,
    CAST(${MOMENT} AT TIME ZONE 'UTC' AS TIMESTAMP(3)) AS predicted_at,
    CAST(${MOMENT} AT TIME ZONE 'America/New_York' AS DATE) AS day,
    prediction.distance_source AS distance_source,
    prediction.ride_duration AS predicted_duration,
    prediction."interval"[1] AS interval_low, prediction."interval"[2] AS interval_high
  FROM ${linesOf(archive, {
    model: 'VARCHAR',
    version: 'VARCHAR',
    prediction: 'STRUCT(ride_duration DOUBLE, ride_id VARCHAR, "interval" DOUBLE[], distance_source VARCHAR)',
    prediction_id: 'VARCHAR',
    predicted_at: 'VARCHAR',
    source: 'VARCHAR',
  })}`;

/** Each once, with the number of its copies. */
const predictionsSql = (copies: string, { from, to }: FilesToJoin) => `SELECT * EXCLUDE (place) FROM (
    SELECT *, row_number() OVER (PARTITION BY prediction_id ORDER BY predicted_at, model_version) AS place,
      count(*) OVER (PARTITION BY prediction_id) AS copies
    FROM ${copies} WHERE prediction_id IS NOT NULL
  ) WHERE place = 1 AND day BETWEEN DATE ${sqlText(from)} AND DATE ${sqlText(to)}`;

const linesSql = (labels: readonly string[]) => `SELECT
    CASE WHEN actual_duration > 0 AND actual_duration <= ${LONGEST_MINUTES} THEN ride_id END AS ride_id, actual_duration
  FROM ${linesOf(labels, { ride_id: 'VARCHAR', actual_duration: 'DOUBLE' })}`;

/** A row per ride: the value of its label, or null if its labels do not agree. */
const labelsSql = (lines: string) => `SELECT ride_id,
    CASE WHEN count(*) = 1 THEN min(actual_duration) END AS actual_duration, sum(lines - 1) AS repeated
  FROM (SELECT ride_id, actual_duration, count(*) AS lines FROM ${lines} WHERE ride_id IS NOT NULL GROUP BY ALL)
  GROUP BY ride_id`;

const joinedSql = (predictions: string, labels: string) => `SELECT p.*, l.actual_duration,
    CASE WHEN l.ride_id IS NULL THEN 'none' WHEN l.actual_duration IS NULL THEN 'conflicting' ELSE 'known' END AS label
  FROM ${predictions} p LEFT JOIN ${labels} l ON l.ride_id = p.ride_id`;

const countsSql = (read: (name: string) => string) => `SELECT * FROM
  (SELECT count(*)::DOUBLE AS predictions, coalesce(sum(copies - 1), 0)::DOUBLE AS repeated,
    count(actual_duration)::DOUBLE AS labelled, (count(actual_duration) - count(*) FILTER (${IS_KEPT}))::DOUBLE AS outside
    FROM ${read('joined')}),
  (SELECT (count(*) - count(prediction_id))::DOUBLE AS unreadable FROM ${read('copies')}),
  (SELECT count(*)::DOUBLE AS label_rides, coalesce(sum(repeated), 0)::DOUBLE AS label_repeated,
    (count(*) - count(actual_duration))::DOUBLE AS label_conflicting FROM ${read('labels')}),
  (SELECT count(*)::DOUBLE AS label_unknown FROM ${read('labels')} l
    WHERE NOT EXISTS (FROM ${read('joined')} p WHERE p.ride_id = l.ride_id)),
  (SELECT (count(*) - count(ride_id))::DOUBLE AS label_unreadable FROM ${read('lines')})`;

const IS_KEPT = `actual_duration BETWEEN ${KEPT_MINUTES.least} AND ${KEPT_MINUTES.most}`;

const daysSql = (joined: string) => `SELECT day::VARCHAR AS day, coalesce(model, '') AS model, model_version AS version,
    count(*)::DOUBLE AS predictions, count(*) FILTER (${IS_KEPT})::DOUBLE AS labelled,
    count(*) FILTER (${IS_KEPT} AND distance_source = 'typical')::DOUBLE AS typical,
    coalesce(sum(error) FILTER (${IS_KEPT}), 0) AS error,
    coalesce(sum(abs(error)) FILTER (${IS_KEPT}), 0) AS absolute,
    coalesce(sum(error * error) FILTER (${IS_KEPT}), 0) AS squared,
    count(*) FILTER (${IS_KEPT} AND actual_duration BETWEEN interval_low AND interval_high)::DOUBLE AS inside
  FROM (SELECT *, predicted_duration - actual_duration AS error FROM ${joined})
  GROUP BY ALL ORDER BY ALL`;

const versionDay = (row: Readonly<Record<string, unknown>>): VersionDay => ({
  day: row.day as Day,
  model: String(row.model),
  version: String(row.version),
  predictions: Number(row.predictions),
  labelled: Number(row.labelled),
  typical: Number(row.typical),
  error: Number(row.error),
  absolute: Number(row.absolute),
  squared: Number(row.squared),
  inside: Number(row.inside),
});
