/**
 * Adaptive conformal inference (Gibbs and Candes, "Adaptive Conformal Inference Under Distribution Shift", NeurIPS 2021):
 * the level of the interval moves with each day's coverage, so that the share inside comes back to 90% by itself.
 */
import { at } from '#model/at.ts';
import type { Predictions } from '#model/scorer.ts';
import { DAY_SECONDS } from '#trips/new-york-time.ts';

/** Labelled rides with the intervals that a run gives them, day by day in New York. */
export interface DayOfRides {
  /** How far each ride is from its prediction, in units of the side of the interval that it is on: up to 1 is inside. */
  readonly scores: Float64Array;
  /** Minutes from the lower bound to the prediction and from there to the upper one, each `[rides]`. */
  readonly below: Float64Array;
  readonly above: Float64Array;
}

export function byDay(
  rides: { readonly minutes: Float64Array; readonly pickupTime: Float64Array },
  { predicted_duration: predicted, interval_low: low, interval_high: high }: Predictions,
): readonly DayOfRides[] {
  const indices = Map.groupBy(rides.minutes.keys(), (i) => Math.floor(at(rides.pickupTime, i) / DAY_SECONDS));
  return [...indices]
    .sort(([a], [b]) => a - b)
    .map(([, ofDay]) => {
      const below = Float64Array.from(ofDay, (i) => at(predicted, i) - at(low, i));
      const above = Float64Array.from(ofDay, (i) => at(high, i) - at(predicted, i));
      const scores = Float64Array.from(ofDay, (i, k) => {
        const off = at(rides.minutes, i) - at(predicted, i);
        return off < 0 ? -off / at(below, k) : off === 0 ? 0 : off / at(above, k);
      });
      return { scores, below, above };
    });
}

const WANTED = 0.1;
/** By ride: a day of two thousand moves the level by a tenth of what it missed, so that it neither sleeps nor swings. */
const STEP = 0.1 / 2000;

/**
 * @param calibration days whose scores say how much wider an interval has to be for a level, before the level moves
 * @param days        the days to follow; `measured` of the last of them count
 * @param labelsCome  after each day; otherwise the level stays where `days` before the measured ones left it
 */
export function adaptive(
  calibration: readonly DayOfRides[],
  days: readonly DayOfRides[],
  measured: number,
  labelsCome: boolean,
): { readonly coverage: number; readonly width: number } {
  const sorted = Float64Array.from(calibration.flatMap(({ scores }) => [...scores])).sort();
  const factorAt = (level: number) => at(sorted, Math.min(sorted.length - 1, Math.floor((1 - level) * sorted.length)));
  let level = WANTED;
  let [inside, rides, width] = [0, 0, 0];
  days.forEach(({ scores, below, above }, day) => {
    const factor = factorAt(level);
    const held = scores.filter((score) => score <= factor).length;
    const counts = day >= days.length - measured;
    if (labelsCome || !counts)
      level = Math.min(0.5, Math.max(0.001, level + STEP * (WANTED * scores.length - (scores.length - held))));
    if (!counts) return;
    inside += held;
    rides += scores.length;
    below.forEach((minutes, i) => {
      width += factor * (minutes + at(above, i));
    });
  });
  return { coverage: inside / rides, width: width / rides };
}
