import { join } from 'node:path';
import { readCurrent } from '#batch/current.ts';
import { evaluationOf, readReceipt } from '#batch/receipts.ts';
import { type RideDatabase, scoreFile } from '#batch/score-file.ts';
import type { Clock } from '#clock.ts';
import { TripcastError } from '#errors.ts';
import type { ModelCard } from '#model/card/card.ts';
import type { OpenBoosting } from '#model/recipes/gradient-boosting.ts';
import type { Scorer } from '#model/scorer.ts';
import { dataKeys, parseS3Uri, s3Uri } from '#storage/layout.ts';
import type { ObjectStore } from '#storage/object-store.ts';
import type { RunId } from '#storage/run-id.ts';
import type { RideQueries } from '#trips/database.ts';
import { inspectFile } from '#trips/inspect-file.ts';
import type { Month } from '#trips/month.ts';
import type { TaxiType } from '#trips/taxi-type.ts';
import { type MonitoringLimits, measureMonth } from './measure-month.ts';
import { renderReport, type TrendMonth, trendOf } from './page/report-page.ts';
import { type MonthReport, monthReportSchema } from './report-schema.ts';
import { allReports } from './stored-reports.ts';

export interface MonitorMonthDeps {
  /** Raw months, outputs, receipts and reports. */
  readonly data: ObjectStore;
  storeOf(bucket: string): ObjectStore;
  loadModel(run: RunId): Promise<{ readonly card: ModelCard; readonly scorer: Scorer }>;
  readonly database: RideDatabase & RideQueries;
  /** An empty folder on local disk with room for three times both months. */
  readonly workFolder: string;
  readonly limits: MonitoringLimits;
  readonly codeVersion: string;
  readonly clock: Clock;
  /** Trains the classifier that explains a drift; undefined = no explanation. */
  readonly explain?: OpenBoosting | undefined;
  readonly onProgress?: (step: string) => void;
}

export interface MonitoredMonth {
  readonly report: MonthReport;
  /** s3:// address of report.json. */
  readonly uri: string;
  /** s3:// address of report.html, and the page itself. */
  readonly pageUri: string;
  readonly page: string;
}

/**
 * Measures the current output of a month against a reference month, and stores the report as JSON and as a page. The same
 * run scores the reference, so that both months' predictions can be compared. An earlier report of the run is replaced.
 * @param wanted the reference; undefined: that of {@link referenceOf}
 * @throws TripcastError when the month was not scored, or a file that is needed is not in the bucket
 * @example
 * const { report, pageUri } = await monitorMonth('green', parseMonth('2023-04'), undefined, deps);
 * console.log(report.takeaway, pageUri);
 */
export async function monitorMonth(
  taxiType: TaxiType,
  month: Month,
  wanted: Month | undefined,
  deps: MonitorMonthDeps,
): Promise<MonitoredMonth> {
  const { data, workFolder, onProgress = () => {} } = deps;
  const current = (await readCurrent(data, taxiType, month))?.current;
  if (current === undefined) {
    throw new TripcastError(
      `${taxiType} ${month} was not scored, so there is nothing to monitor`,
      `Score it with \`tripcast batch --taxi-type ${taxiType} --month ${month}\`.`,
    );
  }
  const receipt = (await readReceipt(data, current.receipt))?.receipt;
  if (receipt === undefined) throw new TripcastError(`The receipt ${current.receipt} is missing`, SCORE_AGAIN);
  const runId = receipt.run_id;
  onProgress(`reading ${month}`);
  const output = parseS3Uri(receipt.output.uri);
  const files = {
    name: month,
    raw: await fetched(data, dataKeys.raw(taxiType, month), join(workFolder, 'raw.parquet')),
    predictions: await fetched(
      output === undefined ? data : deps.storeOf(output.bucket),
      output?.key ?? receipt.output.uri,
      join(workFolder, 'predictions.parquet'),
    ),
  };
  const { card, scorer } = await deps.loadModel(runId);
  const referenceMonth = wanted ?? referenceOf(card, month);
  onProgress(`scoring the reference, ${referenceMonth}`);
  const reference = await scoredReference(taxiType, referenceMonth, { runId, scorer }, deps).finally(() =>
    scorer.close(),
  );
  const measured = await measureMonth(deps.database, {
    taxiType,
    month,
    runId,
    evaluation: receipt.evaluation,
    files,
    reference: {
      month: referenceMonth,
      inTraining: evaluationOf(card, referenceMonth) === 'in-training',
      files: reference,
    },
    limits: deps.limits,
    workFolder,
    codeVersion: deps.codeVersion,
    now: new Date(deps.clock.now()),
    explain: deps.explain,
    onProgress,
  });
  const report = monthReportSchema.parse(measured); // JSON would make null of a NaN, without a word
  const page = renderReport(report, await trendBefore(report, data));
  const key = dataKeys.report(taxiType, month, runId);
  const pageKey = dataKeys.reportPage(taxiType, month, runId);
  await data.put(pageKey, page, { contentType: 'text/html; charset=utf-8' });
  await data.put(key, `${JSON.stringify(report)}\n`, { contentType: 'application/json' });
  return { report, uri: s3Uri(data.bucket, key), pageUri: s3Uri(data.bucket, pageKey), page };
}

