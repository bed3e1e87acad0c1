import { z } from 'zod';
import type { ModelCard } from '#model/card/card.ts';
import type { Registry } from '#registry/registry.ts';
import { judgedOver } from '#registry/verdict.ts';
import type { ObjectStore } from '#storage/object-store.ts';
import { runIdSchema } from '#storage/run-id.ts';
import { trainingOutcomeSchema } from '#training/training-job.ts';
import { monthSchema, parseMonth } from '#trips/month.ts';
import { editionsOf, type RetrainingPlan } from './plan.ts';

/** What came of a candidate: its run after the gate, or the error that stopped it. */
export const candidateResultSchema = z.object({
  name: z.string(),
  months: z.array(monthSchema),
  outcome: trainingOutcomeSchema.optional(),
  error: z.string().optional(),
});
export type CandidateResult = Readonly<z.infer<typeof candidateResultSchema>>;

/** A candidate as it is reported. */
export const judgedCandidateSchema = z.object({
  name: z.string(),
  months: z.array(monthSchema),
  /**
   * `passed`, `refused` and `not-comparable` are the gate's; `unsound`: the graph does not reproduce its golden rides;
   * `published-anew`: one of its months changed meanwhile; `lost-race`: the gate saw another champion than the plan.
   */
  status: z.enum(['passed', 'refused', 'not-comparable', 'unsound', 'published-anew', 'lost-race', 'failed']),
  /** What counts against it, one sentence each. */
  reasons: z.array(z.string()),
  run_id: runIdSchema.nullable(),
  /** Minutes on the rides that all are judged on, and how many more than the champion's. */
  rmse: z.number().nullable(),
  rmse_difference: z.number().nullable(),
  /** The share of those rides inside their 90% interval. */
  coverage_90: z.number().nullable(),
});
export type JudgedCandidate = Readonly<z.infer<typeof judgedCandidateSchema>>;

export const choiceSchema = z.object({
  candidates: z.array(judgedCandidateSchema),
  /** The name of the best candidate that passed; null if none did. */
  best: z.string().nullable(),
});
export type Choice = Readonly<z.infer<typeof choiceSchema>>;

/**
 * State Choose: the candidate with the smallest error among those that passed the gate, over the champion and on the files
 * that were planned. Between equals, the one with fewer months.
 * @example
 * const { best, candidates } = await chooseBest(plan, results, { registry, data });
 */
export async function chooseBest(
  plan: RetrainingPlan,
  results: readonly CandidateResult[],
  { registry, data }: { readonly registry: Registry; readonly data: ObjectStore },
): Promise<Choice> {
  const now = await editionsOf(data, plan.taxi_type, Object.keys(plan.editions).map(parseMonth));
  const candidates = await Promise.all(
    results.map(async (result) => {
      const { outcome } = result;
      const card = outcome?.model == null ? undefined : await registry.card(outcome.run_id);
      return judgedOf(result, plan, now, card?.validation);
    }),
  );
  const passed = candidates.filter(({ status }) => status === 'passed');
  const [best] = passed.toSorted(
    (a, b) => (a.rmse ?? Infinity) - (b.rmse ?? Infinity) || a.months.length - b.months.length,
  );
  return { candidates, best: best?.name ?? null };
}

function judgedOf(
  { name, months, outcome, error }: CandidateResult,
  { editions, over }: RetrainingPlan,
  now: Readonly<Record<string, string>>,
  validation: ModelCard['validation'] | undefined,
): JudgedCandidate {
  const { gate } = outcome ?? {};
  const found = {
    name,
    months,
    run_id: outcome?.run_id ?? null,
    rmse: validation?.rmse ?? null,
    rmse_difference: gate?.champion?.comparison?.rmse_difference ?? null,
    coverage_90: validation?.coverage_90 ?? null,
  };
  const changed = months.filter((month) => now[month] !== editions[month]);
  if (changed.length > 0) {
    const why = `${changed.join(', ')} changed in the data bucket meanwhile, so the candidates were not judged on the same rides`;
    return { ...found, status: 'published-anew', reasons: [why] };
  }
  if (outcome === undefined || gate === undefined) {
    return { ...found, status: 'failed', reasons: [error ?? 'no outcome came back'] };
  }
  if (!outcome.sound) return { ...found, status: 'unsound', reasons: gate.reasons };
  if (judgedOver(gate) !== over) {
    const why = `the champion was #${over} when the retraining started, and #${judgedOver(gate)} when the gate looked`;
    return { ...found, status: 'lost-race', reasons: [why] };
  }
  return { ...found, status: gate.outcome, reasons: gate.reasons };
}
