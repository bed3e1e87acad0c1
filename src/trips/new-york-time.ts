/**
 * New York wall-clock time as the model reads it: seconds since 1970-01-01T00:00:00 of the wall clock, as if that clock
 * were UTC. TLC's files hold wall-clock times with no offset, so this is the one time scale that files, events and
 * requests share.
 *
 * The rules are the Energy Policy Act's of 2005, in force since 2007: daylight time (UTC-4) from the second Sunday in
 * March, 2:00 standard time, to the first Sunday in November, 2:00 daylight time; else UTC-5. They are computed, not
 * looked up, because `Intl` costs microseconds a call and a stream batch asks once a record; a test holds them equal to
 * `Intl` around every change.
 */

const HOUR = 3600;
const DAY = 86_400;

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

function daylightOf(year: number): YearOfDaylight {
  const at = (y: number, month: number, day: number) => Date.UTC(y, month, day) / 1000;
  const sunday = (month: number, nth: number) => {
    const firstWeekday = new Date(Date.UTC(year, month, 1)).getUTCDay();
    return at(year, month, 1 + ((7 - firstWeekday) % 7) + (nth - 1) * 7);
  };
  return {
    year,
    from: at(year, 0, 1),
    to: at(year + 1, 0, 1),
    start: sunday(2, 2) + 7 * HOUR, // 2:00 standard time is 7:00 UTC
    end: sunday(10, 1) + 6 * HOUR, // 2:00 daylight time is 6:00 UTC
  };
}

const DATE = /(\d{4})-(0[1-9]|1[0-2])-(\d{2})/;
const TIME = /([01]\d|2[0-3]):([0-5]\d)(?::([0-5]\d)(?:[.,]\d{1,9})?)?/;
const OFFSET = /Z|[+-](?:[01]\d|2[0-3])(?::?[0-5]\d)?/;
const ISO = new RegExp(`^${DATE.source}(?:[T ]${TIME.source}(${OFFSET.source})?)?$`);

/**
 * An ISO 8601 date and time as New York wall-clock seconds: with an offset it is an instant and is turned into New York
 * time; without one it is New York time already. `undefined` when the text is no such time (or no such day), or lies
 * before 1970 in New York.
 */
export function parsePickupTime(text: string): number | undefined {
  const match = ISO.exec(text);
  if (match === null) return undefined;
  const [, year, month, day, hour = '0', minute = '0', second = '0', offset] = match;
  const midnight = Date.UTC(Number(year), Number(month) - 1, Number(day)) / 1000;
  if (new Date(midnight * 1000).getUTCDate() !== Number(day)) return undefined;
  const seconds = midnight + Number(hour) * HOUR + Number(minute) * 60 + Number(second);
  const wallClock = offset === undefined ? seconds : newYorkSeconds(seconds - offsetSeconds(offset));
  return wallClock < 0 ? undefined : wallClock;
}

function offsetSeconds(offset: string): number {
  if (offset === 'Z') return 0;
  const sign = offset.startsWith('-') ? -1 : 1;
  return sign * (Number(offset.slice(1, 3)) * HOUR + Number(offset.slice(3).replace(':', '')) * 60);
}

/** Wall-clock seconds as `2023-04-03T08:30:00`, with no offset. */
export function formatWallClock(seconds: number): string {
  return new Date(seconds * 1000).toISOString().slice(0, 19);
}

/** Minute of the day, 0..1439, and weekday, Monday 0, of wall-clock seconds. */
export function calendarOf(seconds: number): { readonly minute: number; readonly weekday: number } {
  const day = Math.floor(seconds / DAY);
  return { minute: Math.floor((seconds - day * DAY) / 60), weekday: (day + 3) % 7 };
}
