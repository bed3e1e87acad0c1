/** The week as a slider shows it: half hours from Monday 0:00, 336 of them. */
import { calendarOf, DAY_SECONDS } from '#trips/new-york-time.ts';

export const STEP_MINUTES = 30;
export const WEEK_STEPS = (7 * 24 * 60) / STEP_MINUTES;
const DAYS = ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun'] as const;
const LONG_DAYS = ['Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday', 'Sunday'] as const;

/** The step that a wall-clock time is in. */
export function stepOf(seconds: number): number {
  const { minute, weekday } = calendarOf(seconds);
  return Math.floor((weekday * 24 * 60 + minute) / STEP_MINUTES);
}

/** The time at which a step begins, in the same week (Monday to Sunday) as `seconds`. */
export function timeOfStep(step: number, seconds: number): number {
  const { weekday } = calendarOf(seconds);
  const monday = (Math.floor(seconds / DAY_SECONDS) - weekday) * DAY_SECONDS;
  return monday + step * STEP_MINUTES * 60;
}

/** `Mon 08:30` */
export const shortTime = (seconds: number): string => `${DAYS[calendarOf(seconds).weekday]} ${clockOf(seconds)}`;

/** `Monday 08:30`, as a screen reader should say it. */
export const spokenTime = (seconds: number): string => `${LONG_DAYS[calendarOf(seconds).weekday]} ${clockOf(seconds)}`;

function clockOf(seconds: number): string {
  const { minute } = calendarOf(seconds);
  return `${pad(Math.floor(minute / 60))}:${pad(minute % 60)}`;
}

const pad = (value: number) => String(value).padStart(2, '0');
