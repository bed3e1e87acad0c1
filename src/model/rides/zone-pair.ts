import { ZONES } from '#trips/ride-limits.ts';

/**
 * A ride's place as a row of a table. TLC's zones are 1..265; slot 0 stands for every other id (missing, unknown), so
 * a table has 266 slots for zones, and 266 x 266 for pairs. The graph (onnx/pieces.ts) does the same with nodes.
 */
export const ZONE_SLOTS = ZONES.last + 1;
export const PAIR_SLOTS = ZONE_SLOTS * ZONE_SLOTS;

/** 0..{@link ZONE_SLOTS} - 1 */
export const zoneSlot = (zone: number): number => (zone >= ZONES.first && zone <= ZONES.last ? zone : 0);

/** 0..{@link PAIR_SLOTS} - 1. */
export const pairSlot = (pickupZone: number, dropoffZone: number): number =>
  zoneSlot(pickupZone) * ZONE_SLOTS + zoneSlot(dropoffZone);

/** The same in SQL, from two integer expressions. */
export const pairSlotSql = (pickupZone: string, dropoffZone: string): string =>
  `(${zoneSlotSql(pickupZone)} * ${ZONE_SLOTS} + ${zoneSlotSql(dropoffZone)})`;

const zoneSlotSql = (zone: string) =>
  `CASE WHEN ${zone} BETWEEN ${ZONES.first} AND ${ZONES.last} THEN ${zone} ELSE 0 END`;

/** `130_205`: the pair as the published feature PU_DO writes it. */
export function pairName(pair: number): string {
  const { pickup, dropoff } = zonesOfPair(pair);
  return `${pickup}_${dropoff}`;
}

/** The column of its one-hot matrix, as DictVectorizer names it. */
export const pairFeature = (pair: number): string => `PU_DO=${pairName(pair)}`;

/** The pair slot of such a column; undefined for any other column name. */
export function pairOfFeature(name: string): number | undefined {
  const [, pickup, dropoff] = /^PU_DO=(\d+)_(\d+)$/.exec(name) ?? [];
  return pickup === undefined ? undefined : pairSlot(Number(pickup), Number(dropoff));
}

/** The two zone slots of a pair slot. */
export const zonesOfPair = (pair: number): { readonly pickup: number; readonly dropoff: number } => ({
  pickup: Math.floor(pair / ZONE_SLOTS),
  dropoff: pair % ZONE_SLOTS,
});
