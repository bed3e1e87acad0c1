import { z } from 'zod';
import { rideIdSchema } from '#trips/ride-event.ts';

/** Longer than any ride: a day, in minutes. What claims to have lasted longer is a mistake. */
export const LONGEST_MINUTES = 1440;

/**
 * How long a ride really took, as it is delivered. Keys not listed here are ignored. An id is joined as text,
 * so 156 and "156" are the same ride; text that is not Unicode (half an emoji) cannot be joined, and is refused.
 */
export const labelSchema = z.object({
  ride_id: rideIdSchema.refine((id) => typeof id === 'number' || id.isWellFormed(), 'not Unicode'),
  actual_duration: z.number().gt(0).max(LONGEST_MINUTES).describe('minutes'),
});

/** Why a line of a file of labels was refused. */
export const LABEL_REASONS = [
  'too-long',
  'not-json',
  'not-an-object',
  'missing',
  'wrong-type',
  'out-of-range',
] as const;
export type LabelReason = (typeof LABEL_REASONS)[number];

/** A row of a file of labels: a label, or why it is none. */
export type LabelRow = { readonly row: number } & (
  | { readonly rideId: string; readonly minutes: number }
  | { readonly refused: string }
);

/** @param text a line of JSON */
export function readLabel(
  text: string,
): { readonly rideId: string; readonly minutes: number } | { readonly refused: LabelReason } {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return { refused: 'not-json' };
  }
  const parsed = labelSchema.safeParse(value);
  if (!parsed.success) return { refused: reasonOf(parsed.error, value) };
  const { ride_id, actual_duration } = parsed.data;
  return { rideId: String(ride_id), minutes: actual_duration };
}

function reasonOf({ issues: [issue] }: z.ZodError, value: unknown): LabelReason {
  const [field] = issue?.path ?? [];
  if (issue === undefined || field === undefined) return 'not-an-object';
  const given = (value as Record<PropertyKey, unknown>)[field]; // zod looked there, so it is an object
  if (given === undefined) return 'missing';
  const isRightType = typeof given === 'number' || (field === 'ride_id' && typeof given === 'string');
  return isRightType ? 'out-of-range' : 'wrong-type';
}
