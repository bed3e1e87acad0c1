/**
 * Is a challenger worse than the champion in some part of the city, at some hours, or without a distance? Both score the
 * same rides, and each segment's RMSE difference gets a lower confidence bound that takes days as the unit: rides of a
 * day share its weather and traffic.
 *
 * The standard error is the nonparametric delta method's over days (Davison and Hinkley, "Bootstrap Methods and their
 * Application", 1997, section 2.7.2), with the usual n / (n - 1) for n days. The influence of a day on RMSE_a - RMSE_b is
 *
 *     u = sum over its rides of (e_a^2 - MSE_a) / (2 RMSE_a) - (e_b^2 - MSE_b) / (2 RMSE_b), over all rides N,
 *     s^2 = n / (n - 1) * sum of u^2,
 *
 * and the bound is the difference minus t * s, with Student's t of n - 1 degrees of freedom, which keeps its level for the
 * few days that a week or a month has (Cameron and Miller, "A Practitioner's Guide to Cluster-Robust Inference", Journal
 * of Human Resources 50, 2015). The bootstrap of compare.ts has too thin tails there: it would need the 0.3% quantile of
 * resamples of seven days.
 *
 * A segment counts against a challenger when it is proven worse by more than the tolerance, not when it fails to be
 * proven as good: with a few hundred rides a month, as in Staten Island, nothing at all could be proven as good, and a
 * champion would be refused against itself. So that many segments together raise no false alarm, each is judged at its
 * share of the error rate (Bonferroni); whether any is refused is then what Holm's procedure would say as well.
 */
import { DAY_SECONDS } from '#trips/new-york-time.ts';
import { at } from '../at.ts';
import { GROUPINGS, type Grouping } from '../rides/ride-groups.ts';
import type { LabelledRides } from '../rides/rides.ts';
import { studentQuantile } from './student.ts';

type Minutes = Float64Array | Float32Array;

/** What a model predicts for rides: with their recorded distance, and with no distance. Minutes `[rides.size]`. */
export interface PairedPredictions {
  readonly given: Minutes;
  readonly withheld: Minutes;
}

export const SEGMENT_GROUPINGS = ['pickup_borough', 'hour_band', 'distance'] as const;
export type SegmentGrouping = (typeof SEGMENT_GROUPINGS)[number];

/** Whether the model gets the distance: every ride with its own, then every ride without. */
const DISTANCES = ['given', 'not given'] as const;

/** The errors of two models on the rides of one segment, minutes. */
export interface SegmentErrors {
  readonly grouping: SegmentGrouping;
  readonly group: string;
  readonly rows: number;
  readonly days: number;
  /** RMSE of the challenger and of the other model. */
  readonly a: number;
  readonly b: number;
  /** Above 0, the challenger is worse. */
  readonly rmse_difference: number;
  /** Of the difference, with days as the unit; null on a single day. */
  readonly standard_error: number | null;
}

/** `gate.segments` in the config. */
export interface SegmentLimits {
  /** How much larger the challenger's RMSE may be in a segment. */
  readonly toleranceMinutes: number;
  /** A segment with fewer rides, or on fewer days, is not judged: its bound would say nothing. */
  readonly leastRides: number;
  readonly leastDays: number;
  /** That no segment is called worse by chance, over all segments together. */
  readonly confidence: number;
}

export interface JudgedSegment extends SegmentErrors {
  /** The lower confidence bound of the difference; null if the segment is not judged. */
  readonly low: number | null;
  readonly verdict: 'worse' | 'not-worse' | 'not-enough-data';
}

interface DaySums {
  rows: number;
  a: number;
  b: number;
}

