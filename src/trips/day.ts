import { z } from 'zod';
import { shown, TripcastError } from '#errors.ts';
import { isMonth } from './month.ts';
import { newYorkSeconds } from './new-york-time.ts';

declare const brand: unique symbol;

/** A calendar day, `YYYY-MM-DD`. */
export type Day = string & { readonly [brand]: 'Day' };

/** @throws TripcastError when `text` is not a valid day in the form `YYYY-MM-DD`. */
export function parseDay(text: string): Day {
  if (isDay(text)) return text;
  throw new TripcastError(`${shown(text)} is not a day`, 'Write it as YYYY-MM-DD, for example 2023-05-15.');
}

function isDay(text: string): text is Day {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(text) || !isMonth(text.slice(0, 7))) return false;
  const instant = Date.parse(text); // reads February 30 as March 2
  return !Number.isNaN(instant) && new Date(instant).toISOString().startsWith(text);
}

export const daySchema = z.custom<Day>((value) => typeof value === 'string' && isDay(value), 'a day, YYYY-MM-DD');

export const DAY_MILLISECONDS = 86_400_000;

/** @param days may be negative */
export const daysAfter = (day: Day, days: number) => dayOf(Date.parse(day) + days * DAY_MILLISECONDS);

/** The day in New York at an instant. @param instant milliseconds since the epoch */
export const newYorkDay = (instant: number) => dayOf(newYorkSeconds(instant / 1000) * 1000);

const dayOf = (milliseconds: number) => new Date(milliseconds).toISOString().slice(0, 10) as Day;
