/**
 * Has the error grown by more than we tolerate? A test by betting, which stays valid however often it is looked at, so it
 * can be asked every day and on every late label: Podkopaev and Ramdas, "Tracking the risk of a deployed model and
 * detecting harmful distribution shifts", arXiv 2110.06177; the bets as in Waudby-Smith and Ramdas, "Estimating means of
 * bounded random variables by betting", Journal of the Royal Statistical Society B 86, 2024.
 *
 * Each day we bet against "the mean absolute error is at most m". A share c of the wealth, staked, becomes c x / m when the
 * day's error is x: under that hypothesis no bet gains on average, so that wealth ever reaches 1 / significance with at
 * most that probability (Ville). Errors need no upper bound. Instead of choosing c, the wealth is spread over several
 * shares: the best of them soon has most of it.
 */

/** A day of predictions whose true durations are known. */
export interface LabelledDay {
  readonly rides: number;
  /** Minutes. */
  readonly meanAbsoluteError: number;
}

export interface HarmLimits {
  /** What the model is known to achieve on rides it has not seen: mean absolute error, minutes. */
  readonly reference: number;
  /** How much more than the reference is tolerated, as a share of it. */
  readonly tolerance: number;
  /** The chance of a false alarm, over all days together. */
  readonly significance: number;
  /** Days with fewer rides are not counted: their mean is noise. */
  readonly leastRides: number;
}

export type HarmVerdict =
  | { readonly verdict: 'not-enough-data'; readonly days: number }
  | (HarmEvidence & { readonly verdict: 'no-harm' })
  | (HarmEvidence & {
      readonly verdict: 'harm';
      /** The index of the day, among those given, on which the evidence sufficed. */
      readonly since: number;
    });

interface HarmEvidence {
  /** The days counted. */
  readonly days: number;
  /** The mean of their errors, minutes. */
  readonly error: number;
  /** The most that is tolerated, minutes. */
  readonly limit: number;
  /** The lower end of a confidence sequence for the mean error at level 1 - significance, minutes. */
  readonly low: number;
}

const LEAST_DAYS = 3;
/** Shares of the wealth that are staked, with equal parts of it. High ones, since the means of whole days vary little. */
const STAKES = [0.5, 1] as const;
const BISECTIONS = 40;

/** @param days in order of time */
export function testHarm(
  days: readonly LabelledDay[],
  { reference, tolerance, significance, leastRides }: HarmLimits,
): HarmVerdict {
  const counted = [...days.entries()].filter(([, { rides }]) => rides >= leastRides);
  const errors = counted.map(([, { meanAbsoluteError }]) => meanAbsoluteError);
  if (errors.length < LEAST_DAYS) return { verdict: 'not-enough-data', days: errors.length };
  const limit = reference * (1 + tolerance);
  const evidence = {
    days: errors.length,
    error: errors.reduce((sum, error) => sum + error, 0) / errors.length,
    limit,
    low: lowerBound(errors, significance),
  };
  const rejectedOn = dayOfRejection(errors, limit, significance);
  const since = rejectedOn === undefined ? undefined : counted[rejectedOn]?.[0];
  return since === undefined ? { verdict: 'no-harm', ...evidence } : { verdict: 'harm', ...evidence, since };
}

/** The first day after which "the mean is at most `mean`" is rejected. */
function dayOfRejection(errors: readonly number[], mean: number, significance: number): number | undefined {
  const wealth = STAKES.map(() => 1 / STAKES.length);
  for (const [day, error] of errors.entries()) {
    STAKES.forEach((stake, i) => {
      wealth[i] = (wealth[i] ?? 0) * (1 - stake + (stake * error) / mean);
    });
    if (wealth.reduce((sum, part) => sum + part, 0) >= 1 / significance) return day;
  }
  return undefined;
}

/** The largest mean that is rejected; the smaller a mean, the more its bets have won. */
function lowerBound(errors: readonly number[], significance: number): number {
  let [rejected, kept] = [0, Math.max(...errors)];
  for (let i = 0; i < BISECTIONS; i += 1) {
    const middle = (rejected + kept) / 2;
    if (middle > 0 && dayOfRejection(errors, middle, significance) !== undefined) rejected = middle;
    else kept = middle;
  }
  return rejected;
}
