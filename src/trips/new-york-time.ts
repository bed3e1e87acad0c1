/**
 * New York wall-clock time as the model reads it: seconds since 1970-01-01T00:00:00 of the wall clock, as if that clock
 * were UTC. TLC's files have wall-clock times with no offset, so this is the one time scale that files, events and
 * requests share.
 *
 * Daylight time (UTC-4; otherwise UTC-5) begins and ends at 2:00 on the Sundays that federal law has set since 1967:
 * see {@link daylightOf}. They are computed, not looked up, because `Intl` costs microseconds per call and a stream
 * batch asks once per record; a test checks them against `Intl` around every change from 1970 to 2037.
 */

const HOUR = 3600;
/** No offset applies to a wall clock read as if it were UTC: all its days are equally long. */
export const DAY_SECONDS = 86_400;

/** The value that means "no pickup time" in the model's `pickup_time` input. */
export const UNKNOWN_TIME = -1;

interface YearOfDaylight {
  readonly year: number;
  /** UTC seconds at which the year begins and ends, and daylight time starts and stops. */
  readonly from: number;
  readonly to: number;
  readonly start: number;
  readonly end: number;
}

let cached: YearOfDaylight = daylightOf(2023);

/** Wall-clock seconds in New York at an instant. @param utcSeconds seconds since the epoch; fractions are dropped */
export function newYorkSeconds(utcSeconds: number): number {
  const second = Math.floor(utcSeconds);
  if (second < cached.from || second >= cached.to) cached = daylightOf(new Date(second * 1000).getUTCFullYear());
  return second - (second >= cached.start && second < cached.end ? 4 : 5) * HOUR;
}

/**
 * When New York's clocks change in a year. Sources: Uniform Time Act of 1966 and its amendments of 1986 (daylight time
 * from the first Sunday in April) and 2005 (second Sunday in March to first Sunday in November); Emergency Daylight
 * Saving Time Energy Conservation Act of 1973, which moved the start of 1974 and 1975; the time zone database agrees.
 */
function daylightOf(year: number): YearOfDaylight {
  const at = (y: number, month: number, day: number) => Date.UTC(y, month, day) / 1000;
  /** The first Sunday on or after a day of the year. */
  const sundayFrom = (month: number, day: number) => {
    const weekday = new Date(Date.UTC(year, month, day)).getUTCDay();
    return at(year, month, day + ((7 - weekday) % 7));
  };
  const [march, april, october, november] = [2, 3, 9, 10];
  const start = () => {
    if (year === 1974) return at(year, 0, 6);
    if (year === 1975) return at(year, 1, 23);
    if (year >= 2007) return sundayFrom(march, 8);
    return year >= 1987 ? sundayFrom(april, 1) : sundayFrom(april, 24);
  };
  const end = year >= 2007 ? sundayFrom(november, 1) : sundayFrom(october, 25);
  return {
    year,
    from: at(year, 0, 1),
    to: at(year + 1, 0, 1),
    start: start() + 7 * HOUR, // 2:00 standard time is 7:00 UTC
    end: end + 6 * HOUR, // 2:00 daylight time is 6:00 UTC
  };
}

/**
 * An ISO 8601 date and time as New York wall-clock seconds: with an offset it is an instant and is converted to New
 * York time; without one it is already New York time. `undefined` when the string is not a time on an existing day, or
 * is outside the years 1970 to 9999 in New York.
 *
 * Read character by character: a stream asks once per record, and regular expressions or `Date` take ten times as long.
 * @returns seconds since 1970-01-01T00:00:00 on a New York clock, read as if it were UTC
 * @example
 * parsePickupTime('2023-04-03T08:30:00'); // 1680510600
 * parsePickupTime('2023-04-03T12:30:00Z'); // the same instant, so 1680510600, too
 * parsePickupTime('2023-02-29T08:30:00'); // undefined: there is no such day
 */
export function parsePickupTime(text: string): number | undefined {
  const seconds = wallClockSeconds(text);
  return seconds === undefined || seconds < 0 || seconds >= YEAR_10000 ? undefined : seconds;
}

/** Only an offset can get there: 9999-12-31T23:59:59-12:00. ISO 8601 has four digits for the year. */
const YEAR_10000 = Date.UTC(10_000, 0) / 1000;

