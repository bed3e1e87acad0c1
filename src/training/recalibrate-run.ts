import { isoTime } from '#clock.ts';
import { mlmodelFiles } from '#mlflow/model-files.ts';
import { type ModelCard, treesOf } from '#model/card/card.ts';
import { renderCard } from '#model/card/card-html.ts';
import { baselinesOf } from '#model/evaluation/baselines.ts';
import { BreakdownSums } from '#model/evaluation/breakdown.ts';
import { validate } from '#model/evaluation/validate.ts';
import { recordGoldenRides } from '#model/golden/golden.ts';
import { recalibrate } from '#model/recalibrate.ts';
import { NATIVE_FILES } from '#model/recipes/recipe.ts';
import { readRides } from '#model/rides/training-rides.ts';
import type { Scorer } from '#model/scorer.ts';
import {
  type AllRides,
  dropRides,
  heldOutOf,
  profileOf,
  type RidesToRead,
  readAll,
  refuseRepeatedMonths,
} from '#model/train.ts';
import { NoChampionError } from '#registry/model-source.ts';
import { type ModelFiles, noRun, type Registry, type RunFiles } from '#registry/registry.ts';
import { PROFILE, type RunFile } from '#registry/run-folder.ts';
import { parseRunId, type RunId } from '#storage/run-id.ts';
import { sha256 } from '#storage/sha256.ts';
import type { TaxiType } from '#trips/taxi-type.ts';
import { sourcesOf, type TrainRunDeps } from './train-run.ts';
import type { RecalibrationPlan, TrainingRequest } from './training-job.ts';

/** A run to recalibrate, with the files of its recipe's own model, which stays the same. */
export interface OriginalRun extends ModelFiles {
  readonly native: readonly RunFile[];
}

/**
 * The run that a request recalibrates; undefined if it fits a recipe.
 * @param taxiType whose champion, if the request does not say
 * @throws TripcastError when there is no such completed run, or no champion
 */
export async function originalOf(
  { recalibrate, taxi_type }: TrainingRequest,
  taxiType: TaxiType,
  registry: Registry,
): Promise<OriginalRun | undefined> {
  if (recalibrate == null) return undefined;
  const run = recalibrate === 'champion' ? await championOf(registry, taxi_type ?? taxiType) : parseRunId(recalibrate);
  const files = await registry.readModel(run);
  if (files === undefined) throw noRun(run);
  const native = await Promise.all(
    [...NATIVE_FILES, 'rounds.json'].map(async (name) => {
      const body = await registry.folder(run).read(name);
      return body === undefined ? [] : [{ name, body }];
    }),
  );
  return { ...files, native: native.flat() };
}

async function championOf(registry: Registry, taxiType: TaxiType): Promise<RunId> {
  const champion = await registry.champion(taxiType);
  if (champion === undefined) throw new NoChampionError(taxiType);
  return champion.pointer.run_id;
}

/** Recalibrating boosts nothing. */
export type RecalibrateRunDeps = Omit<TrainRunDeps, 'boosting'>;

/**
 * Recalibrates according to a plan: a run of its own that predicts what the original does, with intervals made from
 * the plan's months, and figures measured on rides that neither has seen.
 * @throws TripcastError when a month was not fetched, or as {@link recalibrate}
 * @example
 * const original = await originalOf(request, 'green', registry);
 * const plan = planRecalibration(request, original.card);
 * const run = await recalibrateRun(newRunId(), plan, original, { database, loadScorer, fetch, codeVersion, clock });
 * await registry.staged(run.card.run_id).complete(filesOf(run));
 */
export async function recalibrateRun(
  run: RunId,
  plan: RecalibrationPlan,
  original: OriginalRun,
  deps: RecalibrateRunDeps,
): Promise<RunFiles> {
  const { database } = deps;
  const toRead = { database, taxiType: plan.taxi_type, ...(await sourcesOf(plan, deps.fetch)) };
  refuseRepeatedMonths(toRead);
  try {
    return await recalibrateOnTables(run, toRead, original, deps);
  } finally {
    await dropRides(database);
  }
}

async function recalibrateOnTables(
  run: RunId,
  toRead: RidesToRead,
  original: OriginalRun,
  deps: RecalibrateRunDeps,
): Promise<RunFiles> {
  const started = performance.now();
  const { database, loadScorer, onProgress = () => {} } = deps;
  onProgress('reading rides');
  const rides = await readAll(toRead);
  onProgress('recalibrating intervals');
  const { model } = await recalibrate(original, { months: toRead.train, relation: rides.train }, deps);
  onProgress('validating');
  const scorer = await loadScorer(model);
  try {
    const golden = await recordGoldenRides(scorer, original.golden.rides, Float64Array.from(original.golden.exact));
    const { recipe, taxi_type, parameters, intercept, importance, train } = original.card;
    const card: ModelCard = {
      schema_version: 1,
      run_id: run,
      mlflow_run_id: null,
      created_at: isoTime(deps.clock),
      recipe,
      taxi_type,
      code_version: deps.codeVersion,
      ...(parameters && { parameters }),
      ...(intercept !== undefined && { intercept }),
      ...(importance && { importance }),
      train,
      recalibrates: {
        run_id: treesOf(original.card),
        months: rides.months.map(({ month, sha256, rowsRead, rows }) => ({ month, sha256, rows_read: rowsRead, rows })),
        rows: rides.months.reduce((sum, { rows }) => sum + rows, 0),
      },
      validation: await measured(scorer, toRead, rides),
      model: { sha256: sha256(model), bytes: model.length },
      seconds: (performance.now() - started) / 1000,
    };
    const written = {
      'model-card.html': renderCard(card, { ...(parameters && { parameters }), ...(importance && { importance }) }),
      [PROFILE]: (await profileOf(scorer, readRides(database, rides.train))).text(),
      ...mlmodelFiles(card, golden),
    };
    const more = [...original.native, ...Object.entries(written).map(([name, body]) => ({ name, body }))];
    return { card, model, golden, more };
  } finally {
    await scorer.close();
  }
}

async function measured(
  scorer: Scorer,
  { database, validation }: RidesToRead,
  rides: AllRides,
): Promise<ModelCard['validation']> {
  const breakdown = new BreakdownSums(await baselinesOf(database, rides.train));
  const { given, typical } = await validate(scorer, readRides(database, rides.validation), (batch, predictions) =>
    breakdown.add(batch, predictions),
  );
  const { rmse, mae, coverage_90, coverage_80 } = typical;
  const source = validation.kind === 'month' ? validation.source : undefined;
  return {
    kind: validation.kind,
    month: source?.month ?? null,
    sha256: source?.sha256 ?? null,
    ...heldOutOf(validation),
    rows_read: rides.validationRowsRead,
    ...given,
    typical_distance: { rmse, mae, coverage_90, coverage_80 },
    breakdown: breakdown.breakdown(),
  };
}
