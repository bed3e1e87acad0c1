import type { ModelCard } from '#model/card/card.ts';
import type { Day } from '#trips/day.ts';
import { type HarmLimits, testHarm } from '../statistics/harm.ts';
import type { VersionDay } from './join-labels.ts';

/** The errors of labelled predictions, minutes; all null when there are too few. */
export interface RealisedError {
  readonly mae: number | null;
  readonly rmse: number | null;
  /** Predicted minus actual. */
  readonly bias: number | null;
  readonly coverage_90: number | null;
}

export interface DayError extends RealisedError {
  readonly day: Day;
  readonly version: string;
  readonly verdict: 'measured' | 'not-enough-data';
  readonly predictions: number;
  readonly labelled: number;
}

export interface VersionError extends RealisedError {
  readonly model: string;
  readonly version: string;
  readonly predictions: number;
  readonly labelled: number;
  /** What the run achieved when it was validated, on as many rides without a distance; null if it has no card. */
  readonly reference_mae: number | null;
  readonly harm: StreamHarm;
}

/** Whether the error has grown: see statistics/harm.ts. */
export type StreamHarm =
  | { readonly verdict: 'not-enough-data'; readonly days: number }
  /** The run has no card, so that nothing says what to expect of it. */
  | { readonly verdict: 'no-reference'; readonly days: number }
  | {
      readonly verdict: 'harm' | 'no-harm';
      readonly days: number;
      readonly error: number;
      readonly limit: number;
      readonly low: number;
      /** The day on which the evidence sufficed. */
      readonly since: Day | null;
    };

/** What a run's card says of its mean absolute error, with the metered distance and without one. */
export type Expected = { readonly [K in 'validation']: Pick<ModelCard[K], 'mae' | 'typical_distance'> };

type Sums = Omit<VersionDay, 'day' | 'model' | 'version'>;

/** Days in order, each with the versions that predicted on it. */
export const dayErrors = (days: readonly VersionDay[], leastRides: number): readonly DayError[] =>
  days.map((of) => ({
    day: of.day,
    version: of.version,
    verdict: of.labelled < leastRides ? 'not-enough-data' : 'measured',
    predictions: of.predictions,
    labelled: of.labelled,
    ...errorOf(of, leastRides),
  }));

/**
 * Each version over all its days.
 * @param days in order of time
 * @param cardOf a version's card; undefined when it has none
 */
export function versionErrors(
  days: readonly VersionDay[],
  limits: Omit<HarmLimits, 'reference'>,
  cardOf: (version: string) => Expected | undefined,
): readonly VersionError[] {
  const versions = Map.groupBy(days, ({ model, version }) => `${model}/${version}`);
  return [...versions.values()].flatMap((own) => {
    const [first] = own;
    if (first === undefined) return [];
    const { model, version } = first;
    const sums = own.reduce<Sums>(plus, NOTHING);
    const reference = referenceOf(sums, cardOf(version));
    return [
      {
        model,
        version,
        predictions: sums.predictions,
        labelled: sums.labelled,
        ...errorOf(sums, limits.leastRides),
        reference_mae: reference ?? null,
        harm: harmOf(own, reference, limits),
      },
    ];
  });
}

const NOTHING: Sums = { predictions: 0, labelled: 0, typical: 0, error: 0, absolute: 0, squared: 0, inside: 0 };

const plus = (a: Sums, b: Sums): Sums => ({
  predictions: a.predictions + b.predictions,
  labelled: a.labelled + b.labelled,
  typical: a.typical + b.typical,
  error: a.error + b.error,
  absolute: a.absolute + b.absolute,
  squared: a.squared + b.squared,
  inside: a.inside + b.inside,
});

function errorOf({ labelled, error, absolute, squared, inside }: Sums, leastRides: number): RealisedError {
  if (labelled === 0 || labelled < leastRides) return { mae: null, rmse: null, bias: null, coverage_90: null };
  return {
    mae: absolute / labelled,
    rmse: Math.sqrt(squared / labelled),
    bias: error / labelled,
    coverage_90: inside / labelled,
  };
}

/** A ride without a distance is harder to predict, so that a stream with more of them is expected to have larger errors. */
function referenceOf({ labelled, typical }: Sums, card: Expected | undefined): number | undefined {
  if (card === undefined) return undefined;
  const { mae, typical_distance } = card.validation;
  const share = labelled === 0 ? 0 : typical / labelled;
  return (1 - share) * mae + share * typical_distance.mae;
}

function harmOf(
  days: readonly VersionDay[],
  reference: number | undefined,
  limits: Omit<HarmLimits, 'reference'>,
): StreamHarm {
  const labelled = days.filter((day) => day.labelled > 0);
  if (reference === undefined) return { verdict: 'no-reference', days: labelled.length };
  const means = labelled.map((day) => ({ rides: day.labelled, meanAbsoluteError: day.absolute / day.labelled }));
  const found = testHarm(means, { ...limits, reference });
  if (found.verdict === 'not-enough-data') return found;
  return { ...found, since: found.verdict === 'harm' ? (labelled[found.since]?.day ?? null) : null };
}
