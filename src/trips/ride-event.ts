import { z } from 'zod';
import { shown } from '#errors.ts';
import { parsePickupTime } from './new-york-time.ts';
import { DISTANCE_LIMIT, DISTANCE_LIMIT_TEXT, ZONES } from './ride-limits.ts';

/** Unicode characters (code points), as JSON Schema, zod and Kinesis count them: an emoji or lone surrogate is one. */
export const RIDE_ID_CHARACTERS = 256;
export const PREDICTION_ID_CHARACTERS = 512;

const ZONE_RULE = `an integer from ${ZONES.first} to ${ZONES.last}, as a JSON number`;

/**
 * A ride as a producer or a caller of the API describes it. The rules for the fields are defined once, here: the
 * stream's event, the API's request, their messages and their documentation all come from them.
 */
const RULES = {
  ride: 'an object with PULocationID and DOLocationID',
  PULocationID: `the zone where the ride starts, ${ZONE_RULE}`,
  DOLocationID: `the zone where the ride ends, ${ZONE_RULE}`,
  trip_distance: `miles, from 0 to below ${DISTANCE_LIMIT_TEXT}, as a JSON number; null or left out if unknown`,
  pickup_datetime: 'an ISO 8601 date and time, in New York time unless it has an offset; or leave it out',
  ride_id: `a string of 1 to ${RIDE_ID_CHARACTERS} characters, or an integer within +-(2^53 - 1)`,
  requeue: 'an object with the prediction_id of the first arrival and the attempt, starting at 1',
  prediction_id: `a string of 1 to ${PREDICTION_ID_CHARACTERS} characters`,
  attempt: 'a positive integer',
} as const;

/** Whether a string has 1 to `most` Unicode characters, counted as in the schemas below. */
export function isTextOfAtMost(text: string, most: number): boolean {
  if (text.length <= most) return text !== ''; // a character is at least one UTF-16 unit, and at most two
  if (text.length > 2 * most) return false;
  let characters = 0;
  for (const _ of text) characters++;
  return characters <= most;
}

/** JSON has a single number type: 130.0 is the integer 130. */
const zone = z.int().min(ZONES.first).max(ZONES.last);

export const rideSchema = z
  .object({
    PULocationID: zone.describe(RULES.PULocationID),
    DOLocationID: zone.describe(RULES.DOLocationID),
    trip_distance: z.number().min(0).lt(DISTANCE_LIMIT).nullish().describe(RULES.trip_distance),
    pickup_datetime: z
      .string()
      .refine((text) => parsePickupTime(text) !== undefined)
      .optional()
      .meta({ description: RULES.pickup_datetime, examples: ['2023-04-03T08:30:00'] }),
  })
  .describe(RULES.ride);

/** As long as a partition key may be: 1 to 256 Unicode characters (Kinesis API reference, PutRecordsRequestEntry). */
export const rideIdSchema = z.union([z.string().min(1).max(RIDE_ID_CHARACTERS), z.int()]).describe(RULES.ride_id);

/** The producer's name for a ride. It need not be unique. */
export type RideId = z.infer<typeof rideIdSchema>;

/** The event of the trip-events stream. Keys not listed here are ignored. */
export const rideEventSchema = z.object({
  ride: rideSchema,
  ride_id: rideIdSchema,
  requeue: z
    .object({
      prediction_id: z.string().min(1).max(PREDICTION_ID_CHARACTERS).describe(RULES.prediction_id),
      attempt: z.int().min(1).describe(RULES.attempt),
    })
    .optional()
    .describe(RULES.requeue),
});

export type RideEvent = z.infer<typeof rideEventSchema>;

/** Why a field was refused. */
export const FIELD_REASONS = ['not-an-object', 'missing', 'wrong-type', 'out-of-range', 'not-a-time'] as const;
export type FieldReason = (typeof FIELD_REASONS)[number];

/** `field` is a dotted path, for example `ride.PULocationID`; absent when the whole value is not an object. */
export interface Refusal {
  readonly reason: FieldReason;
  readonly field?: string;
  readonly message: string;
}

/** What a schema made of this file's fields rejects in `value`, one refusal per problem, worded for the sender. */
export function refusals(error: z.ZodError, value: unknown): readonly Refusal[] {
  return error.issues.map((issue) => {
    const given = issue.path.reduce<unknown>(
      (at, part) => (at as Record<PropertyKey, unknown>)[part], // zod walked the same path, through objects only
      value,
    );
    const name = issue.path.at(-1);
    if (name === undefined) return { reason: 'not-an-object', message: `${said(given)} is not a JSON object` };
    const field = issue.path.join('.');
    const rule = RULES[name as keyof typeof RULES]; // the schemas' fields and the rules have the same names
    return given === undefined
      ? { reason: 'missing', field, message: `${field} is missing: send ${rule}` }
      : { reason: reasonOf(issue), field, message: `${field} is ${said(given)}: send ${rule}` };
  });
}

function reasonOf(issue: z.core.$ZodIssue): FieldReason {
  if (issue.code === 'too_small' || issue.code === 'too_big') return 'out-of-range';
  return issue.code === 'custom' ? 'not-a-time' : 'wrong-type';
}

/** Objects are named, not printed: they may be too deeply nested for JSON.stringify. */
function said(value: unknown): string {
  if (typeof value === 'string') return `the string ${shown(value.slice(0, 60))}`;
  if (Array.isArray(value)) return 'an array';
  return typeof value === 'object' && value !== null ? 'an object' : shown(value);
}
