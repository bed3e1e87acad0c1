import type { GroupingName } from '#model/rides/ride-groups.ts';
import { addMonths, type Month } from '#trips/month.ts';

/** `69,392` */
export const count = (n: number): string => n.toLocaleString('en-US');

/** `6.22`; minutes, or any number that reads like them. */
export const decimals = (n: number, digits = 2): string => n.toFixed(digits);

/** A share as `89.9%`. */
export const percent = (share: number): string => `${decimals(share * 100, 1)}%`;

/** Minutes as `+0.40` or `−1.20`. */
export const signed = (n: number): string => `${n < 0 ? '−' : '+'}${decimals(Math.abs(n))}`;

/** A difference of shares as `+0.4` or `−1.2` points. */
export function points(difference: number): string {
  const text = decimals(Math.abs(difference) * 100, 1);
  if (text === '0.0') return text;
  return `${difference > 0 ? '+' : '−'}${text}`;
}

/** Just long enough to tell two files apart at a glance; the full hash is in a title. */
export const shortSha = (sha256: string): string => sha256.slice(0, 12);

/** An ISO time in UTC as `2023-05-15 08:30 UTC`. */
export const moment = (iso: string): string => `${iso.slice(0, 10)} ${iso.slice(11, 16)} UTC`;

/** Months as the command line takes them: `2023-01..2023-03` if they are consecutive, else with commas. */
export function monthsText(months: readonly Month[]): string {
  const [first = '', ...rest] = months;
  const inARow = rest.every((month, i) => months[i] !== undefined && month === addMonths(months[i], 1));
  return rest.length > 0 && inARow ? `${first}..${rest.at(-1)}` : months.join(',');
}

export const GROUPING_TITLES: Readonly<Record<GroupingName, string>> = {
  hour_band: 'By time of pickup',
  hour: 'By hour of pickup',
  pickup_borough: 'By pickup borough',
  distance: 'By recorded distance',
  zones: 'By kind of route',
};

/** A group's name in words: `06–10 h`, `1–2 miles`, `Newark Airport`. */
export const groupLabel = (grouping: GroupingName, group: string): string =>
  NAMES[group] ?? RANGES[grouping](group.split(/[-+]/), group);

const NAMES: Readonly<Record<string, string>> = {
  EWR: 'Newark Airport',
  'N/A': 'Outside the city',
  Unknown: 'Unknown zone',
  unknown: 'Unknown time',
  'same zone': 'Within one zone',
  others: 'All other rides',
  'not given': 'Not given',
};

const hours = (from: string, to: string): string => `${from.padStart(2, '0')}–${to.padStart(2, '0')} h`;

const RANGES: Readonly<Record<GroupingName, (ends: readonly string[], group: string) => string>> = {
  hour_band: ([from = '', to = '']) => hours(from, to),
  hour: ([hour = '']) => hours(hour, String(Number(hour) + 1)),
  distance: ([from, to]) => (to === '' ? `${from}+ miles` : `${to === undefined ? from : `${from}–${to}`} miles`),
  pickup_borough: (_, group) => group,
  zones: (_, group) => group,
};
