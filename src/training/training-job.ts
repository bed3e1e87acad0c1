import { z } from 'zod';
import { shown, TripcastError } from '#errors.ts';
import { recipeNamed } from '#model/recipes/index.ts';
import { RECIPE_NAMES } from '#model/recipes/recipe.ts';
import { aliasPointerSchema } from '#registry/alias.ts';
import { verdictSchema } from '#registry/verdict.ts';
import { runIdSchema } from '#storage/run-id.ts';
import { addMonths, type Month, monthRange, monthSchema, parseMonth } from '#trips/month.ts';
import { type TaxiType, taxiTypeSchema } from '#trips/taxi-type.ts';

/** What starts a training: a range of months or a list, and what to validate on. */
export const trainingRequestSchema = z.strictObject({
  recipe: z.string(),
  taxi_type: taxiTypeSchema.nullish(),
  train: z.strictObject({ from: monthSchema, to: monthSchema }).nullish(),
  months: z.array(monthSchema).min(1).nullish(),
  /** A month, `split:SHARE` or `last:DAYS`; defaults to the month after the last one. */
  validate: z.string().nullish(),
  promote: z.boolean().default(false),
  promoted_by: z.string().min(1).default('training state machine'),
});
export type TrainingRequest = z.input<typeof trainingRequestSchema>;

const share = z.number().gt(0).lt(1);
/** A month has more, so that some of it is left to train on. */
const days = z.int().min(1).max(27);
const validationSchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('month'), month: monthSchema }),
  z.object({ kind: z.literal('split'), share, seed: z.int() }),
  z.object({ kind: z.literal('last'), month: monthSchema, days }),
]);
export type PlannedValidation = Readonly<z.infer<typeof validationSchema>>;

/** What the states of a training pass to one another. */
export const trainingJobSchema = z.object({
  run_id: runIdSchema,
  recipe: z.enum(RECIPE_NAMES),
  taxi_type: taxiTypeSchema,
  months: z.array(monthSchema).min(1),
  validation: validationSchema,
  promote: z.boolean(),
  promoted_by: z.string(),
});
export type TrainingJob = Readonly<z.infer<typeof trainingJobSchema>>;

/** A training with nothing left open, before it has a run ID. */
export type TrainingPlan = Omit<TrainingJob, 'run_id'>;

/** A training after the gate: what the states pass on from there, and what `tripcast train` ends with. */
export const trainingOutcomeSchema = trainingJobSchema.extend({
  gate: verdictSchema,
  /** Whether it is worth keeping at all: a graph that does not reproduce its golden rides is not. */
  sound: z.boolean(),
  /** How far it got. `refused` and `not-comparable` come from the gate, when a promotion was requested. */
  status: z.enum(['gated', 'registered', 'promoted', 'refused', 'not-comparable', 'lost-race']),
  /** s3:// address of the registered model.onnx; null until then, and if the run is not sound. */
  model: z.string().nullable(),
  /** The champion after the promotion: this run, or the one that got there first. null if none was attempted. */
  champion: aliasPointerSchema.nullable(),
});
export type TrainingOutcome = Readonly<z.infer<typeof trainingOutcomeSchema>>;

/**
 * Fills in what a request leaves open.
 * @throws TripcastError when the recipe is unknown, or it is not clear what to train or validate on
 * @example
 * const request = trainingRequestSchema.parse({ recipe: 'zone-map', train: { from: '2023-01', to: '2023-03' } });
 * const plan = planTraining(request, 'green'); // validated on 2023-04, the month after
 */
export function planTraining(request: z.output<typeof trainingRequestSchema>, taxiType: TaxiType): TrainingPlan {
  const months = monthsOf(request);
  return {
    recipe: recipeNamed(request.recipe).name,
    taxi_type: request.taxi_type ?? taxiType,
    months: [...months],
    validation: validationOf(request.validate ?? undefined, months),
    promote: request.promote,
    promoted_by: request.promoted_by,
  };
}

function monthsOf({ train, months }: z.output<typeof trainingRequestSchema>): readonly Month[] {
  if (train != null && months == null) return monthRange(train.from, train.to);
  if (train == null && months != null) return months;
  throw new TripcastError(
    'It is not clear what to train on',
    'Give train with from and to, or months with a list; not both.',
  );
}

/** Fixed, and the same as in the published flows, so that the same rides are held out every time. */
const SPLIT_SEED = 42;

/** The month after the last one, unless specified. The last days are those of the last month. */
function validationOf(wanted: string | undefined, trained: readonly Month[]): PlannedValidation {
  if (wanted?.startsWith('split:')) {
    const found = share.safeParse(Number(wanted.slice('split:'.length)));
    if (found.success) return { kind: 'split', share: found.data, seed: SPLIT_SEED };
    throw new TripcastError(`${shown(wanted)} is not a split`, 'Give a share between 0 and 1, for example split:0.2.');
  }
  const last = trained.toSorted().at(-1);
  if (last === undefined) throw new TripcastError('There is no month to train on', 'Give at least one.');
  if (wanted?.startsWith('last:')) {
    const found = days.safeParse(Number(wanted.slice('last:'.length)));
    if (found.success) return { kind: 'last', month: last, days: found.data };
    throw new TripcastError(
      `${shown(wanted)} is not a number of days`,
      'Give 1 to 27, for example last:7 for the last week of the last month.',
    );
  }
  if (wanted !== undefined) return { kind: 'month', month: parseMonth(wanted) };
  return { kind: 'month', month: addMonths(last, 1) };
}
