import { z } from 'zod';
import type { ModelCard } from '#model/card/card.ts';
import type { Registry } from '#registry/registry.ts';
import { dataKeys } from '#storage/layout.ts';
import type { ObjectStore } from '#storage/object-store.ts';
import { type TrainingRequest, trainingRequestSchema } from '#training/training-job.ts';
import { addMonths, type Month, monthAt, monthRange, monthSchema } from '#trips/month.ts';
import { type TaxiType, taxiTypeSchema } from '#trips/taxi-type.ts';
import { PROMOTIONS, type RetrainPolicy, type retrainingRequestSchema } from './policy.ts';

/** Days at the end of the newest month that every candidate is judged on and none is trained on. */
export const JUDGED_ON_DAYS = 7;

const candidateSchema = z.object({
  /** `window of 3 months`. */
  name: z.string(),
  months: z.array(monthSchema).min(1),
  /** The input of state Train. */
  training: trainingRequestSchema,
});
export type Candidate = Readonly<z.input<typeof candidateSchema>>;

const leftOutSchema = z.object({ name: z.string(), why: z.string() });

/** A retraining with nothing left open. */
export const retrainingPlanSchema = z.object({
  taxi_type: taxiTypeSchema,
  /** The newest month. */
  month: monthSchema,
  reason: z.string(),
  promote: z.enum(PROMOTIONS),
  /** Sequence number of the champion that this retraining is about, 0 for none: once it has changed, the race is lost. */
  over: z.int().min(0),
  /** Which edition of each month is meant, by its ETag. */
  editions: z.record(z.string(), z.string()),
  candidates: z.array(candidateSchema),
  /** Candidates that cannot be trained, and why. */
  left_out: z.array(leftOutSchema),
});
export type RetrainingPlan = Readonly<z.input<typeof retrainingPlanSchema>>;
export type LeftOut = Readonly<z.infer<typeof leftOutSchema>>;

export interface PlanRetrainingDeps {
  readonly data: ObjectStore;
  readonly registry: Registry;
  readonly policy: RetrainPolicy;
  readonly defaultTaxiType: TaxiType;
  /** When the execution started, and the time zone in which that is in a month. */
  readonly startedAt: Date;
  readonly timeZone: string;
}

/**
 * Decides what is trained: one candidate for each window of months up to the newest, and, if the policy says so, the
 * champion with new intervals. What cannot be trained, because a month is not in the bucket, is left out with the reason.
 * @example
 * const request = retrainingRequestSchema.parse({ month: '2023-04', reason: 'harm in 2023-04' });
 * const { candidates, left_out } = await planRetraining(request, deps);
 */
export async function planRetraining(
  request: z.output<typeof retrainingRequestSchema>,
  { data, registry, policy, defaultTaxiType, startedAt, timeZone }: PlanRetrainingDeps,
): Promise<RetrainingPlan> {
  const taxiType = request.taxi_type ?? defaultTaxiType;
  const newest = request.month ?? addMonths(monthAt(startedAt, timeZone), -policy.late);
  const windows = [...new Set(request.windows ?? policy.windows)].toSorted((a, b) => a - b);
  const champion = (await registry.champion(taxiType))?.pointer;
  const editions = await editionsOf(data, taxiType, monthRange(addMonths(newest, 1 - Math.max(...windows)), newest));
  const training = {
    taxi_type: taxiType,
    validate: `last:${JUDGED_ON_DAYS}`,
    promote: (request.promote ?? policy.promote) === 'best',
    promoted_by: `retraining (${request.reason})`,
  };
  const planned = windows.map((window): Candidate | LeftOut => {
    const name = `window of ${window} ${window === 1 ? 'month' : 'months'}`;
    const months = [...monthRange(addMonths(newest, 1 - window), newest)];
    const missing = months.filter((month) => !(month in editions));
    if (missing.length > 0) return { name, why: notIngested(missing) };
    return { name, months, training: { ...training, recipe: policy.recipe, months } };
  });
  if (policy.recalibrate) {
    const months = planned.flatMap((each) => ('training' in each ? [each.months] : []))[0] ?? [newest];
    const card = champion && (await registry.card(champion.run_id));
    planned.push(recalibration(card, months, { ...training, editions }));
  }
  return {
    taxi_type: taxiType,
    month: newest,
    reason: request.reason,
    promote: request.promote ?? policy.promote,
    over: champion?.sequence ?? 0,
    editions,
    candidates: planned.filter((each) => 'training' in each),
    left_out: planned.filter((each) => 'why' in each),
  };
}

/**
 * The champion with intervals from those of the newest months that it was not made from: its errors on rides that it has
 * seen are too small.
 * @param months of the shortest window that can be trained on
 */
function recalibration(
  champion: ModelCard | undefined,
  months: readonly Month[],
  { editions, ...training }: Omit<TrainingRequest, 'recipe'> & { readonly editions: Readonly<Record<string, string>> },
): Candidate | LeftOut {
  const name = 'recalibration';
  const newest = months.at(-1);
  if (champion === undefined) return { name, why: 'there is no champion yet' };
  const made = [champion.train, { months: champion.recalibrates?.months ?? [] }].flatMap((each) => each.months);
  const unseen = months.filter((month) => !made.some((each) => each.month === month));
  const missing = unseen.filter((month) => !(month in editions));
  if (missing.length > 0) return { name, why: notIngested(missing) };
  if (newest === undefined || !unseen.includes(newest)) {
    return { name, why: `the champion was made from rides of ${newest} already` };
  }
  return { name, months: unseen, training: { ...training, recalibrate: champion.run_id, months: unseen } };
}

const notIngested = (missing: readonly Month[]) =>
  `${missing.join(', ')} ${missing.length === 1 ? 'is' : 'are'} not in the data bucket`;

/** The ETags of the months that are in the bucket. */
export async function editionsOf(
  data: ObjectStore,
  taxiType: TaxiType,
  months: readonly Month[],
): Promise<Readonly<Record<string, string>>> {
  const found = await Promise.all(
    months.map(async (month) => [month, (await data.head(dataKeys.raw(taxiType, month)))?.etag] as const),
  );
  return Object.fromEntries(found.flatMap(([month, etag]) => (etag === undefined ? [] : [[month, etag]])));
}
