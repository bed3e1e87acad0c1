/** Rides at every split of a model's trees, and next to it on either side. */
import { fromBinary } from '@bufbuild/protobuf';
import { ModelProtoSchema } from '#model/onnx/gen/onnx-ml_pb.js';
import type { RideBatch } from '#model/rides/ride-batch.ts';
import { pairAt, type Rides } from '#model/rides/rides.ts';
import { randomFrom } from '../../support/engines.ts';

/** What all trees of a graph compare features with, each value once. */
export function splitsOf(graph: Uint8Array): readonly number[] {
  const trees = fromBinary(ModelProtoSchema, graph).graph?.node.filter(({ opType }) => opType === 'TreeEnsemble') ?? [];
  const splits = trees
    .flatMap(({ attribute }) => attribute.filter(({ name }) => name === 'nodes_splits'))
    .flatMap(({ t }) => [...new Float32Array(new Uint8Array(t?.rawData ?? []).buffer)]);
  return [...new Set(splits)];
}

const YEAR_2023 = Date.UTC(2023) / 1000;
const DAY_SECONDS = 86_400;

/**
 * Rides between any zones on any day of 2023. Whatever feature a split is about, it is tried as a distance and as a
 * detour, each as it is and as the next float below and above, and as a minute of the day, before and after it.
 * @param miles between zones, by pair slot: a detour is the distance beyond them
 */
export function ridesAtSplits(splits: readonly number[], miles: Float32Array, size: number): Rides {
  const random = randomFrom(31);
  const below = (n: number) => Math.floor(random() * n);
  const rides = room(size);
  for (let i = 0; i < size; i += 1) {
    const split = splits[i % splits.length] ?? Number.NaN;
    const step = Math.floor(i / splits.length) % WAYS_TO_TRY;
    rides.pickupZone[i] = below(267);
    rides.dropoffZone[i] = below(267);
    const beyond = step < 3 ? 0 : (miles[pairAt(rides, i)] ?? 0);
    rides.distance[i] = step < 6 ? nextTo(Math.fround(split + beyond), (step % 3) - 1) : random() * 20;
    const second = step < 6 ? below(DAY_SECONDS) : Math.ceil(Math.abs(split)) * 60 - (step % 2);
    rides.pickupTime[i] = YEAR_2023 + below(365) * DAY_SECONDS + (second % DAY_SECONDS);
  }
  return rides;
}

/** See {@link ridesAtSplits}. */
export const WAYS_TO_TRY = 8;

/** The float32 that is this number of steps above another. */
function nextTo(value: number, steps: number): number {
  if (value === 0) return steps * 2 ** -149;
  const bits = new Int32Array(Float32Array.of(value).buffer);
  bits[0] = (bits[0] ?? 0) + (value < 0 ? -steps : steps);
  return new Float32Array(bits.buffer)[0] ?? Number.NaN;
}

/** A batch's rides as columns. */
export function ridesOf({ size, words }: RideBatch): Rides {
  const rides = room(size);
  for (let i = 0; i < size; i += 1) {
    rides.pickupZone[i] = words.pickupZone[2 * i] ?? 0;
    rides.dropoffZone[i] = words.dropoffZone[2 * i] ?? 0;
    rides.distance[i] = words.distance[i] ?? Number.NaN;
    const [low = 0, high = 0] = words.pickupTime.subarray(2 * i, 2 * i + 2);
    rides.pickupTime[i] = high * 2 ** 32 + (low >>> 0);
  }
  return rides;
}

const columnByColumn = (size: number, make: (name: Exclude<keyof Rides, 'size'>) => Float64Array): Rides => ({
  size,
  pickupZone: make('pickupZone'),
  dropoffZone: make('dropoffZone'),
  distance: make('distance'),
  pickupTime: make('pickupTime'),
});

const room = (size: number) => columnByColumn(size, () => new Float64Array(size));

export const joined = (a: Rides, b: Rides): Rides =>
  columnByColumn(a.size + b.size, (name) => {
    const both = new Float64Array(a.size + b.size);
    both.set(a[name]);
    both.set(b[name], a.size);
    return both;
  });

/** The rides at these places, in this order. */
export const atPlaces = (rides: Rides, places: Uint32Array): Rides =>
  columnByColumn(places.length, (name) => Float64Array.from(places, (i) => rides[name][i] ?? Number.NaN));
