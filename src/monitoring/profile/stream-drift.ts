/**
 * Whether the rides of the stream's last days still look like those that its model was trained on.
 *
 * Whole weeks are compared, weekday by weekday: each weekday of the training rides gets the weight that it has in the
 * stream, so that a week with a quiet Sunday is not a change. The distance of two finite samples is never 0, and a week
 * has a weather of its own; so how far an ordinary week is from the others is measured on the training days themselves:
 * a week of days drawn from them, thinned to as many rides as the stream has, against the days that were not drawn. Only
 * what is left after that counts, and it must exceed the effect that matters.
 */
import { quantile, uniform } from '#model/evaluation/resampling.ts';
import { COLUMN_NAMES, COLUMNS, type ColumnName } from '#model/profile/columns.ts';
import { RideProfile } from '#model/profile/ride-profile.ts';
import type { TrainingProfile } from '#model/profile/training-profile.ts';
import type { RunId } from '#storage/run-id.ts';
import type { HourProfile } from '#streaming/hour-profile.ts';
import { holm } from '../statistics/holm.ts';
import { type ColumnWeeks, columnWeeks, distanceBetween, drawnWeek, ordinaryWeek } from './column-weeks.ts';

export interface StreamLimits {
  /** The effect that matters: a normed Wasserstein or a Jensen-Shannon distance. */
  readonly effect: number;
  /** The chance of a false alarm in any column. */
  readonly significance: number;
  /** With fewer rides, the verdict is "not enough data". */
  readonly leastRides: number;
  /** How many days the hours span. */
  readonly days: number;
  readonly resamples?: number;
  readonly seed?: number;
}

export interface StreamColumn {
  readonly column: ColumnName;
  readonly verdict: 'drifted' | 'steady' | 'not-enough-data';
  readonly drifted: boolean;
  /** Null, like score and p, when there is not enough data. */
  readonly method: 'Wasserstein effect (normed)' | 'Jensen-Shannon effect' | null;
  /** The distance, less what an ordinary week of the training rides has. */
  readonly score: number | null;
  readonly threshold: number;
  /** After Holm's correction: how likely an ordinary week with the effect that matters would be as far off. */
  readonly p: number | null;
  /** Shares of the rides without a value, or with one that cannot be. */
  readonly missing: { readonly reference: number | null; readonly current: number | null };
  readonly invalid: { readonly reference: number | null; readonly current: number | null };
  /** Medians of numbers. */
  readonly median: { readonly reference: number | null; readonly current: number | null };
}

export interface StreamDrift {
  readonly verdict: 'drifted' | 'steady' | 'not-enough-data';
  /** Why there is no verdict. */
  readonly reason: string | null;
  readonly rides: number;
  /** Of them, how many this run predicted; the columns with predictions compare only those. */
  readonly rides_of_run: number;
  readonly hours: number;
  readonly reference: { readonly rides: number; readonly days: number };
  /** The predictions first: what a drift does to them is what matters (Rabanser et al., arXiv 1810.11953). */
  readonly columns: readonly StreamColumn[];
}

/** Enough for six columns after Holm's correction: the least p is then 6/300. */
const RESAMPLES = 299;
const SEED = 42;
/** The weekday aligns the samples, so it cannot differ between them. */
const COMPARED = COLUMN_NAMES.filter((name) => name !== 'weekday');
const OF_THE_MODEL: readonly ColumnName[] = ['predicted_duration', 'interval_width'];

/** A run, and what it was trained on. */
export interface TrainedOn {
  readonly runId: RunId;
  readonly profile: TrainingProfile;
}

/**
 * @param hours of the days to judge; hours of other runs count where no prediction is concerned
 * @example
 * const { verdict, columns } = streamDrift({ runId, profile }, hours, {
 *   effect: 0.1, significance: 0.05, leastRides: 2000, days: 7,
 * });
 */
