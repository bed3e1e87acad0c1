import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { ModelCard } from '../model/card.ts';
import type { Scorer } from '../model/scorer.ts';
import { dataKeys, s3Uri } from '../storage/layout.ts';
import type { ObjectStore, PutCondition } from '../storage/object-store.ts';
import { sha256OfFile } from '../storage/sha256.ts';
import { partsOf } from '../trips/month.ts';
import { type MonthJob, type MonthOutcome, withoutScore } from './outcome.ts';
import { expandPattern } from './pattern.ts';
import { type Current, currentSchema, evaluationOf, type Receipt, receiptSchema } from './receipt.ts';
import { type RideDatabase, type ScoreFileDone, scoreFile } from './score-file.ts';

export interface ScoreMonthDependencies {
  /** Receipts and current pointers; raw months and outputs too, unless a pattern says otherwise. */
  readonly data: ObjectStore;
  storeOf(bucket: string): ObjectStore;
  readonly card: ModelCard;
  readonly scorer: Scorer;
  readonly database: RideDatabase;
  /** An empty folder on local disk with room for the month and its output. */
  readonly workFolder: string;
  readonly chunkRows: number;
  readonly codeVersion: string;
  /** Names and versions of what computed the result. */
  readonly engines: Readonly<Record<string, string>>;
  /** Overrides of where the month is read and the output written (design: INPUT_FILE_PATTERN, OUTPUT_FILE_PATTERN). */
  readonly inputPattern?: string | undefined;
  readonly outputPattern?: string | undefined;
  readonly now: () => Date;
}

interface Place {
  readonly store: ObjectStore;
  readonly key: string;
}

/**
 * Scores a raw month: output, then receipt, then the pointer to the current output, each written conditionally, so that a
 * crash in between is completed by the next run and of two runs at once one wins.
 */
export async function scoreMonth(job: MonthJob, deps: ScoreMonthDependencies): Promise<MonthOutcome> {
  const started = deps.now();
  const source = placeOf(deps.inputPattern, job, deps) ?? {
    store: deps.data,
    key: dataKeys.raw(job.taxi_type, job.month),
  };
  const input = join(deps.workFolder, 'source.parquet');
  const found = await source.store.download(source.key, input);
  if (found === undefined) {
    const note = `There is no ${s3Uri(source.store.bucket, source.key)}: ingest the month first`;
    return withoutScore(job, 'not-published', note);
  }
  const sourceFile = { uri: uriOf(source), sha256: await sha256OfFile(input), bytes: found.size };
  const receiptKey = dataKeys.receipt(job.taxi_type, job.month, job.run_id, sourceFile.sha256);
  const earlier = await readReceipt(deps.data, receiptKey);
  if (earlier !== undefined && !job.force && (await outputStands(earlier.receipt, deps))) {
    await publish(earlier.receipt, receiptKey, deps);
    return outcomeOf(job, 'unchanged', earlier.receipt, uriIn(deps, receiptKey), 'Scored before; nothing was done.');
  }

  const target = placeOf(deps.outputPattern, job, deps) ?? {
    store: deps.data,
    key: dataKeys.predictions(job.taxi_type, job.month, job.run_id),
  };
  const seen = await target.store.head(target.key);
  const output = join(deps.workFolder, 'output.parquet');
  const scored = await scoreFile(
    {
      input,
      output,
      taxiType: job.taxi_type,
      month: job.month,
      modelVersion: job.run_id,
      all: job.all,
      chunkRows: deps.chunkRows,
    },
    deps.scorer,
    deps.database,
  );
  await rm(input);
  if (scored.outcome === 'refused') return withoutScore(job, 'refused', scored.reason);

  const written = await target.store.upload(output, target.key, {
    contentType: 'application/vnd.apache.parquet',
    condition: over(seen?.etag),
  });
  if (written.outcome === 'conflict') return lostRace(job, deps, receiptKey);
  const receipt: Receipt = {
    schema_version: 1,
    taxi_type: job.taxi_type,
    month: job.month,
    run_id: job.run_id,
    source: sourceFile,
    output: { uri: uriOf(target), sha256: await sha256OfFile(output), bytes: (await sizeOf(target)) ?? 0 },
    rows: { in: scored.rowsIn, scored: scored.rowsScored, rejected: scored.rejected },
    errors: errorsOf(scored),
    evaluation: evaluationOf(deps.card, job.month),
    code_version: deps.codeVersion,
    engines: deps.engines,
    started_at: started.toISOString(),
    seconds: (deps.now().getTime() - started.getTime()) / 1000,
  };
  const receipted = await deps.data.put(receiptKey, `${JSON.stringify(receipt, null, 2)}\n`, {
    contentType: 'application/json',
    condition: over(earlier?.etag),
  });
  if (receipted.outcome === 'conflict') return lostRace(job, deps, receiptKey);
  await publish(receipt, receiptKey, deps);
  return outcomeOf(job, 'scored', receipt, uriIn(deps, receiptKey), null);
}

