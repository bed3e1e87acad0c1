import { Coverage, ErrorMetrics, type ErrorSummary } from '../model/metrics.ts';
import { RideBatch } from '../model/ride-batch.ts';
import { at } from '../model/rides.ts';
import type { Scorer } from '../model/scorer.ts';
import type { RunId } from '../registry/run-id.ts';
import type { RideQueries } from '../trips/database.ts';
import { inspectFile } from '../trips/inspect-file.ts';
import type { Month } from '../trips/month.ts';
import { sqlText } from '../trips/sql.ts';
import type { TaxiType } from '../trips/taxi-type.ts';
import { KEPT_MINUTES, REJECTIONS, type Rejection, rideSql, TIME_COLUMNS } from '../trips/tlc-file.ts';

/** What scoring needs of a database; src/adapters/duckdb.ts has it. */
export interface RideDatabase extends RideQueries {
  appendFloats(table: string, columns: readonly Float32Array[], rows: number): Promise<void>;
}

export interface ScoreFileJob {
  /** Local paths. */
  readonly input: string;
  readonly output: string;
  readonly taxiType: TaxiType;
  /** Part of each ride's id, `YYYY/MM_n`. */
  readonly month: Month;
  /** What stands in the output's model_version. */
  readonly modelVersion: RunId;
  /** Keep rides outside 1..60 minutes too. */
  readonly all: boolean;
  readonly chunkRows: number;
  readonly onProgress?: (rowsDone: number, rowsToScore: number) => void;
}

export interface ScoreFileDone {
  readonly outcome: 'scored';
  readonly rowsIn: number;
  readonly rowsScored: number;
  /** rowsIn = rowsScored + the sum of these. */
  readonly rejected: Readonly<Partial<Record<Rejection, number>>>;
  /** On the scored rides; null when none has a duration to compare with. */
  readonly errors: (ErrorSummary & { readonly coverage_90: number }) | null;
}

export type ScoreFileOutcome = ScoreFileDone | { readonly outcome: 'refused'; readonly reason: string };

/** Rows of a group of the output file: DuckDB's own size, which readers split work by. */
const ROW_GROUP_ROWS = 122_880;

/**
 * Scores a TLC month file into a Parquet file, in the source's order. Memory is flat in rows: rides are read in chunks,
 * each chunk is one native call, and only the predictions (three floats a ride) are kept, in a table that DuckDB may spill,
 * until they are written beside the source's columns, read a second time.
 *
 * A file that is no Parquet or lacks a needed column is refused, as a value.
 */
export async function scoreFile(job: ScoreFileJob, scorer: Scorer, database: RideDatabase): Promise<ScoreFileOutcome> {
  const inspected = await inspectFile(database, job.input, job.taxiType, 'score');
  if (inspected.outcome === 'refused') return inspected;
  const hasDropoff = inspected.columns.some(({ name }) => name === TIME_COLUMNS[job.taxiType].dropoff);
  await database.run(ridesView(job, hasDropoff));
  const counts = await countRows(database);
  const errors = await scoreRides(job, counts.scored, scorer, database);
  await database.run(copyToParquet(job));
  return {
    outcome: 'scored',
    rowsIn: counts.in,
    rowsScored: counts.scored,
    rejected: counts.rejected,
    errors,
  };
}

/** The rides of the file: its row number, the model's inputs, the actual duration, and why it is not scored, if so. */
function ridesView({ input, taxiType, all }: ScoreFileJob, hasDropoff: boolean): string {
  const ride = rideSql(taxiType);
  const { least, most } = KEPT_MINUTES;
  const duration = hasDropoff ? ride.duration : 'NULL::DOUBLE';
  const rejection = `CASE
      WHEN ${duration} IS NULL THEN 'duration-missing'
      WHEN ${duration} < ${least} THEN 'duration-below-1'
      WHEN ${duration} > ${most} THEN 'duration-above-60' END`;
  return `CREATE OR REPLACE TEMP VIEW rides AS
    SELECT file_row_number AS n, ${TIME_COLUMNS[taxiType].pickup}::TIMESTAMP AS pickup,
      ${ride.pickupZone} AS pickup_zone, ${ride.dropoffZone} AS dropoff_zone, ${ride.distance} AS distance,
      ${ride.pickupTime} AS pickup_time, ${duration} AS duration,
      ${all || !hasDropoff ? 'NULL' : rejection} AS rejection
    FROM read_parquet(${sqlText(input)}, file_row_number = true)`;
}