function wallClockSeconds(text: string): number | undefined {
  const midnight = midnightOf(text);
  if (midnight === undefined || text.length === DATE_END) return midnight;
  const separator = text[DATE_END];
  if ((separator !== 'T' && separator !== ' ') || text[13] !== ':') return undefined;
  const saysSecond = text[MINUTE_END] === ':';
  const hour = twoDigits(text, 11);
  const minute = twoDigits(text, 14);
  const second = saysSecond ? twoDigits(text, 17) : 0;
  if (!(hour < 24 && minute < 60 && second < 60)) return undefined;
  const seconds = midnight + hour * HOUR + minute * 60 + second;
  const rest = text.slice(saysSecond ? fractionEnd(text) : MINUTE_END);
  if (rest === '') return seconds;
  const offset = offsetSeconds(rest);
  return offset === undefined ? undefined : newYorkSeconds(seconds - offset);
}

/** Where `2023-04-03` ends, and `2023-04-03T08:30`, and `2023-04-03T08:30:00`. */
const [DATE_END, MINUTE_END, SECOND_END] = [10, 16, 19];
const DAYS_BEFORE_1970 = 719_162;

/** Seconds from 1970 to the day at the start of the string; undefined if it is not a valid day. */
function midnightOf(text: string): number | undefined {
  const year = twoDigits(text, 0) * 100 + twoDigits(text, 2);
  const month = twoDigits(text, 5);
  const day = twoDigits(text, 8);
  if (!(year >= 0 && month >= 1 && month <= 12 && day >= 1 && day <= daysIn(month, year))) return undefined;
  if (text[4] !== '-' || text[7] !== '-') return undefined;
  return (daysBeforeYear(year) - DAYS_BEFORE_1970 + daysBeforeMonth(month, year) + day - 1) * DAY_SECONDS;
}

const isLeap = (year: number) => year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);

const daysIn = (month: number, year: number) =>
  month === 2 ? (isLeap(year) ? 29 : 28) : month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31;

/** Days since January 1 of the year 1. */
function daysBeforeYear(year: number): number {
  const past = year - 1;
  return past * 365 + Math.floor(past / 4) - Math.floor(past / 100) + Math.floor(past / 400);
}

/** From March on, months are 30.6 days long as far as whole days can tell. */
const daysBeforeMonth = (month: number, year: number) =>
  month <= 2 ? (month - 1) * 31 : Math.floor(30.6 * (month - 3) + 0.5) + (isLeap(year) ? 60 : 59);

/** Two decimal digits; NaN, which fails every comparison, if they are not digits. */
function twoDigits(text: string, at: number): number {
  const tens = text.charCodeAt(at) - 48;
  const ones = text.charCodeAt(at + 1) - 48;
  return tens >= 0 && tens <= 9 && ones >= 0 && ones <= 9 ? tens * 10 + ones : Number.NaN;
}

/** The index after a fraction of a second of 1 to 9 digits, if there is one. */
function fractionEnd(text: string): number {
  const mark = text[SECOND_END];
  if (mark !== '.' && mark !== ',') return SECOND_END;
  let end = SECOND_END + 1;
  while (end < SECOND_END + 10 && text.charCodeAt(end) >= 48 && text.charCodeAt(end) <= 57) end++;
  return end === SECOND_END + 1 ? SECOND_END : end;
}

const OFFSET = /^([+-])([01]\d|2[0-3])(?::?([0-5]\d))?$/;

/** For `Z`, `+05:30`, `+0530` or `+05`. */
function offsetSeconds(text: string): number | undefined {
  if (text === 'Z') return 0;
  const match = OFFSET.exec(text);
  if (match === null) return undefined;
  const [, sign, hours, minutes = '0'] = match;
  return (sign === '-' ? -1 : 1) * (Number(hours) * HOUR + Number(minutes) * 60);
}

/** Wall-clock seconds as `2023-04-03T08:30:00`, with no offset. */
export function formatWallClock(seconds: number): string {
  return new Date(seconds * 1000).toISOString().slice(0, 19);
}

/** Minute of the day, 0..1439, and weekday, Monday 0, of wall-clock seconds. */
export function calendarOf(seconds: number): { readonly minute: number; readonly weekday: number } {
  const day = Math.floor(seconds / DAY_SECONDS);
  return { minute: Math.floor((seconds - day * DAY_SECONDS) / 60), weekday: (day + 3) % 7 };
}
