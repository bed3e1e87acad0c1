import { writeFile } from 'node:fs/promises';
import { DuckDB } from '#adapters/duckdb.ts';
import { outputFile } from '#adapters/files.ts';
import { codeVersion } from '#adapters/git.ts';
import { loadScorer } from '#adapters/onnxruntime.ts';
import { S3Store } from '#adapters/s3.ts';
import { workFolder } from '#adapters/work-folder.ts';
import { openXGBoost } from '#adapters/xgboost.ts';
import { systemClock } from '#clock.ts';
import { type MonitoredMonth, monitorMonth } from '#monitoring/monitor-month.ts';
import { limitsOf } from '#monitoring/settings.ts';
import { xgboostLibrary } from '#packaging/natives.ts';
import { loadRun } from '#registry/load-run.ts';
import type { Month } from '#trips/month.ts';
import type { TaxiType } from '#trips/taxi-type.ts';
import { connect, type Deployment } from '../context.ts';
import type { CommonOptions } from '../options.ts';
import { count, decimals, type Terminal, table } from '../view/terminal.ts';

export interface MonitorOptions {
  readonly taxiType: TaxiType;
  readonly month: Month;
  readonly reference?: Month;
  /** Where to keep the page too. */
  readonly out?: string;
}

/** `tripcast monitor`: drift and errors of a scored month, as a report in the data bucket. */
export async function monitor(options: MonitorOptions & CommonOptions, terminal: Terminal): Promise<void> {
  const out = options.out === undefined ? undefined : await outputFile(options.out, []);
  const progress = terminal.progress(`monitor ${options.taxiType} ${options.month}`);
  const monitored = await runMonitor(await connect(options.env), options, (step) => progress.update(0, step));
  if (out !== undefined) await writeFile(out, monitored.page);
  progress.done(monitored.pageUri);
  const { report, uri, pageUri } = monitored;
  terminal.result({ report, uri, page: pageUri }, () => describe(monitored));
}

/** Monitors a month of what an environment stores. @throws TripcastError as {@link monitorMonth} */
export async function runMonitor(
  { data, registry, config }: Deployment,
  { taxiType, month, reference }: MonitorOptions,
  onProgress: (step: string) => void = () => {},
): Promise<MonitoredMonth> {
  await using folder = await workFolder();
  await using database = await DuckDB.open({ tempDirectory: folder.path });
  return await monitorMonth(taxiType, month, reference, {
    data,
    storeOf: (bucket) => new S3Store(bucket),
    loadModel: (run) => loadRun(registry, run, loadScorer),
    database,
    workFolder: folder.path,
    limits: limitsOf(config.monitoring),
    codeVersion: await codeVersion(import.meta.dirname),
    clock: systemClock,
    explain: config.monitoring.explain ? () => openXGBoost(xgboostLibrary()) : undefined,
    onProgress,
  });
}

function describe({ report, pageUri }: MonitoredMonth): string {
  const { quality, reference_quality: before, reference, month } = report;
  const figures = [month as string, reference.month as string].map((name, i) => {
    const of = i === 0 ? quality : before;
    return [
      name,
      count(of?.rows),
      decimals(of?.absolute_error.mean, 3),
      decimals(of?.error.mean, 3),
      decimals(of?.rmse, 3),
      of ? `${decimals(100 * of.coverage_90, 1)}%` : '–',
    ];
  });
  const headings = ['month', 'labelled rides', 'MAE min', 'bias min', 'RMSE min', 'in 90%'];
  return [report.takeaway, table(headings, figures), `Report: ${pageUri}`].join('\n\n');
}
