import { z } from 'zod';
import { shown, TripcastError } from '#errors.ts';

const instantSchema = z.union([z.iso.date(), z.iso.datetime({ offset: true })]);

/** A time that does not depend on where the command runs. @throws TripcastError when it has no offset, or is invalid */
export function parseInstant(text: string): Date {
  if (instantSchema.safeParse(text).success) return new Date(text);
  throw new TripcastError(
    `${shown(text)} is not a time`,
    'Write a day (2026-11-21, which begins at midnight UTC) or a time with its offset (2026-11-21T14:30:00Z).',
  );
}

/** A time that has come. @throws TripcastError as {@link parseInstant}, and when it is in the future */
export function pastInstant(text: string): Date {
  const at = parseInstant(text);
  if (at.getTime() <= Date.now()) return at;
  throw new TripcastError(`${shown(text)} is in the future`, 'Give a time that has come.');
}
