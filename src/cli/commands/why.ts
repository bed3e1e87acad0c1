import { readFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { DuckDB } from '#adapters/duckdb.ts';
import { loadScorer } from '#adapters/onnxruntime.ts';
import { S3Store } from '#adapters/s3.ts';
import { workFolder } from '#adapters/work-folder.ts';
import { shown, TripcastError } from '#errors.ts';
import { FUNCTIONS } from '#lib/config/functions.ts';
import { loadConfig } from '#lib/config/load.ts';
import { commandsOf, type RunbookSection, runbookHeadings, runbookSection } from '#monitoring/why/runbook.ts';
import { MONTH_ALARMS, type MonthAlarm, type WhyMonth, whyMonth } from '#monitoring/why/why-month.ts';
import { loadRun } from '#registry/load-run.ts';
import { CLONE, LOCAL } from '#setup/paths.mjs';
import type { Month } from '#trips/month.ts';
import type { TaxiType } from '#trips/taxi-type.ts';
import { connect, type Deployment } from '../context.ts';
import type { CommonOptions } from '../options.ts';
import { count, decimals, type Terminal, table } from '../view/terminal.ts';

export interface WhyOptions {
  /** With or without `tripcast-{env}-`. */
  readonly alarm: string;
  readonly taxiType: TaxiType;
  readonly month?: Month;
}

/** What the placeholders in the runbook's headings stand for. */
const NAMES = {
  function: FUNCTIONS,
  'state machine': ['monthly-batch', 'backfill', 'training', 'retraining'],
  schedule: ['schedule'],
};

/** `tripcast why`: what an alarm means, what is behind it, and how to compute its figure again. */
export async function why(options: WhyOptions & CommonOptions, terminal: Terminal): Promise<void> {
  const { env } = options;
  const runbook = await readFile(join(CLONE, 'docs', 'runbook.md'), 'utf8');
  const prefix = `tripcast-${env}-`;
  const alarm = options.alarm.startsWith(prefix) ? options.alarm.slice(prefix.length) : options.alarm;
  const section = runbookSection(runbook, { alarm, names: NAMES });
  const ofMonth = MONTH_ALARMS.find((each) => each === alarm);
  if (section === undefined && ofMonth === undefined) throw unknownAlarm(options.alarm, runbook);
  const means = section === undefined ? null : { ...section, commands: commandsFor(section, alarm, env) };
  if (ofMonth === undefined) {
    terminal.result({ alarm, runbook: means }, () => describeSection(alarm, means));
    return;
  }
  const found = await whyMonthFrom(await connect(env), ofMonth, options);
  terminal.result({ ...found, runbook: means }, () =>
    [describeMonth(found), describeSection(alarm, means)].join('\n\n'),
  );
}

/** What an environment stores about a month's alarm. @throws TripcastError as {@link whyMonth} */
export async function whyMonthFrom(
  { data, registry }: Deployment,
  alarm: MonthAlarm,
  { env, taxiType, month }: Pick<WhyOptions & CommonOptions, 'env' | 'taxiType' | 'month'>,
): Promise<WhyMonth> {
  await using folder = await workFolder();
  await using database = await DuckDB.open({ tempDirectory: folder.path });
  return await whyMonth(alarm, taxiType, month, {
    data,
    storeOf: (bucket) => new S3Store(bucket),
    loadModel: (run) => loadRun(registry, run, loadScorer),
    folderOf: (run) => registry.folder(run),
    database,
    workFolder: folder.path,
    keptIn: asTyped(join(LOCAL, 'why', env, `${alarm}-${taxiType}-${month ?? 'latest'}`)),
  });
}

/** A path as a person would type it here. */
function asTyped(path: string): string {
  const short = relative('.', path);
  return short.startsWith('..') ? path : short;
}

type Means = (RunbookSection & { readonly commands: readonly string[] }) | null;

/** The alarm's own state, its function's logs, and the commands that the runbook names. */
function commandsFor(section: RunbookSection, alarm: string, env: string): readonly string[] {
  const { endpointUrl, region } = loadConfig(env);
  const where = endpointUrl === null ? `--region ${region}` : `--region ${region} --endpoint-url ${endpointUrl}`;
  const isFunction = FUNCTIONS.some((name) => name === section.about);
  const logs = `npx tripcast logs ${section.about}${env === 'dev' ? '' : ` --env ${env}`}`;
  return [
    ...new Set([
      `aws cloudwatch describe-alarms --alarm-names tripcast-${env}-${alarm} ${where}`,
      ...(isFunction ? [logs] : []),
      ...commandsOf(section, env),
    ]),
  ];
}

function unknownAlarm(alarm: string, runbook: string): TripcastError {
  const foreign = /^tripcast-([a-z0-9]+)-/.exec(alarm)?.[1];
  const known = [...new Set([...MONTH_ALARMS, ...runbookHeadings(runbook)])];
  return new TripcastError(
    `There is no alarm ${shown(alarm)}`,
    foreign === undefined ? `Choose among ${known.join(', ')}.` : `Is it one of ${foreign}? Then add --env ${foreign}.`,
  );
}

function describeSection(alarm: string, means: Means): string {
  if (means === null) return `docs/runbook.md says nothing about ${alarm}.`;
  return [
    `${alarm}: ${means.meaning}`,
    `Look: ${means.look}`,
    `Fix: ${means.fix}`,
    ['Commands:', ...means.commands.map((command) => `  ${command}`)].join('\n'),
    `More: ${means.section}`,
  ].join('\n\n');
}

function describeMonth(found: WhyMonth): string {
  const percent = (share: number) => `${decimals(100 * share, 1)}%`;
  const columns = found.columns.map(({ column, score, threshold, missing }) => [
    column,
    decimals(score, 4),
    decimals(threshold, 2),
    percent(missing.reference),
    percent(missing.current),
  ]);
  const segments = found.segments.map(({ grouping, group, rows, mae, reference_mae }) => [
    `${grouping.replaceAll('_', ' ')}: ${group}`,
    count(rows),
    decimals(reference_mae, 2),
    decimals(mae, 2),
  ]);
  const rides = found.rides.map(({ ride_id, pickup_datetime, pickup, dropoff, trip_distance, predicted, actual }) => [
    ride_id,
    pickup_datetime ?? '–',
    pickup,
    dropoff,
    decimals(trip_distance, 1),
    decimals(predicted, 1),
    decimals(actual, 1),
  ]);
  const { source, reproduce } = found;
  const files = [
    ['run', found.run_id],
    ['receipt', found.receipt],
    ['raw file', `${source.uri}, sha256 ${source.sha256}`],
    ['predictions', found.output],
    ['report', found.report],
  ];
  return [
    `${found.taxi_type} ${found.month}, ${found.verdict.replaceAll('-', ' ')}: ${found.takeaway}`,
    ...listed(['drifted column', 'score', 'limit', 'missing before', 'missing now'], columns),
    ...listed(['group whose error grew', 'rides', `MAE ${found.reference}`, `MAE ${found.month}`], segments),
    ...listed(['worst ride', 'pickup', 'from', 'to', 'miles', 'predicted', 'it took'], rides),
    table(['behind it', ''], files),
    ...(source.unchanged
      ? []
      : ['The raw file was replaced after it was scored, so the command below gives another figure.']),
    `To compute ${reproduce.what} (${reproduce.figure ?? 'none'}) on this machine:\n  ${reproduce.command}`,
  ].join('\n\n');
}

const listed = (headings: readonly string[], rows: readonly (readonly string[])[]) =>
  rows.length === 0 ? [] : [table(headings, rows)];
