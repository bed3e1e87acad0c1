import { evaluationOf } from '#batch/receipts.ts';
import { chooseRun } from '#cli/choose-run.ts';
import { connect, type Deployment } from '#cli/context.ts';
import type { CommonOptions } from '#cli/options.ts';
import { count, decimals, type Terminal, table } from '#cli/view/terminal.ts';
import { TripcastError } from '#errors.ts';
import { type ModelCard, validatedOn } from '#model/card/card.ts';
import { compareOnMonth } from '#model/evaluation/compare-on-month.ts';
import { loadRun } from '#registry/load-run.ts';
import { fetchRawMonths } from '#storage/raw-months.ts';
import type { Month } from '#trips/month.ts';
import type { TaxiType } from '#trips/taxi-type.ts';

export interface ModelsCompareOptions {
  readonly a: string;
  readonly b: string;
  /** An ingested month; defaults to the one that the first run was validated on. */
  readonly month?: Month;
  readonly taxiType: TaxiType;
}

/** `tripcast models compare`: two runs on the rides of one month, and how certain their difference is. */
export async function modelsCompare(options: ModelsCompareOptions & CommonOptions, terminal: Terminal): Promise<void> {
  const compared = await compareRuns(await connect(options.env), options, terminal);
  terminal.result(compared, () => describe(compared));
}

type Compared = Awaited<ReturnType<typeof compareRuns>>;

export async function compareRuns(to: Deployment, options: ModelsCompareOptions, terminal: Terminal) {
  const [{ loadScorer }, { DuckDB }, { workFolder }] = await Promise.all([
    import('#adapters/onnxruntime.ts'),
    import('#adapters/duckdb.ts'),
    import('#adapters/work-folder.ts'),
  ]);
  const runs = await Promise.all([options.a, options.b].map((named) => chooseRun(to, named, options.taxiType)));
  const [a, b] = await Promise.all(runs.map((run) => loadRun(to.registry, run, loadScorer)));
  if (a === undefined || b === undefined) throw new TypeError('Both runs must have a model.');
  refuseOtherType(a.card, b.card);
  const month = options.month ?? a.card.validation.month;
  if (month === null) {
    throw new TripcastError(
      `Run ${a.runId} was validated on ${validatedOn(a.card)}, not on a whole month`,
      'Give one with --month.',
    );
  }
  const progress = terminal.progress(`compare on ${a.card.taxi_type} ${month}`);
  await using folder = await workFolder();
  await using database = await DuckDB.open({ tempDirectory: folder.path });
  const [source] = await fetchRawMonths(to.data, a.card.taxi_type, [month], folder.path);
  if (source === undefined) throw new TypeError('A month that was fetched must be there.');
  const comparison = await compareOnMonth({ a: a.scorer, b: b.scorer }, a.card.taxi_type, source, database);
  await Promise.all([a.scorer.close(), b.scorer.close()]);
  progress.done(`${count(comparison.rows)} rides`);
  const side = (card: ModelCard, errors: (typeof comparison)['a']) => ({
    run_id: card.run_id,
    recipe: card.recipe,
    ...errors,
    evaluation: evaluationOf(card, month),
  });
  const { rows, days, rmse_difference, interval } = comparison;
  const sides = { a: side(a.card, comparison.a), b: side(b.card, comparison.b) };
  const unfair = [sides.a, sides.b].filter(({ evaluation }) => evaluation === 'in-training');
  return {
    taxi_type: a.card.taxi_type,
    month,
    rows,
    days,
    ...sides,
    rmse_difference,
    interval,
    /** false: a run was trained on these rides, so the difference says nothing about new ones. */
    comparable: unfair.length === 0,
  };
}

function refuseOtherType(a: ModelCard, b: ModelCard): void {
  if (a.taxi_type === b.taxi_type) return;
  throw new TripcastError(
    `Run ${a.run_id} is for ${a.taxi_type} taxis and run ${b.run_id} for ${b.taxi_type} ones`,
    'Compare two runs of the same taxi type.',
  );
}

function describe({ month, rows, a, b, rmse_difference, interval, comparable }: Compared): string {
  const line = ({ run_id, recipe, rmse, mae, evaluation }: Compared['a']) => [
    run_id,
    recipe,
    decimals(rmse, 4),
    decimals(mae, 4),
    evaluation,
  ];
  const range = interval === null ? '' : `, 95% interval ${interval.map((end) => decimals(end, 4)).join(' to ')}`;
  const surely = interval !== null && interval[0] <= 0 && interval[1] >= 0 ? ': neither is clearly better' : '';
  return [
    table(['run', 'recipe', 'RMSE min', 'MAE min', 'evaluation'], [line(a), line(b)]),
    `RMSE difference ${decimals(rmse_difference, 4)} min${range}${surely} (${count(rows)} rides of ${month}; 1,000 resamples of days)`,
    ...(comparable ? [] : ['Not comparable: a run was trained on these rides. Give another month with --month.']),
  ].join('\n');
}
