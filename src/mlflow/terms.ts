/** A model card in MLflow's terms: params, metrics, datasets, tags. */
import type { ModelCard } from '#model/card/card.ts';
import type { BoostingRound } from '#model/recipes/gradient-boosting.ts';
import { monthFile } from '#storage/layout.ts';
import type { MlflowDataset, MlflowMetric, MlflowTags } from './tracking.ts';

/** The longest digest that MLflow accepts. */
const DIGEST_CHARACTERS = 36;

export const runNameOf = (card: ModelCard) => `${card.recipe} ${card.taxi_type} ${namesOf(card.train.months)}`;

export function paramsOf(card: ModelCard): MlflowTags {
  const { kind, month } = card.validation;
  return {
    recipe: card.recipe,
    taxi_type: card.taxi_type,
    train_months: namesOf(card.train.months),
    ...(card.recalibrates && { recalibrates: card.recalibrates.run_id }),
    validation: month ?? kind,
    code_version: card.code_version,
  };
}

/** All metrics on the card: validation under their own names, training under `train`. @param at epoch ms */
export function metricsOf(card: ModelCard, at: number, rounds: readonly BoostingRound[]): readonly MlflowMetric[] {
  const { train, validation, seconds, intercept, model } = card;
  const figures = {
    ...validation,
    train,
    seconds,
    model_bytes: model.bytes,
    ...(intercept !== undefined && { intercept }),
  };
  return [
    ...numbersIn(figures).map(([key, value]) => ({ key, value, timestamp: at, step: 0 })),
    ...rounds.flatMap(({ round, train: ofTrain, validation: ofValidation }) => [
      { key: 'round.train_rmse', value: ofTrain, timestamp: at, step: round },
      ...(ofValidation === undefined
        ? []
        : [{ key: 'round.validation_rmse', value: ofValidation, timestamp: at, step: round }]),
    ]),
  ];
}

/** Anything that MLflow doesn't accept in a metric's key. */
const NOT_IN_A_KEY = /[^\w\-. /]/g;

/** The numbers in an object and its nested objects, by path; lists, such as the months, are not metrics. */
function numbersIn(value: object, path = ''): readonly (readonly [string, number])[] {
  return Object.entries(value).flatMap(([name, inner]): readonly (readonly [string, number])[] => {
    if (typeof inner === 'number') return [[`${path}${name}`.replaceAll(NOT_IN_A_KEY, '_'), inner]];
    return inner instanceof Object && !Array.isArray(inner) ? numbersIn(inner, `${path}${name}.`) : [];
  });
}

/** The month files, under TLC's names. MLflow limits the length of a digest: the full sha256 is in the source. */
export function datasetsOf({ taxi_type, train, recalibrates, validation }: ModelCard): readonly MlflowDataset[] {
  const dataset = (context: MlflowDataset['context'], month: ModelCard['train']['months'][number]): MlflowDataset => ({
    context,
    name: monthFile(taxi_type, month.month),
    digest: month.sha256.slice(0, DIGEST_CHARACTERS),
    sourceType: 'tlc',
    source: JSON.stringify({ file: monthFile(taxi_type, month.month), sha256: month.sha256 }),
    profile: JSON.stringify({ rows_read: month.rows_read, rows: month.rows }),
  });
  const { month, sha256, rows_read, rows } = validation;
  return [
    ...train.months.map((each) => dataset('training', each)),
    ...(recalibrates?.months ?? []).map((each) => dataset('recalibration', each)),
    ...(month === null || sha256 === null ? [] : [dataset('validation', { month, sha256, rows_read, rows })]),
  ];
}

/** @param folderUri s3:// address of the run's folder */
export function tagsOf(card: ModelCard, folderUri: string, user: string): MlflowTags {
  const commit = /^[0-9a-f]{7,40}/.exec(card.code_version)?.[0];
  return {
    'tripcast.model': folderUri,
    'mlflow.user': user,
    'mlflow.source.name': 'tripcast train',
    'mlflow.source.type': 'LOCAL',
    'mlflow.note.content': noteOf(card, folderUri),
    ...(commit !== undefined && { 'mlflow.source.git.commit': commit }),
  };
}

export const versionTagsOf = (card: ModelCard): MlflowTags => ({
  recipe: card.recipe,
  taxi_type: card.taxi_type,
  train_months: namesOf(card.train.months),
  ...(card.recalibrates && { recalibrates: card.recalibrates.run_id }),
  sha256: card.model.sha256,
});

/** Describes a run in one sentence and gives its address. */
export function noteOf(card: ModelCard, folderUri: string): string {
  const { month, rmse, mae } = card.validation;
  const measured = month ?? 'a share of the same rides';
  const recalibrated = card.recalibrates && `, intervals from ${namesOf(card.recalibrates.months)}`;
  return `${card.recipe} of ${card.taxi_type} taxis, trained on ${namesOf(card.train.months)}${recalibrated ?? ''}: RMSE ${rmse.toFixed(4)} and MAE ${mae.toFixed(4)} minutes on ${measured}.\n\ntripcast run ${card.run_id}, files in ${folderUri}`;
}

const namesOf = (months: ModelCard['train']['months']) => months.map(({ month }) => month).join(', ');
