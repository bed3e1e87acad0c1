import { DuckDB } from '#adapters/duckdb.ts';
import { workFolder } from '#adapters/work-folder.ts';
import { connect, type Deployment } from '#cli/context.ts';
import type { CommonOptions } from '#cli/options.ts';
import { count, decimals, type Terminal, table } from '#cli/view/terminal.ts';
import { checkUsage } from '#cli/wrong-usage.ts';
import { systemClock } from '#clock.ts';
import { TripcastError } from '#errors.ts';
import type { RealisedError, StreamHarm } from '#monitoring/labels/realised-error.ts';
import { type ShownLabels, showLabels } from '#monitoring/labels/show-labels.ts';
import { limitsOf } from '#monitoring/settings.ts';
import { isRunId } from '#storage/run-id.ts';
import { type Day, daysAfter, newYorkDay } from '#trips/day.ts';

export interface LabelsShowOptions {
  /** Days in New York on which rides were predicted. */
  readonly from?: Day;
  readonly to?: Day;
}

/** TLC publishes its labels about two months after the rides. */
const USUAL_DAYS = 90;

/** `tripcast labels show`: how good the predictions of the stream and the API were, once labels say so. */
export async function labelsShow(options: LabelsShowOptions & CommonOptions, terminal: Terminal): Promise<void> {
  const days = daysOf(options);
  checkUsage(() => refuseEmpty(days));
  const progress = terminal.progress(`labels of ${days.from} to ${days.to}`);
  const shown = await readLabels(await connect(options.env), days, (step) => progress.update(0, step));
  progress.done(readText(shown));
  terminal.result(shown, () => describe(shown));
}

/** Joins the labels and predictions that an environment stores. */
export async function readLabels(
  { data, registry, config }: Deployment,
  days: { readonly from: Day; readonly to: Day },
  onProgress: (step: string) => void = () => {},
): Promise<ShownLabels> {
  await using folder = await workFolder();
  await using database = await DuckDB.open({ tempDirectory: folder.path });
  return await showLabels(days, {
    data,
    database,
    cardOf: async (version) => (isRunId(version) ? registry.card(version) : undefined),
    limits: limitsOf(config.monitoring).harm,
    workFolder: folder.path,
    onProgress,
  });
}

function daysOf({ from, to = newYorkDay(systemClock.now()) }: LabelsShowOptions) {
  return { from: from ?? daysAfter(to, 1 - USUAL_DAYS), to };
}

/** @throws TripcastError when no day is in the range */
function refuseEmpty({ from, to }: { readonly from: Day; readonly to: Day }): void {
  if (from <= to) return;
  throw new TripcastError(`--from ${from} is after --to ${to}`, 'Give the earlier day with --from.');
}

const FIGURES = ['MAE min', 'RMSE min', 'bias min', 'in 90%'];

const figures = ({ mae, rmse, bias, coverage_90 }: RealisedError) => [
  decimals(mae, 3),
  decimals(rmse, 3),
  decimals(bias, 3),
  coverage_90 === null ? '–' : `${decimals(100 * coverage_90, 1)}%`,
];

function describe(shown: ShownLabels): string {
  const versions = shown.versions.map((of) => [
    of.version,
    count(of.predictions),
    count(of.labelled),
    ...figures(of),
    decimals(of.reference_mae, 3),
    harmText(of.harm),
  ]);
  const days = shown.days.map((of) => [
    of.day,
    of.version,
    count(of.predictions),
    count(of.labelled),
    ...figures(of),
    of.verdict === 'measured' ? '' : 'not enough data',
  ]);
  const counted = ['predictions', 'labelled'];
  return [
    `${readText(shown)}.\n${labelText(shown)}`,
    ...(versions.length === 0
      ? []
      : [
          table(['model version', ...counted, ...FIGURES, 'expected MAE', 'has the error grown?'], versions),
          table(['day', 'model version', ...counted, ...FIGURES, ''], days),
        ]),
  ].join('\n\n');
}

const readText = ({ read: { archive, labels } }: ShownLabels) =>
  `Read ${count(archive.objects)} objects of the archive (${megabytes(archive.bytes)}) and ${count(labels.objects)} of labels (${megabytes(labels.bytes)})`;

const megabytes = (bytes: number) => `${(bytes / 1e6).toFixed(1)} MB`;

/** What was joined, and what was not. */
function labelText({ predictions, labelled, match_rate, outside, repeated, unreadable, labels }: ShownLabels): string {
  const matched =
    match_rate === null
      ? 'No predictions on these days'
      : `${count(labelled)} of ${count(predictions)} predictions have a label (${decimals(100 * match_rate, 1)}%)`;
  const rest: readonly (readonly [number, string])[] = [
    [outside, 'labelled rides outside 1 to 60 minutes, not counted as errors'],
    [repeated, 'repeated predictions'],
    [unreadable, 'records in the archive that are not predictions'],
    [labels.unknown, 'labels without a prediction on these days'],
    [labels.repeated, 'repeated labels'],
    [labels.conflicting, 'rides with labels that differ, counted as unlabelled'],
    [labels.unreadable, 'lines that are not labels'],
  ];
  return [matched, ...rest.filter(([n]) => n > 0).map(([n, what]) => `  ${what}: ${count(n)}`)].join('\n');
}

function harmText(harm: StreamHarm): string {
  if (harm.verdict === 'not-enough-data') return `not enough data (${harm.days} days)`;
  if (harm.verdict === 'no-reference') return 'unknown: the run has no card';
  const limit = `limit ${decimals(harm.limit, 2)}, over ${harm.days} days`;
  return harm.verdict === 'harm' ? `yes, since ${harm.since} (${limit})` : `no (${limit})`;
}
