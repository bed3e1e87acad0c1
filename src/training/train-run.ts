import { type Clock, isoTime } from '#clock.ts';
import { TripcastError } from '#errors.ts';
import { mlmodelFiles } from '#mlflow/model-files.ts';
import type { ModelCard } from '#model/card/card.ts';
import { renderCard } from '#model/card/card-html.ts';
import { recipeNamed } from '#model/recipes/index.ts';
import type { Engines } from '#model/recipes/recipe.ts';
import type { LoadScorer } from '#model/scorer.ts';
import { type RidesToRead, type TrainedModel, trainModel } from '#model/train.ts';
import type { RunFiles } from '#registry/registry.ts';
import { PROFILE, type RunFile } from '#registry/run-folder.ts';
import type { RawMonth } from '#storage/raw-months.ts';
import type { RunId } from '#storage/run-id.ts';
import type { Month } from '#trips/month.ts';
import type { TrainingPlan } from './training-job.ts';

export interface TrainRunDeps extends Engines {
  readonly loadScorer: LoadScorer;
  /** Fetches months of the plan's taxi type as local files. @throws TripcastError naming the missing ones */
  fetch(months: readonly Month[]): Promise<readonly RawMonth[]>;
  readonly codeVersion: string;
  readonly clock: Clock;
  readonly onProgress?: (step: string) => void;
}

/**
 * Trains according to a plan: the same code in the trainer function and in `tripcast train --local`.
 * @throws TripcastError when a month was not fetched, or as {@link trainModel}
 * @example
 * const run = await trainRun(newRunId(), plan, { database, boosting, loadScorer, fetch, codeVersion, now: () => new Date() });
 * console.log(run.card.validation.rmse); // minutes
 * await registry.staged(run.card.run_id).complete(filesOf(run));
 */
export async function trainRun(run: RunId, plan: TrainingPlan, deps: TrainRunDeps): Promise<RunFiles> {
  const trained = await trainModel({
    recipe: recipeNamed(plan.recipe),
    taxiType: plan.taxi_type,
    database: deps.database,
    boosting: deps.boosting,
    ...(await sourcesOf(plan, deps.fetch)),
    codeVersion: deps.codeVersion,
    loadScorer: deps.loadScorer,
    ...(deps.onProgress && { onProgress: deps.onProgress }),
  });
  const card: ModelCard = {
    ...trained.card,
    run_id: run,
    mlflow_run_id: null,
    created_at: isoTime(deps.clock),
  };
  return { card, model: trained.model, golden: trained.golden, more: filesBeside(card, trained) };
}

/** The files of a plan's months. @throws TripcastError when one was not fetched */
export async function sourcesOf(
  { months, validation }: Pick<TrainingPlan, 'months' | 'validation'>,
  fetch: TrainRunDeps['fetch'],
): Promise<Pick<RidesToRead, 'train' | 'validation'>> {
  const wanted = validation.kind === 'month' ? [...months, validation.month] : months;
  const sources = await fetch([...new Set(wanted)]);
  const sourceOf = (month: Month): RawMonth => {
    const source = sources.find((each) => each.month === month);
    if (source === undefined) throw new TripcastError(`${month} was not fetched`, 'Ingest it first.');
    return source;
  };
  return {
    train: months.map(sourceOf),
    validation: validation.kind === 'month' ? { kind: 'month', source: sourceOf(validation.month) } : validation,
  };
}

/** The recipe's own model, its rounds, the profile of its rides, the human-readable page, and what MLflow needs to load the graph. */
function filesBeside(card: ModelCard, { files, rounds, golden, profile }: TrainedModel): readonly RunFile[] {
  const { parameters, importance } = card;
  const all = {
    ...files,
    ...(rounds.length > 0 && { 'rounds.json': JSON.stringify(rounds) }),
    'model-card.html': renderCard(card, { ...(parameters && { parameters }), ...(importance && { importance }) }),
    [PROFILE]: profile.text(),
    ...mlmodelFiles(card, golden),
  };
  return Object.entries(all).map(([name, body]) => ({ name, body }));
}
