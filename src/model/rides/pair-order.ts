import type { RideBatch, RideWords } from './ride-batch.ts';
import { PAIR_SLOTS, pairSlot } from './zone-pair.ts';

/**
 * The numbers of a batch's rides in the order in which they are scored fastest: rides between the same zones follow each
 * other if there are enough of them, and all others come last. Those of a kind keep their order.
 * @param least rides of a pair of zones
 */
export function inPairOrder({ words, size }: RideBatch, least: number): Uint32Array {
  const pairs = new Uint32Array(size);
  const counts = new Uint32Array(PAIR_SLOTS);
  for (let ride = 0; ride < size; ride += 1) {
    const pair = pairOf(words, ride);
    pairs[ride] = pair;
    counts[pair] = (counts[pair] ?? 0) + 1;
  }
  const places = new Uint32Array(PAIR_SLOTS); // of a pair's next ride
  let end = 0;
  for (let pair = 0; pair < PAIR_SLOTS; pair += 1) {
    const rides = counts[pair] ?? 0;
    if (rides < least) continue;
    places[pair] = end;
    end += rides;
  }
  const order = new Uint32Array(size);
  for (let ride = 0; ride < size; ride += 1) {
    const pair = pairs[ride] ?? 0;
    if ((counts[pair] ?? 0) < least) {
      order[end] = ride;
      end += 1;
    } else {
      const place = places[pair] ?? 0;
      order[place] = ride;
      places[pair] = place + 1;
    }
  }
  return order;
}

const pairOf = ({ pickupZone, dropoffZone }: RideWords, ride: number) =>
  pairSlot(zoneOf(pickupZone, ride), zoneOf(dropoffZone, ride));

/** An int64 beyond 32 bits is no zone. */
const zoneOf = (words: Int32Array, ride: number) => (words[2 * ride + 1] === 0 ? (words[2 * ride] ?? 0) : 0);
