import { rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '#clock.ts';
import type { ModelCard } from '#model/card/card.ts';
import type { Scorer } from '#model/scorer.ts';
import { dataKeys, parseS3Uri, s3Uri } from '#storage/layout.ts';
import { ifUnchanged, type ObjectStore } from '#storage/object-store.ts';
import { sha256OfFile } from '#storage/sha256.ts';
import { inspectFile } from '#trips/inspect-file.ts';
import { makeCurrent } from './current.ts';
import { type MonthJob, type MonthOutcome, withoutScore } from './outcome.ts';
import { expandPattern } from './pattern.ts';
import {
  evaluationOf,
  latestReceipt,
  outputStands,
  type Receipt,
  readReceipt,
  type StoredReceipt,
} from './receipts.ts';
import { reportSchema, type SchemaReport } from './schema-report.ts';
import { type RideDatabase, type ScoreFileDone, scoreFile } from './score-file.ts';

export interface ScoreMonthDeps {
  /** Stores receipts and current pointers; raw months and outputs too, unless a pattern says otherwise. */
  readonly data: ObjectStore;
  storeOf(bucket: string): ObjectStore;
  /** Loads the job's run; not called when there is nothing to do. */
  loadModel(): Promise<{ readonly card: ModelCard; readonly scorer: Scorer }>;
  readonly database: RideDatabase;
  /** An empty folder on local disk with room for twice the size of the month and its output. */
  readonly workFolder: string;
  readonly codeVersion: string;
  /** Names and versions of the engines that compute the result, apart from the model's. */
  readonly engines: Readonly<Record<string, string>>;
  /** Override where the month is read and the output is written (design: INPUT_FILE_PATTERN, OUTPUT_FILE_PATTERN). */
  readonly inputPattern?: string | undefined;
  readonly outputPattern?: string | undefined;
  readonly clock: Clock;
}

/** An object that may or may not exist. */
interface Place {
  readonly store: ObjectStore;
  readonly key: string;
}

const uriOf = ({ store, key }: Place): string => s3Uri(store.bucket, key);

/** A raw month on local disk. */
interface Source {
  readonly path: string;
  readonly uri: string;
  readonly sha256: string;
  readonly bytes: number;
}

/**
 * Scores a raw month. Writes the output, then the receipt, then the pointer to the current output, each conditionally,
 * so that after a crash in between the next run completes the month, and of two concurrent runs one wins.
 * @returns an outcome also when the month is not in the bucket or cannot be scored
 * @throws what `loadModel` throws; TransientError when the disk is full
 * @example
 * const job = { taxi_type: 'green', month: parseMonth('2023-04'), run_id, force: false, all: false } as const;
 * const { status, rmse } = await scoreMonth(job, deps); // 'scored' and minutes, or 'unchanged' the second time
 */
export async function scoreMonth(job: MonthJob, deps: ScoreMonthDeps): Promise<MonthOutcome> {
  const { clock, data } = deps;
  const started = clock.now();
  const place = placeOf(deps.inputPattern, job, deps) ?? { store: data, key: dataKeys.raw(job.taxi_type, job.month) };
  const source = await download(place, join(deps.workFolder, 'source.parquet'));
  if (source === undefined) {
    return withoutScore(job, 'not-published', `There is no ${uriOf(place)}: ingest the month first`);
  }
  const receiptKey = dataKeys.receipt(job.taxi_type, job.month, job.run_id, source.sha256);
  const earlier = await readReceipt(data, receiptKey);
  const isSame = earlier !== undefined && earlier.receipt.all === job.all;
  if (isSame && !job.force && (await outputStands(earlier.receipt, deps.storeOf))) {
    await makeCurrent(earlier, data);
    return outcomeOf(job, 'unchanged', earlier, data, 'Already scored; there was nothing to do.');
  }

  const superseded = earlier === undefined ? await latestReceipt(data, job) : undefined;
  const target = placeOf(deps.outputPattern, job, deps) ?? placeOfOutput(job, source, earlier, superseded, deps);
  const seen = await target.store.head(target.key);
  const { card, scorer } = await deps.loadModel();
  const inspected = await inspectFile(deps.database, source.path, job.taxi_type, 'score');
  const report = await reportSchema(deps.database, source.path, inspected, {
    card,
    month: job.month,
    sourceSha256: source.sha256,
  });
  const schema = await keepReport(report, data);
  const refused = (reason: string) => ({ ...withoutScore(job, 'refused', reason), schema });
  if (report.decision === 'refuse') return refused(report.notes.join('; '));

  const output = join(deps.workFolder, 'output.parquet');
  const { taxi_type: taxiType, month, run_id: runId, all } = job;
  const scored = await scoreFile(
    { input: source.path, output, inspected, workFolder: deps.workFolder, taxiType, month, all },
    { runId, scorer },
    deps.database,
  );
  if (scored.outcome === 'refused') return refused(scored.reason);
  const written = await target.store.upload(output, target.key, {
    contentType: PARQUET,
    condition: ifUnchanged(seen?.etag),
  });
  if (written.outcome === 'conflict') return lostRace(job, data, receiptKey, uriOf(target));

  const { path, ...sourceFile } = source;
  const receipt: Receipt = {
    schema_version: 1,
    taxi_type: taxiType,
    month,
    run_id: runId,
    source: sourceFile,
    output: { uri: uriOf(target), ...(await fileFigures(output)), etag: written.etag },
    all,
    ...figuresOf(scored),
    supersedes: earlier === undefined ? superseded?.key : earlier.receipt.supersedes,
    evaluation: evaluationOf(card, month),
    code_version: deps.codeVersion,
    engines: { ...deps.engines, [scorer.engine.name]: scorer.engine.version },
    started_at: new Date(started).toISOString(),
    seconds: (clock.now() - started) / 1000,
  };
  await Promise.all([path, output].map((file) => rm(file)));
  const text = `${JSON.stringify(receipt, null, 2)}\n`;
  const receipted = await data.put(receiptKey, text, { contentType: JSON_TYPE, condition: ifUnchanged(earlier?.etag) });
  // A retry after a lost response finds its own first attempt.
  if (receipted.outcome === 'conflict' && (await readReceipt(data, receiptKey))?.text !== text) {
    return lostRace(job, data, receiptKey, uriOf(target));
  }
  const stored = { key: receiptKey, receipt };
  await makeCurrent(stored, data);
  return { ...outcomeOf(job, 'scored', stored, data, null), schema };
}

/** The file has them all; the states of 120 months can pass on at most 256 KiB. */
const NOTES_HANDED_ON = 10;
const PARQUET = 'application/vnd.apache.parquet';
const JSON_TYPE = 'application/json';

function placeOf(pattern: string | undefined, job: MonthJob, deps: ScoreMonthDeps): Place | undefined {
  if (pattern === undefined) return undefined;
  const { bucket, key } = expandPattern(pattern, { taxiType: job.taxi_type, month: job.month, run: job.run_id });
  return { store: deps.storeOf(bucket), key };
}

/** Where it was, if this edition of the source was scored before; else next to the run's output for an earlier one. */
function placeOfOutput(
  { taxi_type, month, run_id }: MonthJob,
  { sha256 }: Source,
  earlier: StoredReceipt | undefined,
  superseded: StoredReceipt | undefined,
  { data, storeOf }: ScoreMonthDeps,
): Place {
  const before = earlier && parseS3Uri(earlier.receipt.output.uri);
  if (before !== undefined) return { store: storeOf(before.bucket), key: before.key };
  const key = superseded
    ? dataKeys.predictionsOfSource(taxi_type, month, run_id, sha256)
    : dataKeys.predictions(taxi_type, month, run_id);
  return { store: data, key };
}

async function download(place: Place, path: string): Promise<Source | undefined> {
  if ((await place.store.download(place.key, path)) === undefined) return undefined;
  return { path, uri: uriOf(place), ...(await fileFigures(path)) };
}

const fileFigures = async (path: string) => ({ sha256: await sha256OfFile(path), bytes: (await stat(path)).size });

const figuresOf = ({ rowsIn, rowsScored, rejected, errors, errorsOnAll }: ScoreFileDone) => ({
  rows: { in: rowsIn, scored: rowsScored, rejected },
  errors,
  errors_on_all: errorsOnAll,
});

/** Stores the latest report next to the raw month. @returns what the state's output says about it */
async function keepReport(report: SchemaReport, data: ObjectStore): Promise<NonNullable<MonthOutcome['schema']>> {
  const key = dataKeys.rawSchema(report.taxi_type, report.month);
  await data.put(key, `${JSON.stringify(report, null, 2)}\n`, { contentType: JSON_TYPE });
  return { decision: report.decision, notes: report.notes.slice(0, NOTES_HANDED_ON), report: s3Uri(data.bucket, key) };
}

/** Another execution wrote this month in the meantime: its receipt, if it exists yet, names the output that stands. */
async function lostRace(job: MonthJob, data: ObjectStore, receiptKey: string, output: string): Promise<MonthOutcome> {
  const winner = await readReceipt(data, receiptKey);
  return winner === undefined
    ? withoutScore(job, 'unchanged', `Another execution has just written ${output}; its receipt will follow.`)
    : outcomeOf(
        job,
        'unchanged',
        winner,
        data,
        `Another execution, started ${winner.receipt.started_at}, scored the month in the meantime.`,
      );
}

function outcomeOf(
  { taxi_type, month }: MonthJob,
  status: 'scored' | 'unchanged',
  { key, receipt }: Pick<StoredReceipt, 'key' | 'receipt'>,
  data: ObjectStore,
  note: string | null,
): MonthOutcome {
  return {
    taxi_type,
    month,
    status,
    rows_in: receipt.rows.in,
    rows_scored: receipt.rows.scored,
    rmse: receipt.errors?.rmse ?? null,
    evaluation: receipt.evaluation,
    receipt: s3Uri(data.bucket, key),
    output: receipt.output.uri,
    seconds: receipt.seconds,
    note,
  };
}