/** Only over what was seen: an absent object, or this very version. */
const over = (etag: string | undefined): PutCondition => (etag === undefined ? { absent: true } : { etag });

const uriOf = ({ store, key }: Place) => s3Uri(store.bucket, key);
const uriIn = ({ data }: ScoreMonthDependencies, key: string) => s3Uri(data.bucket, key);
const sizeOf = async ({ store, key }: Place) => (await store.head(key))?.size;

function placeOf(pattern: string | undefined, job: MonthJob, deps: ScoreMonthDependencies): Place | undefined {
  if (pattern === undefined) return undefined;
  const { bucket, key } = expandPattern(pattern, { taxiType: job.taxi_type, month: job.month, run: job.run_id });
  return { store: deps.storeOf(bucket), key };
}

function errorsOf({ errors }: ScoreFileDone): Receipt['errors'] {
  return errors && { rmse: errors.rmse, mae: errors.mae, coverage_90: errors.coverage_90 };
}

async function readReceipt(data: ObjectStore, key: string) {
  const found = await data.get(key);
  return found && { etag: found.etag, receipt: receiptSchema.parse(JSON.parse(new TextDecoder().decode(found.body))) };
}

/** Whether the output that a receipt speaks of is still there, with its size. */
async function outputStands({ output }: Receipt, deps: ScoreMonthDependencies): Promise<boolean> {
  const [, bucket = '', key = ''] = /^s3:\/\/([^/]+)\/(.+)$/.exec(output.uri) ?? [];
  return (await deps.storeOf(bucket).head(key))?.size === output.bytes;
}

/** Makes a scored output the month's current one. A pointer that moved meanwhile is left: the later scoring stands. */
async function publish(receipt: Receipt, receiptKey: string, { data }: ScoreMonthDependencies): Promise<void> {
  const key = dataKeys.current(receipt.taxi_type, receipt.month);
  const current: Current = {
    taxi_type: receipt.taxi_type,
    ...partsOf(receipt.month),
    key: receipt.output.uri.replace(`s3://${data.bucket}/`, ''),
    run_id: receipt.run_id,
    receipt: receiptKey,
    sha256: receipt.output.sha256,
  };
  const seen = await data.get(key);
  if (seen !== undefined && sameOutput(currentSchema.parse(JSON.parse(new TextDecoder().decode(seen.body))), current))
    return;
  await data.put(key, `${JSON.stringify(current)}\n`, {
    contentType: 'application/json',
    condition: over(seen?.etag),
  });
}

const sameOutput = (a: Current, b: Current) => a.key === b.key && a.sha256 === b.sha256 && a.receipt === b.receipt;

/** Another execution wrote this month meanwhile: its receipt, if it is there already, names what stands. */
async function lostRace(job: MonthJob, deps: ScoreMonthDependencies, receiptKey: string): Promise<MonthOutcome> {
  const winner = await readReceipt(deps.data, receiptKey);
  const note = `Another execution scored the month meanwhile${winner ? ` (started ${winner.receipt.started_at})` : ''}.`;
  return winner === undefined
    ? withoutScore(job, 'unchanged', note)
    : outcomeOf(job, 'unchanged', winner.receipt, uriIn(deps, receiptKey), note);
}

function outcomeOf(
  { taxi_type, month }: MonthJob,
  status: 'scored' | 'unchanged',
  receipt: Receipt,
  receiptUri: string,
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
    receipt: receiptUri,
    output: receipt.output.uri,
    seconds: receipt.seconds,
    note,
  };
}
