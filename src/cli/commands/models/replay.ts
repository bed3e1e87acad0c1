import { evaluationOf } from '#batch/receipts.ts';
import { archivedDay } from '#cli/archived-day.ts';
import { chooseRun } from '#cli/choose-run.ts';
import { connect, type Deployment } from '#cli/context.ts';
import type { CommonOptions } from '#cli/options.ts';
import { differencesTable } from '#cli/view/differences-table.ts';
import { count, decimals, type Terminal, table } from '#cli/view/terminal.ts';
import { checkUsage } from '#cli/wrong-usage.ts';
import { TripcastError } from '#errors.ts';
import type { ModelCard } from '#model/card/card.ts';
import { differenceFigures } from '#model/evaluation/differences.ts';
import type { LabelledRides } from '#model/rides/rides.ts';
import { loadRides, readRides } from '#model/rides/training-rides.ts';
import { loadRun } from '#registry/load-run.ts';
import { fetchRawMonths } from '#storage/raw-months.ts';
import { segmentName } from '#training/gate.ts';
import { judgeReplay, replayRides } from '#training/replay.ts';
import type { Day } from '#trips/day.ts';
import type { Month } from '#trips/month.ts';
import type { TaxiType } from '#trips/taxi-type.ts';

export interface ModelsReplayOptions {
  readonly run: string;
  /** A run, or `champion`. */
  readonly against: string;
  readonly month?: Month;
  readonly day?: Day;
  readonly taxiType: TaxiType;
}

/** `tripcast models replay`: has a run and the champion score the same past rides, and says whether the gate would mind. */
export async function modelsReplay(options: ModelsReplayOptions & CommonOptions, terminal: Terminal): Promise<void> {
  checkUsage(() => refuseUnclear(options));
  const replayed = await replayRuns(await connect(options.env), options, terminal);
  terminal.result(replayed, () => describe(replayed));
  if (!replayed.passed) process.exitCode = 1;
}

function refuseUnclear({ month, day }: ModelsReplayOptions): void {
  if ((month === undefined) !== (day === undefined)) return;
  throw new TripcastError(
    'It is not clear what to replay',
    'Give --month with an ingested month, or --day with a day of the stream; not both.',
  );
}

type ReplayedRuns = Awaited<ReturnType<typeof replayRuns>>;

export async function replayRuns(to: Deployment, options: ModelsReplayOptions, terminal: Terminal) {
  const { config, registry } = to;
  const [{ loadScorer }, { DuckDB }, { workFolder }] = await Promise.all([
    import('#adapters/onnxruntime.ts'),
    import('#adapters/duckdb.ts'),
    import('#adapters/work-folder.ts'),
  ]);
  const taxiType = options.day === undefined ? options.taxiType : config.model.servedTaxiType;
  const run = await chooseRun(to, options.run, taxiType);
  const against = await chooseRun(to, options.against, taxiType);
  if (run === against) {
    throw new TripcastError(
      `Run ${run} would be compared with itself`,
      'Give another run, or another one with --against.',
    );
  }
  const a = await loadRun(registry, run, loadScorer);
  const b = await loadRun(registry, against, loadScorer);
  try {
    for (const { card } of [a, b]) refuseOtherTaxis(card, taxiType);
    const progress = terminal.progress(`replay ${options.month ?? options.day}`);
    await using folder = await workFolder();
    await using database = await DuckDB.open({ tempDirectory: folder.path });
    const { batches, withoutEvent } = await ridesToReplay(to, options, { database, workFolder: folder.path, taxiType });
    const replayed = await replayRides({ a: a.scorer, b: b.scorer }, batches, config.gate);
    progress.done(`${count(replayed.rides)} rides`);
    const { comparison, segments, differences, groups, rides, labelled } = replayed;
    const seen = [a.card, b.card].flatMap((card) => trainedOn(card, options.month));
    const { passed, reasons } = judgeReplay(replayed, against, config.gate);
    return {
      run_id: run,
      against,
      taxi_type: taxiType,
      month: options.month ?? null,
      day: options.day ?? null,
      rides,
      labelled,
      without_event: withoutEvent,
      comparison,
      segments,
      differences: differenceFigures(differences),
      groups: groups.map(({ grouping, group, ...sums }) => ({ grouping, group, ...differenceFigures(sums) })),
      passed: passed && seen.length === 0,
      reasons: [...seen, ...reasons],
    };
  } finally {
    await Promise.all([a.scorer.close(), b.scorer.close()]);
  }
}