async function countRows(database: RideDatabase) {
  const groups = await database.rows('SELECT rejection, count(*)::DOUBLE AS n FROM rides GROUP BY rejection');
  const rowsOf = (rejection: Rejection | null) => Number(groups.find((group) => group.rejection === rejection)?.n ?? 0);
  const found = REJECTIONS.filter((rejection) => rowsOf(rejection) > 0);
  return {
    in: groups.reduce((sum, group) => sum + Number(group.n), 0),
    scored: rowsOf(null),
    rejected: Object.fromEntries(found.map((rejection) => [rejection, rowsOf(rejection)])),
  };
}

const NONE = new Float64Array();

async function scoreRides(job: ScoreFileJob, rows: number, scorer: Scorer, database: RideDatabase) {
  const metrics = new ErrorMetrics();
  const coverage = new Coverage();
  const batch = new RideBatch(Math.min(job.chunkRows, Math.max(rows, 1)));
  let done = 0;
  await database.run(
    'CREATE OR REPLACE TABLE scores (predicted_duration FLOAT, interval_low FLOAT, interval_high FLOAT)',
  );
  const inputs = `SELECT pickup_zone::DOUBLE, dropoff_zone::DOUBLE, distance, pickup_time::DOUBLE, duration
    FROM rides WHERE rejection IS NULL`;
  for await (const { rows: size, columns } of database.numbers(inputs, batch.capacity)) {
    const [pickupZone = NONE, dropoffZone = NONE, distance = NONE, pickupTime = NONE, duration = NONE] = columns;
    batch.clear();
    for (let i = 0; i < size; i++) {
      batch.push(at(pickupZone, i), at(dropoffZone, i), at(distance, i), at(pickupTime, i));
    }
    const scores = await scorer.score(batch);
    for (let i = 0; i < size; i++) {
      const actual = at(duration, i);
      if (Number.isNaN(actual)) continue;
      metrics.add(actual, at(scores.predicted_duration, i));
      coverage.add(actual, at(scores.interval_low, i), at(scores.interval_high, i));
    }
    await database.appendFloats('scores', [scores.predicted_duration, scores.interval_low, scores.interval_high], size);
    done += size;
    job.onProgress?.(done, rows);
  }
  if (done !== rows) throw new Error(`${job.input} has ${rows} rides to score, and ${done} were read.`);
  const summary = metrics.summary();
  return summary.rows === 0 ? null : { ...summary, coverage_90: coverage.share };
}

/** Both sides keep the file's order, so rides and scores meet by position. */
function copyToParquet({ output, taxiType, month, modelVersion }: ScoreFileJob): string {
  const prefix = `${month.replace('-', '/')}_`;
  return `COPY (
    SELECT ${sqlText(prefix)} || n AS ride_id, pickup AS ${TIME_COLUMNS[taxiType].pickup},
      pickup_zone AS PULocationID, dropoff_zone AS DOLocationID, distance AS trip_distance,
      duration AS actual_duration, duration - predicted_duration AS diff,
      predicted_duration, interval_low, interval_high, ${sqlText(modelVersion)} AS model_version
    FROM (SELECT * FROM rides WHERE rejection IS NULL) POSITIONAL JOIN scores
  ) TO ${sqlText(output)} (FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE ${ROW_GROUP_ROWS})`;
}
