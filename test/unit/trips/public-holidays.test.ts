import { expect, test } from 'vitest';
import { DAY_SECONDS } from '#trips/new-york-time.ts';
import { PUBLIC_HOLIDAYS } from '#trips/public-holidays.ts';

const dayOf = (year: number, month: number, day: number) => Date.UTC(year, month - 1, day) / 1000 / DAY_SECONDS;
const weekdayOf = (day: number) => (day + 3) % 7; // Monday 0

/** The n-th Monday of a month, or Thursday. */
const nth = (n: number, weekday: 0 | 3, year: number, month: number) => {
  const first = dayOf(year, month, 1);
  return first + ((weekday - weekdayOf(first) + 7) % 7) + 7 * (n - 1);
};

/** As federal law sets them: 5 U.S.C. 6103. */
const byLaw = (year: number) => [
  dayOf(year, 1, 1),
  nth(3, 0, year, 1),
  nth(3, 0, year, 2),
  nth(1, 0, year, 6) - 7, // the last Monday of May
  ...(year >= 2021 ? [dayOf(year, 6, 19)] : []),
  dayOf(year, 7, 4),
  nth(1, 0, year, 9),
  nth(2, 0, year, 10),
  dayOf(year, 11, 11),
  nth(4, 3, year, 11),
  dayOf(year, 12, 25),
];

test('the public holidays are those that federal law sets, and a workday next to one that falls on a weekend', () => {
  const lawful = new Set(Array.from({ length: 42 }, (_, i) => byLaw(2009 + i)).flat());
  for (const day of lawful) expect(PUBLIC_HOLIDAYS).toContain(day);
  for (const day of PUBLIC_HOLIDAYS) {
    if (lawful.has(day)) continue;
    const [next, before] = [lawful.has(day + 1) && weekdayOf(day) === 4, lawful.has(day - 1) && weekdayOf(day) === 0];
    const newYear = weekdayOf(day) === 4 && day + 1 === dayOf(2051, 1, 1);
    expect({ day, observed: next || before || newYear }).toEqual({ day, observed: true });
  }
  expect(lawful.size).toBe(42 * 10 + 30);
});
