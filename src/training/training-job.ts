import { z } from 'zod';
import { shown, TripcastError } from '#errors.ts';
import type { ModelCard } from '#model/card/card.ts';
import { refuseSeenMonths } from '#model/recalibrate.ts';
import { recipeNamed } from '#model/recipes/index.ts';
import { RECIPE_NAMES } from '#model/recipes/recipe.ts';
import { aliasPointerSchema } from '#registry/alias.ts';
import { verdictSchema } from '#registry/verdict.ts';
import { type RunId, runIdSchema } from '#storage/run-id.ts';
import { addMonths, type Month, monthRange, monthSchema, parseMonth } from '#trips/month.ts';
import { type TaxiType, taxiTypeSchema } from '#trips/taxi-type.ts';

/** What starts a training: a recipe to fit or a run to recalibrate, months, and what to validate on. */
export const trainingRequestSchema = z.strictObject({
  recipe: z.string().nullish(),
  /** A run, whose intervals are made anew from the months while its trees stay as they are. */
  recalibrate: z.union([z.literal('champion'), runIdSchema]).nullish(),
  taxi_type: taxiTypeSchema.nullish(),
  train: z.strictObject({ from: monthSchema, to: monthSchema }).nullish(),
  months: z.array(monthSchema).min(1).nullish(),
  /** A month, `split:SHARE` or `last:DAYS`; defaults to the month after the last one, or `last:7` to recalibrate. */
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
  /** The run that is recalibrated, instead of fitting the recipe. */
  recalibrates: runIdSchema.optional(),
  taxi_type: taxiTypeSchema,
  months: z.array(monthSchema).min(1),
  validation: validationSchema,
  promote: z.boolean(),
  promoted_by: z.string(),
});
export type TrainingJob = Readonly<z.infer<typeof trainingJobSchema>>;

/** A training with nothing left open, before it has a run ID. */
export type TrainingPlan = Omit<TrainingJob, 'run_id'>;
export type RecalibrationPlan = TrainingPlan & { readonly recalibrates: RunId };

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

type Request = z.output<typeof trainingRequestSchema>;

/** The validation of a recalibration that names none: its months are the newest, and none is left after them. */
const LAST_WEEK = 'last:7';

/**
 * Fills in what a request to fit a recipe leaves open.
 * @throws TripcastError when the recipe is unknown, or it is not clear what to train or validate on
 * @example
 * const request = trainingRequestSchema.parse({ recipe: 'zone-map', train: { from: '2023-01', to: '2023-03' } });
 * const plan = planTraining(request, 'green'); // validated on 2023-04, the month after
 */
export function planTraining(request: Request, taxiType: TaxiType): TrainingPlan {
  const { recipe } = request;
  if (recipe == null || request.recalibrate != null) throw unclear();
  return {
    ...planned(request, request.validate ?? undefined),
    recipe: recipeNamed(recipe).name,
    taxi_type: request.taxi_type ?? taxiType,
  };
}

/**
 * The same for a request to recalibrate a run.
 * @param original its card
 * @throws TripcastError when the run is for other taxis, or was trained on one of the months
 */
export function planRecalibration(request: Request, original: ModelCard): RecalibrationPlan {
  if (request.recalibrate == null || request.recipe != null) throw unclear();
  const { run_id, recipe, taxi_type } = original;
  if (request.taxi_type != null && request.taxi_type !== taxi_type) {
    throw new TripcastError(
      `Run ${run_id} is for ${taxi_type} taxis and cannot be recalibrated on ${request.taxi_type} rides`,
      `Give --taxi-type ${taxi_type}, or another run.`,
    );
  }
  const plan = planned(request, request.validate ?? LAST_WEEK);
  const { months, validation } = plan;
  const measured = validation.kind === 'month' ? [validation.month] : [];
  refuseSeenMonths(
    original,
    [...months, ...measured].map((month) => ({ month })),
  );
  return { ...plan, recipe, recalibrates: run_id, taxi_type };
}

const unclear = () =>
  new TripcastError(
    'It is not clear what to train',
    'Give recipe to fit one, or recalibrate with a run or "champion"; not both.',
  );

function planned(request: Request, validate: string | undefined) {
  const months = monthsOf(request);
  return {
    months: [...months],
    validation: validationOf(validate, months),
    promote: request.promote,
    promoted_by: request.promoted_by,
  };
}
function monthsOf({ train, months }: Request): readonly Month[] {
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
export function validationOf(wanted: string | undefined, trained: readonly Month[]): PlannedValidation {
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
