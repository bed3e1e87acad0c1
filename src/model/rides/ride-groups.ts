import { calendarOf, UNKNOWN_TIME } from '#trips/new-york-time.ts';
import { BOROUGHS, zoneOf } from '#trips/zones.ts';
import { at } from '../at.ts';
import type { Rides } from './rides.ts';

/** A way to split rides into groups, each ride in exactly one. */
export interface Grouping {
  /** In reading order. */
  readonly groups: readonly string[];
  /** The index of the group of ride `index`. */
  groupOf(rides: Rides, index: number): number;
}

const HOURS = Array.from({ length: 24 }, (_, hour) => hour);
/** Hours at which night, morning rush, midday, evening rush and late evening begin. */
const HOUR_BANDS = [0, 6, 10, 16, 20] as const;
/** Miles at which a band begins; it ends where the next one begins. */
const DISTANCE_BANDS = [0, 1, 2, 5, 10] as const;

/** The ways in which a card splits the validation rides. */
export const GROUPINGS = {
  hour_band: byHour(HOUR_BANDS, bandNames(HOUR_BANDS, '-24')),
  hour: byHour(HOURS, HOURS.map(String)),
  pickup_borough: {
    groups: BOROUGHS,
    groupOf: (rides, index) => BOROUGHS.indexOf(zoneOf(at(rides.pickupZone, index)).borough),
  },
  distance: {
    /** A recorded 0 (or less) is its own group: hardly any such ride went nowhere. */
    groups: ['0', ...bandNames(DISTANCE_BANDS, '+'), 'not given'],
    groupOf(rides, index) {
      const miles = at(rides.distance, index);
      if (Number.isNaN(miles)) return DISTANCE_BANDS.length + 1;
      return miles <= 0 ? 0 : 1 + bandOf(DISTANCE_BANDS, miles);
    },
  },
  zones: {
    groups: ['same zone', 'others'],
    groupOf: (rides, index) => (staysInZone(at(rides.pickupZone, index), at(rides.dropoffZone, index)) ? 0 : 1),
  },
} as const satisfies Readonly<Record<string, Grouping>>;

export type GroupingName = keyof typeof GROUPINGS;
export const GROUPING_NAMES = Object.keys(GROUPINGS) as readonly GroupingName[]; // the keys as typed above

function byHour(starts: readonly number[], names: readonly string[]): Grouping {
  const bandOfHour = HOURS.map((hour) => bandOf(starts, hour));
  return {
    groups: [...names, 'unknown'],
    groupOf(rides, index) {
      const time = at(rides.pickupTime, index);
      return time === UNKNOWN_TIME
        ? starts.length
        : (bandOfHour[Math.floor(calendarOf(time).minute / 60)] ?? Number.NaN);
    },
  };
}

/** `0-6`, `6-10` and so on; the last one's name is its start followed by `lastEnd`. */
function bandNames(starts: readonly number[], lastEnd: string): readonly string[] {
  return starts.map((start, i) => `${start}${i + 1 < starts.length ? `-${starts[i + 1]}` : lastEnd}`);
}

/** The last band that begins at or before the value. A plain loop, since it runs for every ride of a month. */
function bandOf(starts: readonly number[], value: number): number {
  let band = starts.length - 1;
  while (band > 0 && value < (starts[band] ?? Number.NaN)) band -= 1;
  return band;
}

/** Two unknown places, or two outside the city, are not necessarily the same. */
function staysInZone(pickupZone: number, dropoffZone: number): boolean {
  const { borough } = zoneOf(pickupZone);
  return pickupZone === dropoffZone && borough !== 'Unknown' && borough !== 'N/A';
}