/**
 * What a month is compared with: the month that the run was validated on, which it has not seen. That month itself is
 * compared with the last one that the run was trained on, and so is every month if whole months were not validated on.
 */
export function referenceOf({ train, validation }: ModelCard, month: Month): Month {
  if (validation.month !== null && validation.month !== month) return validation.month;
  const trained = train.months.map((each) => each.month).toSorted();
  return trained.findLast((each) => each !== month) ?? month;
}

const SCORE_AGAIN = 'Score the month again with `tripcast batch --force`.';

/** Downloads an object that is needed. @returns `path`. @throws TripcastError when it is not there */
export async function fetched(store: ObjectStore, key: string, path: string): Promise<string> {
  if ((await store.download(key, path)) === undefined) {
    throw new TripcastError(
      `${s3Uri(store.bucket, key)} is missing`,
      'Ingest the month, or score it again with --force.',
    );
  }
  return path;
}

/** A reference month's file, and what a run predicts for it. */
export async function scoredReference(
  taxiType: TaxiType,
  month: Month,
  model: { readonly runId: RunId; readonly scorer: Scorer },
  { data, database, workFolder }: Pick<MonitorMonthDeps, 'data' | 'database' | 'workFolder'>,
) {
  const raw = await fetched(data, dataKeys.raw(taxiType, month), join(workFolder, 'reference-raw.parquet'));
  const predictions = join(workFolder, 'reference-predictions.parquet');
  const inspected = await inspectFile(database, raw, taxiType, 'train');
  if (inspected.outcome === 'refused') throw unusable(month, inspected.reason);
  const job = { input: raw, output: predictions, workFolder, taxiType, month, all: false, inspected };
  const scored = await scoreFile(job, model, database);
  if (scored.outcome === 'refused') throw unusable(month, scored.reason);
  return { name: month, raw, predictions };
}

const unusable = (month: Month, reason: string) =>
  new TripcastError(`${month} cannot be the reference: ${reason}`, 'Choose another month with --reference.');

/** The months before, each by its latest report; months that their models were trained on say nothing about new rides. */
async function trendBefore(
  { taxi_type: taxiType, month, run_id: runId }: MonthReport,
  data: ObjectStore,
): Promise<readonly TrendMonth[]> {
  const own = dataKeys.report(taxiType, month, runId); // keys sort by month, so later months need not be read
  const latest = new Map<Month, MonthReport>();
  for (const report of await allReports(data, taxiType, (key) => key < own)) {
    const isLater = report.created_at > (latest.get(report.month)?.created_at ?? '');
    if (report.month < month && report.evaluation !== 'in-training' && isLater) latest.set(report.month, report);
  }
  return [...latest.values()].toSorted((a, b) => a.month.localeCompare(b.month)).map(trendOf);
}
