import { z } from 'zod';
import { type RunId, runIdSchema } from '#storage/run-id.ts';

/** A champion, as a verdict names it. */
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

export const comparedSchema = z.object({
  run_id: runIdSchema,
  sequence: z.int(),
  refitted: z.boolean(),
  comparison: comparisonSchema.nullable().describe('a is the run, b the champion'),
});

/** gate.json: may the run become a champion, and why not. Only `passed` may, unless a person overrules it. */
export const verdictSchema = z.object({
  outcome: z.enum(['passed', 'refused', 'not-comparable']),
  /** A sentence each, of all that speaks against it; none when it passed. */
  reasons: z.array(z.string()),
  checks: z.array(z.object({ check: z.string(), passed: z.boolean(), said: z.string() })),
  /** The champion that it was compared with; null when there was none. Over another champion the verdict says nothing. */
  champion: comparedSchema.nullable(),
  /** The best champion so far, when that was another. */
  best: comparedSchema.nullish(),
});
export type Verdict = Readonly<z.infer<typeof verdictSchema>>;

/** Sequence number of the champion that a verdict is about, 0 when there was none. */
export const judgedOver = ({ champion }: Verdict): number => champion?.sequence ?? 0;

/** The best champion after the run of a passed verdict is promoted; undefined when that is the run itself. */
export function bestAfter({ champion, best }: Verdict): SeenChampion | undefined {
  const compared = [champion, best ?? null].flatMap((each) =>
    each === null || each.comparison === null ? [] : [{ ...each, ...each.comparison }],
  );
  const [strongest] = compared.sort((one, other) => one.b.rmse - other.b.rmse);
  if (strongest === undefined || strongest.rmse_difference <= 0) return undefined;
  return { run_id: strongest.run_id, sequence: strongest.sequence };
}
