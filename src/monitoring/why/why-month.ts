import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { readCurrent } from '#batch/current.ts';
import { latestReceipt, type Receipt, readReceipt } from '#batch/receipts.ts';
import type { RideDatabase } from '#batch/score-file.ts';
import { TripcastError } from '#errors.ts';
import type { Scorer } from '#model/scorer.ts';
import type { RunFolder } from '#registry/run-folder.ts';
import { dataKeys, parseS3Uri, s3Uri } from '#storage/layout.ts';
import type { ObjectStore } from '#storage/object-store.ts';
import type { RunId } from '#storage/run-id.ts';
import { sha256OfFile } from '#storage/sha256.ts';
import type { RideQueries } from '#trips/database.ts';
import type { Month } from '#trips/month.ts';
import { sqlText } from '#trips/sql.ts';
import type { TaxiType } from '#trips/taxi-type.ts';
import { CATEGORIES, INTERVALS } from '../measure-month.ts';
import { fetched, scoredReference } from '../monitor-month.ts';
import type { MonthReport, SegmentFigures } from '../report-schema.ts';
import { joinScored, type ScoredFiles } from '../scored-rides.ts';
import { findReport } from '../stored-reports.ts';
import { TELLING_RIDES } from '../telling-rides.ts';
import { type WorstRide, worstRides } from './worst-rides.ts';

/** The alarms about a month's predictions; docs/runbook.md covers all others. */
export const MONTH_ALARMS = ['month-harmed', 'month-drifted'] as const;
export type MonthAlarm = (typeof MONTH_ALARMS)[number];

export interface WhyMonthDeps {
  readonly data: ObjectStore;
  storeOf(bucket: string): ObjectStore;
  loadModel(run: RunId): Promise<{ readonly scorer: Scorer }>;
  /** A run's files. */
  folderOf(run: RunId): Pick<RunFolder, 'read'>;
  readonly database: RideDatabase & RideQueries;
  /** An empty folder on local disk with room for three times both months. */
  readonly workFolder: string;
  /** Where the files that the command needs are kept. */
  readonly keptIn: string;
}

/** A figure of the report, and the command that computes it again from files on this machine. */
export interface Reproduction {
  readonly what: string;
  readonly figure: number | null;
  readonly command: string;
}

/** What is behind an alarm about a month; minutes. */
export interface WhyMonth {
  readonly alarm: MonthAlarm;
  readonly taxi_type: TaxiType;
  readonly month: Month;
  readonly verdict: MonthReport['harm']['verdict'] | MonthReport['drift']['verdict'];
  readonly takeaway: string;
  /** Columns that drifted, furthest first. */
  readonly columns: readonly Pick<
    MonthReport['drift']['columns'][number],
    'column' | 'score' | 'threshold' | 'missing'
  >[];
  /** The groups whose error grew most. */
  readonly segments: readonly GrownSegment[];
  /** The rides predicted worst. */
  readonly rides: readonly WorstRide[];
  readonly run_id: RunId;
  readonly receipt: string;
  /** The raw month. `unchanged`: it is still the file that was scored. */
  readonly source: { readonly uri: string; readonly sha256: string; readonly unchanged: boolean };
  readonly output: string;
  readonly report: string;
  readonly reference: Month;
  readonly reproduce: Reproduction;
}

export interface GrownSegment {
  readonly grouping: string;
  readonly group: string;
  readonly rows: number;
  readonly mae: number;
  readonly reference_mae: number;
}

const RIDES = 10;
const SEGMENTS = 5;

/**
 * What is behind a harmed or drifted month, down to single rides and files, and how to compute its figure again.
 * @param month undefined: the latest month with a report
 * @throws TripcastError when there is no report, or what it was made from is gone
 */
export async function whyMonth(
  alarm: MonthAlarm,
  taxiType: TaxiType,
  month: Month | undefined,
  deps: WhyMonthDeps,
): Promise<WhyMonth> {
  const { data, database, keptIn, workFolder } = deps;
  const report = await findReport(data, taxiType, { month });
  const { key: receiptKey, receipt } = await receiptOf(data, report);
  await mkdir(keptIn, { recursive: true });
  const raw = join(keptIn, `${taxiType}_tripdata_${report.month}.parquet`);
  await fetched(data, dataKeys.raw(taxiType, report.month), raw);
  const at = parseS3Uri(receipt.output.uri);
  const predictions = await fetched(
    at === undefined ? data : deps.storeOf(at.bucket),
    at?.key ?? receipt.output.uri,
    join(workFolder, 'predictions.parquet'),
  );
  return {
    alarm,
    taxi_type: taxiType,
    month: report.month,
    verdict: alarm === 'month-harmed' ? report.harm.verdict : report.drift.verdict,
    takeaway: report.takeaway,
    columns: driftedColumns(report),
    segments: grownSegments(report),
    rides: await worstRides(database, predictions, taxiType, RIDES),
    run_id: report.run_id,
    receipt: s3Uri(data.bucket, receiptKey),
    source: {
      uri: receipt.source.uri,
      sha256: receipt.source.sha256,
      unchanged: (await sha256OfFile(raw)) === receipt.source.sha256,
    },
    output: receipt.output.uri,
    report: s3Uri(data.bucket, dataKeys.report(taxiType, report.month, report.run_id)),
    reference: report.reference.month,
    reproduce:
      alarm === 'month-harmed'
        ? await reproduceError(report, receipt, raw, deps)
        : await reproduceDrift(report, { raw, predictions }, deps),
  };
}

