import { TripcastError } from '#errors.ts';
import type { Proof, Scorer } from '../scorer.ts';
import { checkGoldenRides, type GoldenRides, GRAPH_TOLERANCE_MINUTES } from './golden.ts';

/**
 * Why a model cannot be used here: it does not reproduce its golden rides.
 * @param named      the model's name
 * @param difference the largest, in minutes
 * @returns undefined when the difference is within {@link GRAPH_TOLERANCE_MINUTES}
 */
export const goldenRefusal = (named: string, difference: number): string | undefined =>
  difference <= GRAPH_TOLERANCE_MINUTES
    ? undefined
    : `${named} is ${difference} minutes off on its golden rides; at most ${GRAPH_TOLERANCE_MINUTES} is allowed`;

/** Whether a scorer reproduces golden rides. */
export const goldenProof =
  (golden: GoldenRides): Proof =>
  async (scorer) =>
    goldenRefusal('It', (await checkGoldenRides(scorer, golden)).max_difference);

/**
 * Refuses a model that does not reproduce its golden rides on this machine.
 * @param named the model's name
 * @param fix   what to do if it is refused, as the end of a sentence
 * @throws TripcastError with the largest difference and the limit
 */
export async function refuseOtherAnswers(
  named: string,
  scorer: Scorer,
  golden: GoldenRides,
  fix: string,
): Promise<void> {
  const refusal = goldenRefusal(named, (await checkGoldenRides(scorer, golden)).max_difference);
  if (refusal === undefined) return;
  throw new TripcastError(refusal, `The graph or the runtime is not the one it was trained with: ${fix}`);
}