export function streamDrift(
  { runId, profile: reference }: TrainedOn,
  hours: readonly HourProfile[],
  limits: StreamLimits,
): StreamDrift {
  const all = RideProfile.merged(hours.map(({ profile }) => profile));
  const ofRun = RideProfile.merged(hours.filter((hour) => hour.runId === runId).map(({ profile }) => profile));
  const training = RideProfile.merged(reference.days.map(({ profile }) => profile));
  const measured = COMPARED.map((name) => {
    const current = OF_THE_MODEL.includes(name) ? ofRun : all;
    const weeks = current.rides < limits.leastRides ? undefined : columnWeeks(name, reference, current, limits.days);
    return { ...described(name, training, current, limits), ...(weeks && effectOf(weeks, limits)) };
  });
  const columns = adjusted(measured, limits.significance);
  const known = columns.filter(({ verdict }) => verdict !== 'not-enough-data');
  const verdict = known.length === 0 ? 'not-enough-data' : known.some(({ drifted }) => drifted) ? 'drifted' : 'steady';
  return {
    verdict,
    reason: known.length === 0 ? reasonOf(all, limits) : null,
    rides: all.rides,
    rides_of_run: ofRun.rides,
    hours: new Set(hours.map(({ hour }) => hour)).size,
    reference: { rides: training.rides, days: reference.days.length },
    columns,
  };
}

function reasonOf({ rides }: RideProfile, { leastRides }: StreamLimits): string {
  if (rides < leastRides) return `${rides} rides; at least ${leastRides} are needed`;
  return 'the stream or the training rides lack a weekday';
}

function described(
  name: ColumnName,
  training: RideProfile,
  current: RideProfile,
  { effect }: StreamLimits,
): StreamColumn {
  const both = (share: (profile: RideProfile) => number | null) => ({
    reference: share(training),
    current: share(current),
  });
  const ofRides = (what: 'missing' | 'invalid') =>
    both((profile) => (profile.rides === 0 ? null : profile.column(name)[what] / profile.rides));
  const isNumber = COLUMNS[name].kind === 'number';
  return {
    column: name,
    verdict: 'not-enough-data',
    drifted: false,
    method: null,
    score: null,
    threshold: effect,
    p: null,
    missing: ofRides('missing'),
    invalid: ofRides('invalid'),
    median: both((profile) => (isNumber ? (profile.quantile(name, 0.5) ?? null) : null)),
  };
}

/**
 * Squares of distances add up, as in preset `tripcast`: the sample's square is the true one's plus that of an ordinary
 * week, so the effect is the root of what is left, and p counts the ordinary weeks that would make the limit this far.
 */
function effectOf(
  weeks: ColumnWeeks,
  { effect, resamples = RESAMPLES, seed = SEED }: StreamLimits,
): Pick<StreamColumn, 'method' | 'score' | 'p'> {
  const random = uniform(seed);
  const square = distanceBetween(weeks, ordinaryWeek(weeks), weeks.current) ** 2;
  const ordinary = new Float64Array(resamples);
  for (let i = 0; i < resamples; i += 1) {
    const { drawn, others } = drawnWeek(weeks, random);
    ordinary[i] = distanceBetween(weeks, others, drawn) ** 2;
  }
  ordinary.sort();
  const asFar = ordinary.filter((each) => each + effect ** 2 >= square).length;
  return {
    method: weeks.kind === 'number' ? 'Wasserstein effect (normed)' : 'Jensen-Shannon effect',
    score: Math.sqrt(Math.max(0, square - quantile(ordinary, 0.5))),
    p: (1 + asFar) / (1 + resamples),
  };
}

function adjusted(columns: readonly StreamColumn[], significance: number): readonly StreamColumn[] {
  const tested = columns.filter(({ p }) => p !== null);
  const pValues = holm(tested.map(({ p }) => p ?? 1));
  return columns.map((column) => {
    if (column.p === null) return column;
    const p = pValues[tested.indexOf(column)] ?? 1;
    const drifted = p <= significance;
    return { ...column, p, drifted, verdict: drifted ? 'drifted' : 'steady' };
  });
}
