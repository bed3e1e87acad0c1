import { expect, test } from 'vitest';
import { shortTime, spokenTime, stepOf, timeOfStep, WEEK_STEPS } from '#console/week.ts';
import { parsePickupTime } from '#trips/new-york-time.ts';

const at = (text: string) => parsePickupTime(text) ?? Number.NaN;
/** A Monday. */
const MONDAY = at('2023-04-03T08:30:00');

test('a week has 336 half hours, from Monday 0:00 to Sunday 23:30', () => {
  expect(WEEK_STEPS).toBe(336);
  expect(stepOf(at('2023-04-03T00:00:00'))).toBe(0);
  expect(stepOf(MONDAY)).toBe(17);
  expect(stepOf(at('2023-04-09T23:59:59'))).toBe(335);
});

test('the slider stays in the week of the chosen time', () => {
  expect(timeOfStep(0, MONDAY)).toBe(at('2023-04-03T00:00:00'));
  expect(timeOfStep(335, MONDAY)).toBe(at('2023-04-09T23:30:00'));
  expect(timeOfStep(17, at('2023-04-09T23:30:00'))).toBe(MONDAY);
  // A Thursday, before and after midnight.
  expect(timeOfStep(0, at('1970-01-01T12:00:00'))).toBe(at('1970-01-01T00:00:00') - 3 * 86_400);
});

test.each(Array.from({ length: WEEK_STEPS }, (_, step) => step))('step %i comes back from its time', (step) => {
  expect(stepOf(timeOfStep(step, MONDAY))).toBe(step);
});

test('says the time as people do', () => {
  expect(shortTime(MONDAY)).toBe('Mon 08:30');
  expect(spokenTime(at('2023-04-09T00:05:00'))).toBe('Sunday 00:05');
});