function refuseOtherTaxis({ run_id, taxi_type }: ModelCard, taxiType: TaxiType): void {
  if (taxi_type === taxiType) return;
  throw new TripcastError(
    `Run ${run_id} is a model of ${taxi_type} taxis, not of ${taxiType} ones`,
    'Give runs of one taxi type; with --month, --taxi-type says which.',
  );
}

const trainedOn = (card: ModelCard, month: Month | undefined): readonly string[] =>
  month !== undefined && evaluationOf(card, month) === 'in-training'
    ? [`Run ${card.run_id} was trained on ${month}: its errors there say nothing about new rides`]
    : [];

async function ridesToReplay(
  to: Deployment,
  { month, day }: ModelsReplayOptions,
  {
    taxiType,
    ...where
  }: {
    readonly taxiType: TaxiType;
    readonly database: Parameters<typeof archivedDay>[2]['database'];
    readonly workFolder: string;
  },
): Promise<{
  readonly batches: AsyncIterable<LabelledRides> | Iterable<LabelledRides>;
  readonly withoutEvent: number;
}> {
  if (day !== undefined) {
    const { rides, withoutEvent } = await archivedDay(day, to, where);
    return { batches: [rides], withoutEvent };
  }
  if (month === undefined) throw new TypeError('There must be a month or a day.');
  const sources = await fetchRawMonths(to.data, taxiType, [month], where.workFolder);
  await loadRides(where.database, 'replayed', taxiType, sources);
  return { batches: readRides(where.database, 'replayed'), withoutEvent: 0 };
}

const VERDICTS = { worse: 'WORSE', 'not-worse': 'ok', 'not-enough-data': 'too few' } as const;

function describe(replayed: ReplayedRuns): string {
  const { run_id, against, comparison, segments, differences, groups, passed, reasons, without_event } = replayed;
  const title = `Run ${run_id} against ${against} on ${count(replayed.rides)} rides of ${replayed.month ?? replayed.day}, ${count(replayed.labelled)} of them with labels`;
  const gone =
    without_event === 0 ? [] : [`${count(without_event)} more predictions have no event in the stream any more.`];
  return [
    title,
    ...gone,
    ...(comparison === null ? [] : ['', errorsTable(comparison, segments)]),
    '',
    differencesTable(differences, groups),
    '',
    passed ? 'Passed.' : ['Not passed:', ...reasons.map((reason) => `  - ${reason}`)].join('\n'),
  ].join('\n');
}

function errorsTable(
  { a, b, rows, rmse_difference, interval }: NonNullable<ReplayedRuns['comparison']>,
  segments: ReplayedRuns['segments'],
): string {
  const range = interval === null ? '' : `${decimals(interval[0], 3)} to ${decimals(interval[1], 3)}`;
  const overall = [
    'all',
    count(rows),
    decimals(a.rmse, 3),
    decimals(b.rmse, 3),
    decimals(rmse_difference, 3),
    range,
    '',
  ];
  return table(
    ['rides of', 'rides', 'RMSE min', 'against', 'difference', 'at least, or 95%', ''],
    [
      overall,
      ...segments.map((each) => [
        segmentName(each),
        count(each.rows),
        decimals(each.a, 3),
        decimals(each.b, 3),
        decimals(each.rmse_difference, 3),
        each.low === null ? '' : decimals(each.low, 3),
        VERDICTS[each.verdict],
      ]),
    ],
  );
}
