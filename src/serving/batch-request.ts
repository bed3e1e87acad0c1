import { type Refusal, refusals } from '#trips/ride-event.ts';
import { refusalSchema } from './problem.ts';
import { type PredictRequest, predictAnswerSchema, predictRequestSchema } from './request.ts';
import { type Infer, z } from './zod.ts';

export const MOST_RIDES = 1000;

/** POST /predict/batch, as it is documented; {@link readBatch} checks each ride apart. */
export const batchRequestSchema = z
  .object({ rides: z.array(predictRequestSchema).min(1).max(MOST_RIDES) })
  .openapi('Rides');

/** One answer for each ride, in the same order. */
export const batchAnswerSchema = z
  .object({
    model_version: z.string().describe('the run ID'),
    predicted: z.int().describe('how many rides have a prediction'),
    refused: z.int(),
    answers: z.array(
      z.discriminatedUnion('outcome', [
        predictAnswerSchema.extend({ outcome: z.literal('predicted') }).openapi('PredictedRide'),
        z.object({ outcome: z.literal('refused'), problems: z.array(refusalSchema) }).openapi('RefusedRide'),
      ]),
    ),
  })
  .openapi('Predictions');

export type BatchAnswer = Infer<typeof batchAnswerSchema>;

/** A ride of a batch that can be scored, or what is wrong with it. */
export type BatchRide = { readonly ride: PredictRequest } | { readonly problems: readonly Refusal[] };

const envelopeSchema = z.object({ rides: z.array(z.unknown()).min(1).max(MOST_RIDES) });
const ENVELOPE_RULE = 'an array of 1 to 1,000 rides';

/** The rides of a request, each checked by itself: one that breaks a rule does not stop the others. */
export function readBatch(
  json: unknown,
): { readonly rides: readonly BatchRide[] } | { readonly problems: readonly Refusal[] } {
  const envelope = envelopeSchema.safeParse(json);
  if (!envelope.success) return { problems: [envelopeProblem(json)] };
  return {
    rides: envelope.data.rides.map((value) => {
      const ride = predictRequestSchema.safeParse(value);
      return ride.success ? { ride: ride.data } : { problems: refusals(ride.error, value) };
    }),
  };
}

function envelopeProblem(json: unknown): Refusal {
  if (typeof json !== 'object' || json === null || Array.isArray(json)) {
    return { reason: 'not-an-object', message: `The body is not a JSON object: send {"rides": ${ENVELOPE_RULE}}` };
  }
  const field = 'rides';
  const given = 'rides' in json ? json.rides : undefined;
  if (given === undefined) return { reason: 'missing', field, message: `${field} is missing: send ${ENVELOPE_RULE}` };
  if (!Array.isArray(given))
    return { reason: 'wrong-type', field, message: `${field} is not an array: send ${ENVELOPE_RULE}` };
  return { reason: 'out-of-range', field, message: `${field} has ${given.length} rides: send ${ENVELOPE_RULE}` };
}
