/** How often each alarm is raised when days are drawn from a month. Seeded: the same days give the same rates. */
import { uniform } from '#model/evaluation/resampling.ts';
import { type DriftLimits, judge, measureColumn } from '#monitoring/drift.ts';
import { PRESETS, type Preset } from '#monitoring/presets.ts';
import { type HarmLimits, type HarmVerdict, testHarm } from '#monitoring/statistics/harm.ts';
import type { ColumnSamples } from '#monitoring/table-pair.ts';
import { type DayBlocks, draw, samplesOfDays } from './day-blocks.ts';

export const DRIFT_LIMITS: DriftLimits = { effect: 0.1, significance: 0.05 };
export const HARM_LIMITS: Omit<HarmLimits, 'reference'> = { tolerance: 0.1, significance: 0.05, leastRides: 100 };

/** What a preset says about two samples. */
export interface Alarm {
  readonly columns: readonly string[];
  readonly dataset: boolean;
}

export function alarmOf(columns: readonly ColumnSamples[], preset: Preset): Alarm {
  const options = { preset, limits: DRIFT_LIMITS, predictionColumn: 'predicted_duration' };
  const judged = judge(
    columns.map((column) => measureColumn(column, options)),
    options,
  );
  const drifted = judged.columns.filter(({ drifted }) => drifted).map(({ column }) => column);
  return { columns: drifted, dataset: judged.dataset_drift };
}

/** Shares of the repetitions. */
export interface DriftRates {
  readonly repetitions: number;
  readonly presets: Readonly<Record<Preset, PresetRates>>;
}

export interface PresetRates {
  readonly anyColumn: number;
  readonly dataset: number;
  /** Those that drifted at least once. */
  readonly columns: ReadonlyMap<string, number>;
}

export interface Drawing {
  readonly repetitions: number;
  readonly seed: number;
  /** Default: a month's. */
  readonly days?: number;
  readonly onProgress?: (done: number) => void;
}

const MONTH_DAYS = 30;

/** Draws days of both sides again and again, with replacement. */
export function driftRates(
  blocks: readonly DayBlocks[],
  { repetitions, seed, days = MONTH_DAYS, onProgress = () => {} }: Drawing,
): DriftRates {
  const random = uniform(seed);
  const raised: Readonly<Record<Preset, Alarm[]>> = { tripcast: [], evidently: [], classic: [] };
  for (let done = 0; done < repetitions; done += 1) {
    onProgress(done);
    const samples = samplesOfDays(blocks, draw(days, random), draw(days, random));
    for (const preset of PRESETS) raised[preset].push(alarmOf(samples, preset));
  }
  return {
    repetitions,
    presets: {
      tripcast: ratesOf(raised.tripcast),
      evidently: ratesOf(raised.evidently),
      classic: ratesOf(raised.classic),
    },
  };
}

function ratesOf(alarms: readonly Alarm[]): PresetRates {
  const share = (raised: (alarm: Alarm) => boolean) => alarms.filter(raised).length / alarms.length;
  const names = [...new Set(alarms.flatMap(({ columns }) => columns))];
  return {
    anyColumn: share(({ columns }) => columns.length > 0),
    dataset: share(({ dataset }) => dataset),
    columns: new Map(names.map((name) => [name, share(({ columns }) => columns.includes(name))])),
  };
}

/** What a look at the stream says has drifted, given the reference month and the trailing days. */
export type Look = (samples: readonly ColumnSamples[]) => readonly string[];

export const monthlyLook: Look = (samples) => alarmOf(samples, 'tripcast').columns;

export interface Quarter {
  readonly looks: number;
  /** Alarms raised over all columns: one that stays counts once. */
  readonly alarms: number;
  readonly columns: readonly string[];
}

/** A quarter whose days are drawn from the current side's, looked at each day over the trailing week. */
export function quietQuarter(
  blocks: readonly DayBlocks[],
  look: Look,
  { seed, days = 91, window = 7 }: { readonly seed: number; readonly days?: number; readonly window?: number },
): Quarter {
  const random = uniform(seed);
  const reference = draw(MONTH_DAYS, random);
  const stream = draw(days, random);
  let looks = 0;
  const alarms: string[] = [];
  let raised: readonly string[] = [];
  for (let end = window; end <= days; end += 1) {
    const found = look(samplesOfDays(blocks, reference, stream.slice(end - window, end)));
    alarms.push(...found.filter((column) => !raised.includes(column)));
    raised = found;
    looks += 1;
  }
  return { looks, alarms: alarms.length, columns: [...new Set(alarms)] };
}

/** One day of predictions with labels. */
export interface ErrorDay {
  readonly rides: number;
  readonly meanAbsoluteError: number;
  /** Mean width of the 90% intervals, minutes. */
  readonly width: number;
}

export interface HarmRates {
  readonly repetitions: number;
  readonly harm: number;
  readonly estimate: number;
  /** Of the repetitions with an alarm: the median day, counted from 1; null = none alarms. */
  readonly harmDay: number | null;
}

/**
 * The harm test on drawn days, and the same test on the errors that the intervals' widths lead to expect. The reference's
 * error comes from drawn days too.
 */
export function harmRates(
  reference: readonly ErrorDay[],
  current: readonly ErrorDay[],
  { repetitions, seed, days = MONTH_DAYS }: Drawing,
): HarmRates {
  const random = uniform(seed);
  const pick = (from: readonly ErrorDay[], count: number) =>
    Array.from({ length: count }, () => from[Math.floor(random() * from.length)]).filter((day) => day !== undefined);
  const found: number[] = [];
  let estimates = 0;
  for (let i = 0; i < repetitions; i += 1) {
    const { harm, estimate } = harmAlarms(pick(reference, MONTH_DAYS), pick(current, days));
    if (harm.verdict === 'harm') found.push(harm.since + 1);
    if (estimate.verdict === 'harm') estimates += 1;
  }
  const sorted = found.toSorted((a, b) => a - b);
  return {
    repetitions,
    harm: found.length / repetitions,
    estimate: estimates / repetitions,
    harmDay: sorted[Math.floor(sorted.length / 2)] ?? null,
  };
}

/** @param current in order of time */
export function harmAlarms(
  reference: readonly ErrorDay[],
  current: readonly ErrorDay[],
): { readonly harm: HarmVerdict; readonly estimate: HarmVerdict } {
  const { meanAbsoluteError, width } = meanOf(reference);
  const limits = { ...HARM_LIMITS, reference: meanAbsoluteError };
  const expected = current.map((day) => ({
    rides: day.rides,
    meanAbsoluteError: (meanAbsoluteError / width) * day.width,
  }));
  return { harm: testHarm(current, limits), estimate: testHarm(expected, limits) };
}

function meanOf(days: readonly ErrorDay[]): { readonly meanAbsoluteError: number; readonly width: number } {
  const rides = days.reduce((sum, day) => sum + day.rides, 0);
  const mean = (value: (day: ErrorDay) => number) => days.reduce((sum, day) => sum + day.rides * value(day), 0) / rides;
  return { meanAbsoluteError: mean((day) => day.meanAbsoluteError), width: mean((day) => day.width) };
}
