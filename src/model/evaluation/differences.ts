import { z } from 'zod';
import { at } from '../at.ts';
import type { RideBatch } from '../rides/ride-batch.ts';
import { GROUPINGS } from '../rides/ride-groups.ts';
import type { Rides } from '../rides/rides.ts';

/** How far apart two models' predictions are, when nobody knows yet how long the rides took: sums that can be added. */
export const differencesSchema = z.object({
  rides: z.int().nonnegative(),
  /** Sums over the rides, minutes: of the challenger's prediction minus the champion's, and of its absolute value. */
  difference: z.number(),
  absolute: z.number().nonnegative(),
  /** Rides whose predictions are more than a minute apart. */
  over_a_minute: z.int().nonnegative(),
  /** The largest absolute difference, minutes. */
  largest: z.number().nonnegative(),
});
export type Differences = Readonly<z.infer<typeof differencesSchema>>;

const GROUPING_NAMES = ['pickup_borough', 'hour_band', 'distance'] as const;

export const groupDifferencesSchema = differencesSchema.extend({
  grouping: z.enum(GROUPING_NAMES),
  group: z.string(),
});
export type GroupDifferences = Readonly<z.infer<typeof groupDifferencesSchema>>;

const MINUTE = 1;

export const NO_DIFFERENCES: Differences = { rides: 0, difference: 0, absolute: 0, over_a_minute: 0, largest: 0 };

export const plusDifferences = (a: Differences, b: Differences): Differences => ({
  rides: a.rides + b.rides,
  difference: a.difference + b.difference,
  absolute: a.absolute + b.absolute,
  over_a_minute: a.over_a_minute + b.over_a_minute,
  largest: Math.max(a.largest, b.largest),
});

/** The same as means and shares; null without rides. */
export const differenceFigures = ({ rides, difference, absolute, over_a_minute, largest }: Differences) => ({
  rides,
  mean_difference: rides === 0 ? null : difference / rides,
  mean_absolute: rides === 0 ? null : absolute / rides,
  over_a_minute: rides === 0 ? null : over_a_minute / rides,
  largest: rides === 0 ? null : largest,
});
export type DifferenceFigures = ReturnType<typeof differenceFigures>;

type Minutes = Float64Array | Float32Array;
type Mutable = { -readonly [K in keyof Differences]: Differences[K] };

/** Whether the ride's own distance was known to both models. */
const DISTANCES = {
  groups: ['given', 'not given'],
  groupOf: (rides: Rides, index: number) => (Number.isNaN(at(rides.distance, index)) ? 1 : 0),
};
const SPLITS = {
  pickup_borough: GROUPINGS.pickup_borough,
  hour_band: GROUPINGS.hour_band,
  distance: DISTANCES,
} as const;

/** Fed batch by batch. */
export class DifferenceSums {
  readonly #all: Mutable = { ...NO_DIFFERENCES };
  readonly #groups = new Map<string, Mutable & Pick<GroupDifferences, 'grouping' | 'group'>>();

  /** @param a of the challenger, minutes `[rides.size]`; b of the champion */
  add(rides: Rides, a: Minutes, b: Minutes): void {
    for (let i = 0; i < rides.size; i += 1) {
      const difference = at(a, i) - at(b, i);
      addTo(this.#all, difference);
      for (const grouping of GROUPING_NAMES) addTo(this.#group(grouping, rides, i), difference);
    }
  }

  get all(): Differences {
    return this.#all;
  }

  /** Those with rides, in reading order. */
  groups(): readonly GroupDifferences[] {
    return inReadingOrder([...this.#groups.values()]);
  }

  #group(grouping: (typeof GROUPING_NAMES)[number], rides: Rides, i: number): Mutable {
    const group = SPLITS[grouping].groups[SPLITS[grouping].groupOf(rides, i)] ?? 'unknown';
    const key = `${grouping} ${group}`;
    const known = this.#groups.get(key) ?? { grouping, group, ...NO_DIFFERENCES };
    this.#groups.set(key, known);
    return known;
  }
}

function addTo(sums: Mutable, difference: number): void {
  const size = Math.abs(difference);
  sums.rides += 1;
  sums.difference += difference;
  sums.absolute += size;
  if (size > MINUTE) sums.over_a_minute += 1;
  if (size > sums.largest) sums.largest = size;
}

/** The sums of several batches, by group. */
export function mergeGroups(batches: readonly (readonly GroupDifferences[])[]): readonly GroupDifferences[] {
  const merged = Map.groupBy(batches.flat(), ({ grouping, group }) => `${grouping} ${group}`);
  return inReadingOrder(
    [...merged.values()].flatMap(([first, ...more]) =>
      first === undefined ? [] : [{ ...first, ...more.reduce<Differences>(plusDifferences, first) }],
    ),
  ).map(({ grouping, group, rides, difference, absolute, over_a_minute, largest }) => {
    return { grouping, group, rides, difference, absolute, over_a_minute, largest };
  });
}

const inReadingOrder = (groups: readonly GroupDifferences[]): readonly GroupDifferences[] =>
  groups.toSorted((one, other) => placeOf(one) - placeOf(other));

const placeOf = ({ grouping, group }: GroupDifferences) => {
  const groups: readonly string[] = SPLITS[grouping].groups;
  return GROUPING_NAMES.indexOf(grouping) * 100 + groups.indexOf(group);
};

/** The first rides of a batch as columns that can be grouped. */
export function ridesOf({ size, inputs }: RideBatch, most = size): Rides {
  const { PULocationID, DOLocationID, trip_distance, pickup_time } = inputs;
  const count = Math.min(size, most);
  return {
    size: count,
    pickupZone: Float64Array.from({ length: count }, (_, i) => Number(PULocationID[i])),
    dropoffZone: Float64Array.from({ length: count }, (_, i) => Number(DOLocationID[i])),
    distance: Float64Array.from({ length: count }, (_, i) => trip_distance[i] ?? Number.NaN),
    pickupTime: Float64Array.from({ length: count }, (_, i) => Number(pickup_time[i])),
  };
}
