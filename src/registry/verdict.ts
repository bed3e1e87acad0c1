import { z } from 'zod';
import { type RunId, runIdSchema } from '#storage/run-id.ts';

/** A champion, as a verdict refers to it. */
export interface SeenChampion {
  readonly run_id: RunId;
  readonly sequence: number;
}

const comparisonSchema = z.object({
  rows: z.int(),
  days: z.int(),
  a: z.object({ rmse: z.number(), mae: z.number() }),
  b: z.object({ rmse: z.number(), mae: z.number() }),
  rmse_difference: z.number(),
  interval: z.tuple([z.number(), z.number()]).nullable(),
});

/** A champion that a run was compared with, if it could be: errors in minutes, on the same rides. */
export const comparedSchema = z.object({
  run_id: runIdSchema,
  sequence: z.int(),
  refitted: z.boolean(),
  comparison: comparisonSchema.nullable().describe('a is the run, b the champion'),
});

/** A part of the rides on which a run was compared with the champion: RMSE of the run (a) and of the champion (b). */
const segmentSchema = z.object({
  grouping: z.string(),
  group: z.string(),
  rows: z.int(),
  days: z.int(),
  a: z.number(),
  b: z.number(),
  rmse_difference: z.number(),
  standard_error: z.number().nullable(),
  low: z.number().nullable().describe('the lower confidence bound of the difference; null if it was not judged'),
  verdict: z.enum(['worse', 'not-worse', 'not-enough-data']),
});

/** gate.json: whether the run can become champion, and if not, why. Only `passed` can, unless a person overrules it. */
export const verdictSchema = z.object({
  outcome: z.enum(['passed', 'refused', 'not-comparable']),
  /** Everything that counts against it, one sentence each; empty if it passed. */
  reasons: z.array(z.string()),
  checks: z.array(z.object({ check: z.string(), passed: z.boolean(), said: z.string() })),
  /** The champion it was compared with; null if there was none. The verdict says nothing about any other champion. */
  champion: comparedSchema.nullable(),
  /** The best champion so far, if that was a different one. */
  best: comparedSchema.nullish(),
  /** By pickup borough, hours, and with and without a distance; verdicts of older versions have none. */
  segments: z.array(segmentSchema).optional(),
});
export type Verdict = Readonly<z.infer<typeof verdictSchema>>;

/** Sequence number of the champion that the run was judged against, 0 if there was none. */
export const judgedOver = ({ champion }: Verdict): number => champion?.sequence ?? 0;

/** The best champion once a run that passed is promoted; undefined if that is the run itself. */
export function bestAfter({ champion, best }: Verdict): SeenChampion | undefined {
  const compared = [champion, best ?? null].flatMap((each) =>
    each === null || each.comparison === null ? [] : [{ ...each, ...each.comparison }],
  );
  const [strongest] = compared.sort((one, other) => one.b.rmse - other.b.rmse);
  if (strongest === undefined || strongest.rmse_difference <= 0) return undefined;
  return { run_id: strongest.run_id, sequence: strongest.sequence };
}
