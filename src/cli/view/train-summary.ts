import { type ModelCard, unseen, validatedOn } from '#model/card/card.ts';
import type { TrainingOutcome } from '#training/training-job.ts';
import { count, decimals, table } from './terminal.ts';

/** A finished run: its card, and where its graph is stored. */
export interface FinishedRun {
  readonly card: ModelCard;
  readonly model: string;
  /** What the state machine says about it; a local run passes no gate. */
  readonly outcome?: TrainingOutcome;
}

/** What `tripcast train --json` prints. */
export function runJson({ card, model, outcome }: FinishedRun) {
  const { train, validation } = card;
  return {
    run_id: card.run_id,
    recipe: card.recipe,
    model,
    ...(card.intercept !== undefined && { intercept: card.intercept }),
    train: { rows_read: train.rows_read, rows: train.rows, features: train.features, stored: train.stored },
    validation: {
      rows: validation.rows,
      stored: validation.stored,
      rmse: validation.rmse,
      mae: validation.mae,
      coverage_90: validation.coverage_90,
      optimistic: !['unseen-month', 'unseen-days'].includes(unseen(card)),
    },
    seconds: card.seconds,
    ...(outcome !== undefined && {
      status: outcome.status,
      gate: { outcome: outcome.gate.outcome, reasons: outcome.gate.reasons },
      champion: outcome.champion,
    }),
  };
}

/** The same for people. */
export function runSummary({ card, model, outcome }: FinishedRun): string {
  const { train, validation } = card;
  const validated = [
    `validate ${validatedOn(card)}`,
    count(validation.rows_read),
    count(validation.rows),
    count(train.features),
    count(validation.stored),
    decimals(validation.rmse, 4),
    decimals(validation.mae, 4),
    `${decimals(validation.coverage_90 * 100, 1)}%`,
  ];
  const { typical_distance: without } = validation;
  const withoutDistance = [
    'the same, no distance given',
    ...['–', '–', '–', '–'],
    decimals(without.rmse, 4),
    decimals(without.mae, 4),
    `${decimals(without.coverage_90 * 100, 1)}%`,
  ];
  const trained = ['train', count(train.rows_read), count(train.rows), count(train.features), count(train.stored)];
  return [
    table(
      ['', 'records', 'kept', 'features', 'stored values', 'RMSE min', 'MAE min', 'in 90% interval'],
      [[...trained, '–', '–', '–'], validated, withoutDistance],
    ),
    ...(card.intercept === undefined ? [] : [`intercept ${card.intercept.toFixed(7)}`]),
    `run ${card.run_id}`,
    `model ${model}`,
    ...(outcome === undefined ? [] : saidOf(outcome)),
  ].join('\n');
}

function saidOf({ status, gate, champion, run_id }: NonNullable<FinishedRun['outcome']>): readonly string[] {
  const reasons = gate.reasons.map((reason) => `  - ${reason}`);
  switch (status) {
    case 'promoted':
      return [`promoted: champion #${champion?.sequence}`];
    case 'lost-race':
      return [
        `not promoted: ${champion?.promoted_by} made ${champion?.run_id} the champion in the meantime; \`tripcast models promote ${run_id} --gate\` runs the gate again`,
      ];
    case 'registered':
      return gate.outcome === 'passed'
        ? ['gate passed']
        : [`registered; the gate would not promote it (${gate.outcome}):`, ...reasons];
    default:
      return [`not promoted, ${status}:`, ...reasons];
  }
}