/** Fed batch by batch; keeps a few sums per segment and day. */
export class SegmentSums {
  readonly #days: Readonly<Record<SegmentGrouping, readonly Map<number, DaySums>[]>> = {
    pickup_borough: GROUPINGS.pickup_borough.groups.map(() => new Map()),
    hour_band: GROUPINGS.hour_band.groups.map(() => new Map()),
    distance: DISTANCES.map(() => new Map()),
  };

  /** @param a of the challenger, for these rides, in the same order; so is b */
  add(rides: LabelledRides, a: PairedPredictions, b: PairedPredictions): void {
    const [given, withheld] = this.#days.distance;
    this.#addTo('pickup_borough', GROUPINGS.pickup_borough, rides, a.given, b.given);
    this.#addTo('hour_band', GROUPINGS.hour_band, rides, a.given, b.given);
    rides.minutes.forEach((_, i) => {
      if (!Number.isNaN(at(rides.distance, i))) addRide(given, rides, i, a.given, b.given);
      addRide(withheld, rides, i, a.withheld, b.withheld);
    });
  }

  #addTo(name: 'pickup_borough' | 'hour_band', grouping: Grouping, rides: LabelledRides, a: Minutes, b: Minutes): void {
    const groups = this.#days[name];
    for (let i = 0; i < rides.size; i += 1) addRide(groups[grouping.groupOf(rides, i)], rides, i, a, b);
  }

  /** Segments with rides, in reading order. */
  errors(): readonly SegmentErrors[] {
    return SEGMENT_GROUPINGS.flatMap((grouping) =>
      this.#days[grouping].flatMap((days, i) => {
        const group = (grouping === 'distance' ? DISTANCES : GROUPINGS[grouping].groups)[i];
        return days.size === 0 || group === undefined ? [] : [{ grouping, group, ...errorsOf([...days.values()]) }];
      }),
    );
  }
}

function addRide(
  days: Map<number, DaySums> | undefined,
  { minutes, pickupTime }: LabelledRides,
  i: number,
  a: Minutes,
  b: Minutes,
): void {
  if (days === undefined) return;
  const day = Math.floor(at(pickupTime, i) / DAY_SECONDS);
  const actual = at(minutes, i);
  const sums = days.get(day) ?? { rows: 0, a: 0, b: 0 };
  days.set(day, sums);
  sums.rows += 1;
  sums.a += (actual - at(a, i)) ** 2;
  sums.b += (actual - at(b, i)) ** 2;
}

/** @param days sums of squared errors of each day */
export function errorsOf(days: readonly Readonly<DaySums>[]): Omit<SegmentErrors, 'grouping' | 'group'> {
  const all = days.reduce((sum, day) => ({ rows: sum.rows + day.rows, a: sum.a + day.a, b: sum.b + day.b }));
  const { rows } = all;
  const mean = { a: all.a / rows, b: all.b / rows };
  const [a, b] = [Math.sqrt(mean.a), Math.sqrt(mean.b)];
  const influence = (day: Readonly<DaySums>) =>
    (slope(day.a - day.rows * mean.a, a) - slope(day.b - day.rows * mean.b, b)) / rows;
  const squares = days.reduce((sum, day) => sum + influence(day) ** 2, 0);
  const n = days.length;
  const standard_error = n < 2 ? null : Math.sqrt((n / (n - 1)) * squares);
  return { rows, days: n, a, b, rmse_difference: a - b, standard_error };
}

/** An RMSE of zero has no error that a day could add to. */
const slope = (excess: number, rmse: number) => (rmse === 0 ? 0 : excess / (2 * rmse));

/** Judges all segments of a challenger together. */
export function judgeSegments(segments: readonly SegmentErrors[], limits: SegmentLimits): readonly JudgedSegment[] {
  const { toleranceMinutes, leastRides, leastDays, confidence } = limits;
  const isJudged = ({ rows, days }: SegmentErrors) => rows >= leastRides && days >= Math.max(2, leastDays);
  const judged = segments.filter(isJudged).length;
  return segments.map((segment) => {
    const { rmse_difference, standard_error, days } = segment;
    if (!isJudged(segment) || standard_error === null) return { ...segment, low: null, verdict: 'not-enough-data' };
    const low = rmse_difference - studentQuantile(1 - (1 - confidence) / judged, days - 1) * standard_error;
    return { ...segment, low, verdict: low > toleranceMinutes ? 'worse' : 'not-worse' };
  });
}
