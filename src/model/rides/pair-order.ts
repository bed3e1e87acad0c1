import { PAIR_SLOTS } from './zone-pair.ts';

/**
 * Places of rides in the order in which they are scored fastest: those between the same zones follow each other if there
 * are enough of them, and all others come last. Rides of the same pair keep their order, as do the others.
 * @param pairs the pair slot of each ride
 * @param least rides of a pair
 * @returns 0 for the ride that comes first, and so on
 */
export function pairOrder(pairs: Uint32Array, least: number): Uint32Array {
  const counts = new Uint32Array(PAIR_SLOTS);
  for (let ride = 0; ride < pairs.length; ride += 1) {
    const pair = pairs[ride] ?? 0;
    counts[pair] = (counts[pair] ?? 0) + 1;
  }
  const next = new Uint32Array(PAIR_SLOTS);
  let rest = 0;
  for (let pair = 0; pair < PAIR_SLOTS; pair += 1) {
    const rides = counts[pair] ?? 0;
    if (rides < least) continue;
    next[pair] = rest;
    rest += rides;
  }
  const places = new Uint32Array(pairs.length);
  for (let ride = 0; ride < pairs.length; ride += 1) {
    const pair = pairs[ride] ?? 0;
    if ((counts[pair] ?? 0) < least) {
      places[ride] = rest;
      rest += 1;
    } else {
      const place = next[pair] ?? 0;
      places[ride] = place;
      next[pair] = place + 1;
    }
  }
  return places;
}
