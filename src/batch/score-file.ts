import { rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { PredictionsNow, Scorer } from '#model/scorer.ts';
import type { RunId } from '#storage/run-id.ts';
import type { Queries, SqlFunctions } from '#trips/database.ts';
import { hasColumn, type Inspection, inspectFile, readable } from '#trips/inspect-file.ts';
import type { Month } from '#trips/month.ts';
import { rideIdPrefix } from '#trips/month-ride.ts';
import { sqlText } from '#trips/sql.ts';
import type { TaxiType } from '#trips/taxi-type.ts';
import { neededColumns, type Rejection, rideSql, TIME_COLUMNS } from '#trips/tlc-file.ts';
import type { RobustErrorSummary } from './robust-errors.ts';
import { type ScoredRows, scoreAhead } from './score-ahead.ts';
import { type KeptErrors, RideTally } from './tally.ts';

/** What scoring needs from a database; implemented in src/adapters/duckdb.ts. */
export interface RideDatabase extends Queries, SqlFunctions {
  run(sql: string): Promise<void>;
}

export interface ScoreFileJob {
  /** Local paths. */
  readonly input: string;
  readonly output: string;
  /** The input's inspection, if the caller has made it. */
  readonly inspected?: Inspection;
  /** A folder used only by this job, on the output's file system, with room for the output, about 2x the input, and 12 bytes a ride. */
  readonly workFolder: string;
  readonly taxiType: TaxiType;
  /** Part of each ride's ID, `YYYY/MM_n`. */
  readonly month: Month;
  /** Keep rides outside 1..60 minutes too. */
  readonly all: boolean;
  readonly onProgress?: (rowsDone: number, rows: number) => void;
  /** Rows from which a model that is faster in another order scores ahead. */
  readonly aheadRows?: number;
}

/** In a shorter file, few rides are between the same zones, and reading it twice takes longer than it saves. */
const AHEAD_ROWS = 250_000;

export interface ScoringModel {
  /** The value of the output's model_version. */
  readonly runId: RunId;
  readonly scorer: Scorer;
}

export interface ScoreFileDone {
  readonly outcome: 'scored';
  readonly runId: RunId;
  readonly rowsIn: number;
  readonly rowsScored: number;
  /** rowsIn = rowsScored + sum of these. */
  readonly rejected: Readonly<Partial<Record<Rejection, number>>>;
  readonly errors: KeptErrors | null;
  readonly errorsOnAll: RobustErrorSummary | null;
}

export type ScoreFileOutcome = ScoreFileDone | { readonly outcome: 'refused'; readonly reason: string };

/** Rows per row group of the output file: DuckDB's default, and the unit by which readers split work. */
const ROW_GROUP_ROWS = 122_880;
/** More than the number of distinct durations in whole seconds. */
const MOST_IN_DICTIONARY = 4096;
/** Six DuckDB vectors, so that even a small month feeds several threads evenly. */
const STAGED_ROWS = 12_288;
/** More than there are zones, fewer than there are times. */
const ZONES_IN_DICTIONARY = 512;

/**
 * Scores a TLC month file into a Parquet file, in source order: one query reads rides, has the model score them in
 * chunks, and writes those kept. Where a model is much faster in another order, all rides are scored before that query. The
 * output appears whole or not at all.
 *
 * A file that is not Parquet, lacks a required column, or has rides but none that can be scored is refused, as a value.
 * @throws TransientError when the disk is full
 * @example
 * const done = await scoreFile(job, { runId, scorer }, database);
 * if (done.outcome === 'scored') console.log(`${done.rowsScored} of ${done.rowsIn}`, done.errors?.rmse);
 */
export async function scoreFile(
  job: ScoreFileJob,
  model: ScoringModel,
  database: RideDatabase,
): Promise<ScoreFileOutcome> {
  const inspected = job.inspected ?? (await inspectFile(database, job.input, job.taxiType, 'score'));
  if (inspected.outcome === 'refused') return inspected;
  const hasDropoff = hasColumn(inspected.columns, TIME_COLUMNS[job.taxiType].dropoff);
  const [staged, ahead, partial] = ['rides.parquet', 'ahead.f32', 'scores.parquet'].map((name) =>
    join(job.workFolder, name),
  ) as [string, string, string];
  const { scorer, runId } = model;
  try {
    scorer.expect?.(inspected.rows);
    const read = await readable(job.input, () => database.run(stageRides(job, hasDropoff, staged)));
    if (read.outcome === 'refused') return read;
    const rides = stagedRides(job, hasDropoff, staged);
    const tally = new RideTally(hasDropoff && !job.all);
    const onRows = (rows: number) => job.onProgress?.(rows, inspected.rows);
    const { fastRun } = scorer;
    using scored =
      fastRun === undefined || inspected.rows < (job.aheadRows ?? AHEAD_ROWS)
        ? undefined
        : await scoreAhead({ rows: inspected.rows, rides, path: ahead, onRows }, scorer, fastRun, database);
    const score =
      scored === undefined ? scoreInPlace(database, scorer, tally, onRows) : takeScores(database, scored, tally);
    await database.run(writeScores(job, rides, score, runId, partial));
    if (tally.rows !== inspected.rows) {
      throw new Error(`${job.input} has ${inspected.rows} rides, but ${tally.rows} were scored or rejected.`);
    }
    if (tally.scored === 0 && tally.rows > 0) return { outcome: 'refused', reason: noneScored(tally) };
    await rename(partial, job.output);
    return {
      outcome: 'scored',
      runId,
      rowsIn: tally.rows,
      rowsScored: tally.scored,
      rejected: tally.rejected,
      errors: tally.errors,
      errorsOnAll: tally.errorsOnAll,
    };
  } finally {
    await Promise.all([staged, ahead, partial].map((path) => rm(path, { force: true })));
  }
}

function noneScored({ rows, rejected }: RideTally): string {
  const reasons = Object.entries(rejected).map(([reason, n]) => `${n} ${reason}`);
  return `None of its ${rows} rides can be scored: ${reasons.join(', ')}`;
}

/** What both ways of scoring answer for a ride; `kept` is 1 or 0. */
const FIELDS = ['predicted_duration', 'interval_low', 'interval_high', 'kept'];

/** The {@link FIELDS} of some rides, which are added to the tally. */
function counted(
  { predicted_duration, interval_low, interval_high }: PredictionsNow,
  duration: Float64Array,
  tally: RideTally,
): readonly Float32Array[] {
  const kept = tally.add(duration, predicted_duration, interval_low, interval_high);
  return [predicted_duration, interval_low, interval_high, kept];
}

/** Makes the model callable from SQL; each ride it sees is added to the tally. @returns the call */
function scoreInPlace(
  database: SqlFunctions,
  scorer: Scorer,
  tally: RideTally,
  onRows: (rowsDone: number) => void,
): string {
  const name = database.define({
    parameters: {
      pickup_zone: 'BIGINT',
      dropoff_zone: 'BIGINT',
      distance: 'FLOAT',
      pickup_time: 'BIGINT',
      duration: 'DOUBLE',
    },
    fields: FIELDS,
    compute({ pickup_zone, dropoff_zone, distance, pickup_time, duration }) {
      const inputs = { PULocationID: pickup_zone, DOLocationID: dropoff_zone, trip_distance: distance, pickup_time };
      const answer = counted(scorer.scoreNow(inputs), duration, tally);
      onRows(tally.rows);
      return answer;
    },
  });
  return `${name}(pickup_zone, dropoff_zone, distance, pickup_time, coalesce(duration, 'nan'))`;
}

/** The same with scores that are there already. */
function takeScores(database: SqlFunctions, scored: ScoredRows, tally: RideTally): string {
  const name = database.define({
    parameters: { n: 'BIGINT', duration: 'DOUBLE' },
    fields: FIELDS,
    compute: ({ n, duration }) => counted(scored.of(n), duration, tally),
  });
  return `${name}(n, coalesce(duration, 'nan'))`;
}

/**
 * Copies the columns that matter, unchanged, in small row groups. TLC's own groups have a million rows: with two
 * threads on two of them, everything the second scores would be held back until the first is written.
 */
function stageRides({ input, taxiType }: ScoreFileJob, hasDropoff: boolean, staged: string): string {
  const columns = neededColumns(taxiType, hasDropoff ? 'train' : 'score');
  return `COPY (SELECT ${columns.join(', ')} FROM read_parquet(${sqlText(input)}))
    TO ${sqlText(staged)} (FORMAT parquet, COMPRESSION uncompressed, DICTIONARY_SIZE_LIMIT ${ZONES_IN_DICTIONARY},
      ROW_GROUP_SIZE ${STAGED_ROWS})`;
}

/**
 * ZSTD level 1: files are a tenth larger than at level 3, and written in two thirds of the time. A column with more
 * values than the limit, above all predictions, gains nothing from a dictionary, and abandoning one takes time.
 */
function writeScores(
  { taxiType, month }: ScoreFileJob,
  rides: string,
  score: string,
  runId: RunId,
  to: string,
): string {
  return `COPY (
    SELECT ${sqlText(rideIdPrefix(month))} || n AS ride_id, pickup AS ${TIME_COLUMNS[taxiType].pickup},
      pickup_zone AS PULocationID, dropoff_zone AS DOLocationID, recorded_distance AS trip_distance,
      duration AS actual_duration, duration - s.predicted_duration AS diff,
      s.predicted_duration, s.interval_low, s.interval_high, ${theSameText(runId)} AS model_version
    FROM (
      SELECT *, ${score} AS s
      FROM (${rides}))
    WHERE s.kept = 1
  ) TO ${sqlText(to)} (FORMAT parquet, COMPRESSION zstd, COMPRESSION_LEVEL 1, DICTIONARY_SIZE_LIMIT ${MOST_IN_DICTIONARY},
    ROW_GROUP_SIZE ${ROW_GROUP_ROWS})`;
}

/** The staged columns as the model takes them, and as the file has them. `n` is the number of the row. */
function stagedRides({ taxiType }: ScoreFileJob, hasDropoff: boolean, staged: string): string {
  const ride = rideSql(taxiType);
  return `SELECT file_row_number AS n, ${ride.pickup} AS pickup, ${ride.pickupZone} AS pickup_zone,
    ${ride.dropoffZone} AS dropoff_zone, ${ride.distance} AS recorded_distance,
    coalesce(try_cast(${ride.distance} AS FLOAT), 'nan') AS distance, ${ride.pickupTime} AS pickup_time,
    ${hasDropoff ? ride.duration : 'NULL::DOUBLE'} AS duration
    FROM read_parquet(${sqlText(staged)}, file_row_number = true)`;
}

/** A string that all rows share, as the only value of an enum: a row takes one byte until it is written as text. */
const theSameText = (text: string) => `${sqlText(text)}::ENUM(${sqlText(text)})`;