async function receiptOf(data: ObjectStore, { taxi_type, month, run_id }: MonthReport) {
  const current = (await readCurrent(data, taxi_type, month))?.current;
  const found =
    current?.run_id === run_id
      ? await readReceipt(data, current.receipt)
      : await latestReceipt(data, { taxi_type, month, run_id, force: false, all: false });
  if (found !== undefined) return found;
  throw new TripcastError(
    `The receipt of ${taxi_type} ${month} by run ${run_id} is missing`,
    'Score the month again with `tripcast batch --force`.',
  );
}

function driftedColumns({ drift }: MonthReport): WhyMonth['columns'] {
  const excess = ({ score, threshold }: (typeof drift.columns)[number]) => (score ?? 0) / (threshold ?? 1);
  return drift.columns
    .filter(({ drifted }) => drifted)
    .toSorted((a, b) => excess(b) - excess(a))
    .map(({ column, score, threshold, missing }) => ({ column, score, threshold, missing }));
}

function grownSegments({ segments }: MonthReport): readonly GrownSegment[] {
  const growth = ({ mae, reference_mae }: GrownSegment) => mae / reference_mae;
  const named = (grouping: string) => (figures: SegmentFigures) => {
    const { group, rows, mae, reference_mae } = figures;
    return rows < TELLING_RIDES || reference_mae === null ? [] : [{ grouping, group, rows, mae, reference_mae }];
  };
  return Object.entries(segments)
    .flatMap(([grouping, groups]) => groups.flatMap(named(grouping)))
    .filter((segment) => growth(segment) > 1)
    .toSorted((a, b) => growth(b) - growth(a))
    .slice(0, SEGMENTS);
}

async function reproduceError(
  { run_id, quality }: MonthReport,
  { all }: Receipt,
  raw: string,
  { keptIn, folderOf }: WhyMonthDeps,
): Promise<Reproduction> {
  for (const file of ['model.onnx', 'card.json', 'golden.json']) {
    const body = await folderOf(run_id).read(file);
    if (body === undefined) {
      throw new TripcastError(`Run ${run_id} has no ${file}`, 'Copy the run back with `tripcast models copy`.');
    }
    await writeFile(join(keptIn, file), body);
  }
  const [out, model] = [join(keptIn, 'scored.parquet'), join(keptIn, 'model.onnx')];
  return {
    what: 'mae: the mean absolute error of all rides, minutes',
    figure: quality?.absolute_error.mean ?? null,
    command: `npx tripcast score ${quoted(raw)} ${quoted(out)} --model ${quoted(model)}${all ? ' --all' : ''} --json`,
  };
}

async function reproduceDrift(
  report: MonthReport,
  files: { readonly raw: string; readonly predictions: string },
  deps: WhyMonthDeps,
): Promise<Reproduction> {
  const { database, keptIn, workFolder } = deps;
  const { taxi_type, month, reference, run_id, drift } = report;
  const { scorer } = await deps.loadModel(run_id);
  const scored = await scoredReference(taxi_type, reference.month, { runId: run_id, scorer }, deps).finally(() =>
    scorer.close(),
  );
  const keep = async (name: string, of: ScoredFiles) => {
    const { sql } = await joinScored(database, of, taxi_type, join(workFolder, `${name}.parquet`));
    const path = join(keptIn, `${name}.parquet`);
    const columns = `* EXCLUDE (${INTERVALS.join(', ')})`;
    await database.run(`COPY (SELECT ${columns} FROM ${sql}) TO ${sqlText(path)} (FORMAT parquet)`);
    return path;
  };
  const before = await keep('reference', scored);
  const now = await keep('current', { name: month, ...files });
  const known = drift.columns.filter(({ score }) => score !== null);
  const [furthest] = [...driftedColumns(report), ...known];
  return {
    what: furthest === undefined ? 'columns[]: not enough data' : `columns[].score of ${furthest.column}`,
    figure: furthest?.score ?? null,
    command: `npx tripcast drift ${quoted(before)} ${quoted(now)} --preset ${drift.preset} --categorical ${CATEGORIES.join(',')} --json`,
  };
}

/** For a shell. */
const quoted = (path: string) => (/^[\w./=-]+$/.test(path) ? path : `'${path.replaceAll("'", `'\\''`)}'`);
