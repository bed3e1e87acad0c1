import { z } from 'zod';
import { type RunId, runIdSchema } from '#storage/run-id.ts';
import { sha256Schema } from '#storage/sha256.ts';
import { columnFactsSchema } from '#trips/column-facts.ts';
import { monthSchema } from '#trips/month.ts';
import { taxiTypeSchema } from '#trips/taxi-type.ts';
import { breakdownSchema } from '../evaluation/breakdown.ts';
import { figuresSchema } from '../evaluation/figures.ts';
import { RECIPE_NAMES } from '../recipes/recipe.ts';

const rows = z.int().nonnegative();
const monthRows = z.object({ month: monthSchema, sha256: sha256Schema, rows_read: rows, rows });
const cardBody = {
  schema_version: z.literal(1),
  recipe: z.enum(RECIPE_NAMES),
  taxi_type: taxiTypeSchema,
  code_version: z.string(),
  parameters: z
    .record(z.string(), z.union([z.string(), z.number()]))
    .optional()
    .describe('what was chosen beforehand'),
  intercept: z.number().optional(),
  importance: z
    .array(z.object({ feature: z.string(), gain: z.number() }))
    .optional()
    .describe('of boosted recipes: the features that gain most a split, largest first'),
  train: z.object({
    months: z.array(monthRows),
    rows_read: rows,
    rows,
    features: rows.describe('columns of the design matrix'),
    stored: rows.describe('values that the sparse matrix stores'),
    columns: z.array(columnFactsSchema).optional().describe("of the months' files, whatever cleaning drops"),
  }),
  recalibrates: z
    .object({
      run_id: runIdSchema.describe('the run that fitted the trees; `train` is about its rides'),
      months: z.array(monthRows),
      rows: rows.describe('rides that the intervals were made from'),
    })
    .optional()
    .describe('of a run that has the predictions of another, and intervals from later rides'),
  validation: z.object({
    kind: z.enum(['month', 'split', 'last']),
    month: monthSchema.nullable().describe('null = rides held out of the training months'),
    sha256: sha256Schema.nullable(),
    held_out: z
      .union([
        z.object({ share: z.number(), seed: z.int() }),
        z.object({ month: monthSchema, days: z.int().positive() }),
      ])
      .optional()
      .describe('the rides measured on: a share at random, which is optimistic, or the last days of a month'),
    rows_read: rows,
    rows,
    stored: rows.optional().describe('of a recalibrated run, which builds no matrix: absent'),
    ...figuresSchema.shape,
    mape: z.number().nonnegative(),
    r2: z.number().nullable(),
    typical_distance: figuresSchema.describe('the same rides with no distance given'),
    breakdown: breakdownSchema.optional(),
  }),
  model: z.object({ sha256: sha256Schema, bytes: rows }),
  seconds: z.number().nonnegative(),
};

/** card.json: what a run was trained on, how well it predicts, and which bytes it is. Errors are in minutes. */
export const modelCardSchema = z.object({
  ...cardBody,
  run_id: runIdSchema,
  mlflow_run_id: z.string().nullable(),
  created_at: z.iso.datetime(),
});
export type ModelCard = Readonly<z.infer<typeof modelCardSchema>>;

/** The run that fitted a run's trees: itself, unless it recalibrates another. */
export const treesOf = ({ run_id, recalibrates }: Pick<ModelCard, 'run_id' | 'recalibrates'>): RunId =>
  recalibrates?.run_id ?? run_id;

/** The months that a run was made from: those of its intervals if it recalibrates another, and else of its fit. */
export const monthsOf = ({ train, recalibrates }: Pick<ModelCard, 'train' | 'recalibrates'>) =>
  (recalibrates ?? train).months;

/**
 * How far a card's figures can be trusted: only rides from days it has not seen are a real test. Rides held out of
 * the training months at random share days with the training rides; rides it was trained on say nothing about new ones.
 */
export type Unseen = 'unseen-month' | 'unseen-days' | 'same-days' | 'trained-on';

/** How far the figures of a card can be trusted. */
export function unseen(card: Pick<ModelCard, 'train' | 'recalibrates' | 'validation'>): Unseen {
  const { train, validation } = card;
  if (validation.kind === 'split') return 'same-days';
  if (validation.kind === 'last') return 'unseen-days';
  const seen = [...train.months, ...monthsOf(card)];
  return seen.some(({ month }) => month === validation.month) ? 'trained-on' : 'unseen-month';
}

/** What it was validated on, in a few words, with a warning if the figures flatter the model. */
export function validatedOn(card: Pick<ModelCard, 'train' | 'recalibrates' | 'validation'>): string {
  const { held_out } = card.validation;
  const words: Readonly<Record<Unseen, string>> = {
    'unseen-month': `${card.validation.month}`,
    'unseen-days': held_out !== undefined && 'days' in held_out ? lastDays(held_out) : 'held-out days',
    'same-days': 'a split (optimistic: rides of the same days)',
    'trained-on': `${card.validation.month} (optimistic: it was trained on it)`,
  };
  return words[unseen(card)];
}

/** The days that were held out, in a few words. */
export const lastDays = ({ month, days }: { readonly month: string; readonly days: number }) =>
  `the last ${days} days of ${month}`;

/** The part of a card that training itself knows; the registry's caller adds the run and the time. */
export type ModelCardBody = Omit<ModelCard, 'run_id' | 'mlflow_run_id' | 'created_at'>;
