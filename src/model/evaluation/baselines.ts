/**
 * What can be predicted for a ride with no model: the mean duration of the training rides, and the mean of those
 * between the same two zones. A model that is not clearly better than these has learned little.
 */
import { z } from 'zod';
import type { TrainingDatabase } from '../rides/training-rides.ts';
import { PAIR_SLOTS } from '../rides/zone-pair.ts';

export interface Baselines {
  /** Minutes. */
  readonly mean: number;
  /** Minutes by pair slot; the mean of all rides for a pair without one. */
  readonly pairMean: Float64Array;
}

const MICROSECONDS_A_MINUTE = 60e6;

const meansSchema = z.array(z.object({ pair: z.number(), minutes: z.number() }));

/** @param relation training rides, as SQL, with the columns pair and minutes; at least one ride */
export async function baselinesOf(database: TrainingDatabase, relation: string): Promise<Baselines> {
  // Whole microseconds give the same sum in whatever order threads deliver them.
  const mean = `sum(round(minutes * ${MICROSECONDS_A_MINUTE})::BIGINT)::DOUBLE / count(*) / ${MICROSECONDS_A_MINUTE}`;
  const [all] = await database.rows(`SELECT ${mean} AS minutes FROM ${relation}`);
  const byPair = await database.rows(`SELECT pair, ${mean} AS minutes FROM ${relation} GROUP BY pair`);
  const pairMean = new Float64Array(PAIR_SLOTS).fill(Number(all?.minutes));
  for (const { pair, minutes } of meansSchema.parse(byPair)) pairMean[pair] = minutes;
  return { mean: Number(all?.minutes), pairMean };
}
