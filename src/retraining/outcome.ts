import { z } from 'zod';
import { aliasPointerSchema } from '#registry/alias.ts';
import { monthSchema } from '#trips/month.ts';
import { taxiTypeSchema } from '#trips/taxi-type.ts';
import { judgedCandidateSchema } from './choose.ts';

/** What a retraining ends with. */
export const retrainingOutcomeSchema = z.object({
  /**
   * `registered`: a candidate passed, and a person is to promote it; `refused`: none passed; `lost-race`: another became
   * champion meanwhile; `no-candidates`: nothing could be trained; `failed`: no candidate got as far as a verdict.
   */
  status: z.enum(['promoted', 'registered', 'refused', 'lost-race', 'no-candidates', 'failed']),
  taxi_type: taxiTypeSchema,
  month: monthSchema,
  reason: z.string(),
  /** The best candidate that passed. */
  best: z.string().nullable(),
  candidates: z.array(judgedCandidateSchema),
  left_out: z.array(z.object({ name: z.string(), why: z.string() })),
  /** The champion after the promotion: the best candidate, or the run that got there first. null if none was attempted. */
  champion: aliasPointerSchema.nullable(),
});
export type RetrainingOutcome = Readonly<z.infer<typeof retrainingOutcomeSchema>>;
