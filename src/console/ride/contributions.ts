/**
 * What each part of a ride added to its prediction, as Shapley values: exact, since with four parts there are only 16
 * ways of knowing some and not the others. A part that is not known takes the values it has in typical rides, each in
 * turn (an interventional expectation), so
 *
 *   v(S)    = mean over the typical rides t of f(the ride's own values in S, t's values elsewhere)
 *   added_i = sum over S without i of |S|! (n - |S| - 1)! / n! (v(S + i) - v(S))
 *
 * and the mean prediction of the typical rides plus everything added is the ride's own prediction.
 */
import type { Predictor, Ride } from '../predictor.ts';

export const PARTS = ['distance', 'time', 'pickup', 'dropoff'] as const;
export type Part = (typeof PARTS)[number];

export interface Explained {
  /** The mean prediction of the typical rides, minutes. */
  readonly baseline: number;
  readonly added: readonly { readonly part: Part; readonly minutes: number }[];
  readonly prediction: number;
}

/** A typical ride has a distance of its own. */
export type TypicalRide = Ride & { readonly distance: number };

/**
 * @param ride its distance given, or as the model assumes it. Undefined: distance is no part, and the typical rides have
 *   none either
 * @example
 * const { baseline, added, prediction } = await explain(ride, TYPICAL_RIDES, predictor);
 */
export async function explain(
  ride: Ride,
  typical: readonly TypicalRide[],
  predictor: Pick<Predictor, 'score'>,
): Promise<Explained> {
  const hasDistance = ride.distance !== undefined;
  const parts = PARTS.filter((part) => part !== 'distance' || hasDistance);
  const everything = 2 ** parts.length - 1;
  const background = hasDistance ? typical : typical.map((each) => ({ ...each, distance: undefined }));
  const mixed = Array.from({ length: everything }, (_, known) =>
    background.map((other) => mix(ride, other, parts, known)),
  );
  const { duration } = await predictor.score([...mixed.flat(), ride]);
  const prediction = duration.at(-1) ?? Number.NaN;
  const value = (known: number): number =>
    known === everything
      ? prediction
      : mean(duration.slice(known * background.length, (known + 1) * background.length));
  return { baseline: value(0), added: shapley(parts, value), prediction };
}

function shapley(parts: readonly Part[], value: (known: number) => number): Explained['added'] {
  const values = Array.from({ length: 2 ** parts.length }, (_, known) => value(known));
  return parts.map((part, i) => {
    const minutes = values.reduce((sum, without, known) => {
      const joined = known | (1 << i);
      if (joined === known) return sum;
      return sum + weight(parts.length, bitsOf(known)) * ((values[joined] ?? Number.NaN) - without);
    }, 0);
    return { part, minutes };
  });
}

/** How likely it is, in a random order of `parts`, that exactly the given `size` come before one. */
const weight = (parts: number, size: number) => (factorial(size) * factorial(parts - size - 1)) / factorial(parts);
const factorial = (n: number): number => (n <= 1 ? 1 : n * factorial(n - 1));
const bitsOf = (set: number): number => (set === 0 ? 0 : (set & 1) + bitsOf(set >> 1));
const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;

function mix(ride: Ride, other: Ride, parts: readonly Part[], known: number): Ride {
  const own = parts.filter((_, i) => (known >> i) & 1).map((part) => [part, ride[part]]);
  return { ...other, ...Object.fromEntries(own) };
}
