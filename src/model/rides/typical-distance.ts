import { z } from 'zod';
import { TripcastError } from '#errors.ts';
import { at } from '../at.ts';
import type { TrainingDatabase } from './training-rides.ts';
import { PAIR_SLOTS } from './zone-pair.ts';

/** Recorded distances, both ends excluded, that count toward the typical one. */
const PLAUSIBLE_MILES = { above: 0, below: 100 } as const;

const plausibleIn = (relation: string) =>
  `FROM ${relation} WHERE distance > ${PLAUSIBLE_MILES.above} AND distance < ${PLAUSIBLE_MILES.below}`;

/** @throws TripcastError when no ride has a usable distance: nothing could be learned about distances */
export async function refuseNoDistances(database: TrainingDatabase, relation: string): Promise<void> {
  const [some] = await database.rows(`SELECT 1 ${plausibleIn(relation)} LIMIT 1`);
  if (some !== undefined) return;
  throw new TripcastError(
    `No ride has a trip_distance between ${PLAUSIBLE_MILES.above} and ${PLAUSIBLE_MILES.below} miles`,
    'Check the column trip_distance of the files.',
  );
}

const medianSchema = z.object({ pair: z.number(), miles: z.number() });

/**
 * The distance that replaces one that is not given: the median of the pair's rides, and the median of all rides for a
 * pair without one.
 * @param relation rides with the columns pair and distance
 * @returns miles by pair slot
 */
export async function typicalDistances(database: TrainingDatabase, relation: string): Promise<Float64Array> {
  const plausible = plausibleIn(relation);
  const [all] = await database.rows(`SELECT median(distance) AS miles ${plausible}`);
  const typical = new Float64Array(PAIR_SLOTS).fill(Number(all?.miles));
  const rows = await database.rows(`SELECT pair, median(distance) AS miles ${plausible} GROUP BY pair`);
  for (const { pair, miles } of z.array(medianSchema).parse(rows)) typical[pair] = miles;
  return typical;
}

/** The same relation with every distance known. @returns SQL; it includes the typical distances it needs */
export async function completeDistances(
  database: TrainingDatabase,
  relation: string,
  typical: Float64Array,
): Promise<string> {
  const lacking = await database.rows(`SELECT DISTINCT pair FROM ${relation} WHERE distance IS NULL ORDER BY pair`);
  if (lacking.length === 0) return relation;
  const rows = lacking.map(({ pair }) => `(${Number(pair)}, ${at(typical, Number(pair))}::DOUBLE)`);
  return `(SELECT r.* REPLACE (coalesce(r.distance, t.miles) AS distance)
    FROM ${relation} r LEFT JOIN (VALUES ${rows.join()}) t(pair, miles) ON t.pair = r.pair)`;
}
