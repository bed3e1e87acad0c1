import { ZONES } from '#trips/ride-limits.ts';
import { BOROUGHS, zoneOf } from '#trips/zones.ts';
import { type Infer, z } from './zod.ts';

export const zonesAnswerSchema = z
  .object({ zones: z.array(z.object({ id: z.int(), borough: z.enum(BOROUGHS), name: z.string() })) })
  .openapi('Zones');
export type ZonesAnswer = Infer<typeof zonesAnswerSchema>;

/** TLC's zones in the order of their ids. */
export const zoneList = (): ZonesAnswer => ({
  zones: Array.from({ length: ZONES.last - ZONES.first + 1 }, (_, i) => ({
    id: ZONES.first + i,
    ...zoneOf(ZONES.first + i),
  })),
});
