import { z } from 'zod';
import { at } from '../at.ts';
import { pairAt } from '../rides/rides.ts';
import { pairName, zoneSlot } from '../rides/zone-pair.ts';
import type { ExplainRide, ReadNative } from './native-answer.ts';

const byName = z.record(z.string(), z.number());
const pairsSchema = z.object({ intercept: z.number(), trip_distance: z.number(), PU_DO: byName });
const zonesSchema = z.object({ intercept: z.number(), PULocationID: byName, DOLocationID: byName });

/** For linear-pair: its coefficients are the contributions. */
export const explainPairs: ExplainRide = async (ride, read) => {
  const { intercept, trip_distance, PU_DO } = pairsSchema.parse(await coefficients(read));
  const pair = pairName(pairAt(ride, 0));
  return answer(intercept, {
    [`PU_DO=${pair}`]: PU_DO[pair] ?? 0,
    trip_distance: trip_distance * at(ride.distance, 0),
  });
};

/** For linear-zones. */
export const explainZones: ExplainRide = async (ride, read) => {
  const { intercept, PULocationID, DOLocationID } = zonesSchema.parse(await coefficients(read));
  const [pickup, dropoff] = [ride.pickupZone, ride.dropoffZone].map((zones) => String(zoneSlot(at(zones, 0))));
  return answer(intercept, {
    [`PULocationID=${pickup}`]: PULocationID[pickup ?? ''] ?? 0,
    [`DOLocationID=${dropoff}`]: DOLocationID[dropoff ?? ''] ?? 0,
  });
};

function answer(baseline: number, added: Readonly<Record<string, number>>) {
  const contributions = Object.entries(added).map(([feature, minutes]) => ({ feature, minutes }));
  return { baseline, contributions, unclipped: contributions.reduce((sum, { minutes }) => sum + minutes, baseline) };
}

const coefficients = async (read: ReadNative): Promise<unknown> =>
  JSON.parse(new TextDecoder().decode(await read('coefficients.json')));
