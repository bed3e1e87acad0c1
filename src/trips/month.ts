import { z } from 'zod';
import { shown, TripcastError } from '#errors.ts';

declare const brand: unique symbol;

/** A calendar month, `YYYY-MM`. Months compare and sort as their strings do. */
export type Month = string & { readonly [brand]: 'Month' };

const PATTERN = /^(\d{4})-(0[1-9]|1[0-2])$/;
/** TLC's records begin in 2009. */
const FIRST_YEAR = 2009;
const LAST_YEAR = 2099;

/** Tests for what {@link parseMonth} accepts. */
export function isMonth(text: string): text is Month {
  const year = Number(PATTERN.exec(text)?.[1] ?? Number.NaN);
  return year >= FIRST_YEAR && year <= LAST_YEAR;
}

/** @throws TripcastError when `text` is not `YYYY-MM` between 2009-01 and 2099-12. */
export function parseMonth(text: string): Month {
  if (isMonth(text)) return text;
  throw new TripcastError(
    `${shown(text)} is not a month`,
    `Write it as YYYY-MM, ${FIRST_YEAR}-01 or later, for example 2023-04.`,
  );
}

/** @param month 1..12 */
export function monthOf(year: number, month: number): Month {
  return parseMonth(`${String(year).padStart(4, '0')}-${String(month).padStart(2, '0')}`);
}

/** The parts of a month: year, and month 1..12. */
export function partsOf(month: Month): { readonly year: number; readonly month: number } {
  return { year: Number(month.slice(0, 4)), month: Number(month.slice(5)) };
}

/** The month `count` months later (earlier if negative). */
export function addMonths(month: Month, count: number): Month {
  const { year, month: number } = partsOf(month);
  const index = year * 12 + (number - 1) + count;
  return monthOf(Math.floor(index / 12), (((index % 12) + 12) % 12) + 1);
}

/**
 * All months from `from` to `to`, both included, in order.
 * @throws TripcastError when `to` is before `from`.
 * @example
 * monthRange(parseMonth('2022-12'), parseMonth('2023-02')); // 2022-12, 2023-01, 2023-02
 */
export function monthRange(from: Month, to: Month): readonly Month[] {
  if (to < from) throw new TripcastError(`The range ${from}..${to} is empty`, 'Give the earlier month first.');
  const months: Month[] = [];
  for (let month = from; month <= to; month = addMonths(month, 1)) months.push(month);
  return months;
}

/**
 * `2023-01..2023-03`, `2023-01,2023-03` or `2023-01` as a list of months.
 * @throws TripcastError for anything else, and for a month that is listed twice
 * @example
 * parseMonths('2023-01..2023-03'); // 2023-01, 2023-02, 2023-03
 */
export function parseMonths(text: string): readonly Month[] {
  const months = text.split(',').flatMap((part) => parseRange(part.trim()));
  const repeated = months.find((month, i) => months.indexOf(month) !== i);
  if (repeated === undefined) return months;
  throw new TripcastError(`${shown(text)} lists ${repeated} twice`, 'List each month once.');
}

function parseRange(text: string): readonly Month[] {
  const [from = '', to, ...more] = text.split('..');
  if (to === undefined) return [parseMonth(from)];
  if (more.length === 0) return monthRange(parseMonth(from), parseMonth(to));
  throw new TripcastError(
    `${shown(text)} is not a range of months`,
    'Write it as FIRST..LAST, for example 2023-01..2023-03, or list the months with commas.',
  );
}

/** The month of the instant, on a wall clock in `timeZone` (an IANA name). */
export function monthAt(instant: Date, timeZone: string): Month {
  const parts = new Intl.DateTimeFormat('en-US', { timeZone, year: 'numeric', month: 'numeric' }).formatToParts(
    instant,
  );
  const value = (type: string) => Number(parts.find((part) => part.type === type)?.value);
  return monthOf(value('year'), value('month'));
}

export const monthSchema = z
  .custom<Month>((value) => typeof value === 'string' && isMonth(value), 'a month, YYYY-MM')
  .meta({ type: 'string', pattern: PATTERN.source });
