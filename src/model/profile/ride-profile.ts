import { DAY_SECONDS, UNKNOWN_TIME } from '#trips/new-york-time.ts';
import { ZONES } from '#trips/ride-limits.ts';
import type { RideBatch, RideWords } from '../rides/ride-batch.ts';
import type { Predictions } from '../scorer.ts';
import { COLUMN_NAMES, COLUMNS, type ColumnName } from './columns.ts';
import { cellOfNumber, numberOfCell } from './number-cells.ts';

/** Rides and what a model answered, in the form that a profile counts fastest. */
export interface ScoredRides extends RideWords {
  readonly predicted: Float32Array;
  readonly low: Float32Array;
  readonly high: Float32Array;
}

export const scoredRides = (rides: RideBatch, predictions: Predictions): ScoredRides => ({
  ...rides.words,
  predicted: predictions.predicted_duration,
  low: predictions.interval_low,
  high: predictions.interval_high,
});

/** One column of a profile. */
export interface ColumnCounts {
  /** Not given. */
  readonly missing: number;
  /** A zone outside 1..265, or a number that is negative or infinite. */
  readonly invalid: number;
  /** `[cells]` of columns.ts; a view. */
  readonly counts: Float64Array;
}

/** Each column's counts begin with these two, then its cells. */
const [MISSING, INVALID, FIRST_CELL] = [0, 1, 2];

const STARTS = new Map<ColumnName, number>();
let size = 0;
for (const name of COLUMN_NAMES) {
  STARTS.set(name, size);
  size += FIRST_CELL + COLUMNS[name].cells;
}
const SIZE = size;
const startOf = (name: ColumnName): number => STARTS.get(name) ?? Number.NaN;

const [PREDICTED, WIDTH, DISTANCE] = (['predicted_duration', 'interval_width', 'trip_distance'] as const).map(startOf);
const [PICKUP, DROPOFF] = (['PULocationID', 'DOLocationID'] as const).map(startOf);
const [HOUR, WEEKDAY] = (['hour', 'weekday'] as const).map(startOf);
const HOUR_SECONDS = 3600;
const WORD = 2 ** 32;

/**
 * What rides look like, as counts: they merge exactly, in any order and in any grouping. Adding a ride allocates
 * nothing.
 * @example
 * const profile = new RideProfile();
 * const scored = scoredRides(batch, await scorer.score(batch));
 * for (let i = 0; i < batch.size; i += 1) profile.add(scored, i);
 * profile.quantile('trip_distance', 0.5); // miles, within 1/129
 */
export class RideProfile {
  #rides = 0;
  readonly #counts = new Float64Array(SIZE);

  get rides(): number {
    return this.#rides;
  }

  add(rides: ScoredRides, index: number): void {
    const word = 2 * index;
    this.#rides += 1;
    this.#count(PREDICTED, cellOf(rides.predicted[index]));
    this.#count(WIDTH, cellOf((rides.high[index] ?? Number.NaN) - (rides.low[index] ?? Number.NaN)));
    this.#count(DISTANCE, cellOf(rides.distance[index]));
    this.#count(PICKUP, cellOfZone(rides.pickupZone[word]));
    this.#count(DROPOFF, cellOfZone(rides.dropoffZone[word]));
    const time = timeAt(rides, index);
    if (time < 0) {
      const cell = time === UNKNOWN_TIME ? MISSING : INVALID;
      this.#count(HOUR, cell);
      this.#count(WEEKDAY, cell);
      return;
    }
    this.#count(HOUR, FIRST_CELL + (Math.floor(time / HOUR_SECONDS) % 24));
    this.#count(WEEKDAY, FIRST_CELL + ((Math.floor(time / DAY_SECONDS) + 3) % 7));
  }

  #count(start: number | undefined, cell: number): void {
    const at = (start ?? Number.NaN) + cell;
    this.#counts[at] = (this.#counts[at] ?? 0) + 1;
  }

  merge(other: RideProfile): void {
    this.#rides += other.#rides;
    for (let i = 0; i < SIZE; i += 1) this.#counts[i] = (this.#counts[i] ?? 0) + (other.#counts[i] ?? 0);
  }

  column(name: ColumnName): ColumnCounts {
    const start = startOf(name);
    return {
      missing: this.#counts[start + MISSING] ?? 0,
      invalid: this.#counts[start + INVALID] ?? 0,
      counts: this.#counts.subarray(start + FIRST_CELL, start + FIRST_CELL + COLUMNS[name].cells),
    };
  }

  /**
   * A number's quantile, within RELATIVE_ERROR of the exact one (which is the value of rank floor(share x (n - 1))); what
   * is below 1/128 counts as 0. Undefined if no ride has a value.
   */
  quantile(name: ColumnName, share: number): number | undefined {
    const { counts } = this.column(name);
    const rank = Math.floor(share * (counts.reduce((sum, count) => sum + count, 0) - 1));
    let before = 0;
    const cell = counts.findIndex((count) => {
      before += count;
      return before > rank;
    });
    return cell < 0 || rank < 0 ? undefined : numberOfCell(cell);
  }

  /** The sum of profiles. */
  static merged(profiles: Iterable<RideProfile>): RideProfile {
    const sum = new RideProfile();
    for (const profile of profiles) sum.merge(profile);
    return sum;
  }

  /** From counts as {@link column} has them. */
  static of(rides: number, columns: Readonly<Record<ColumnName, ColumnCounts>>): RideProfile {
    const profile = new RideProfile();
    profile.#rides = rides;
    for (const name of COLUMN_NAMES) {
      const { missing, invalid, counts } = columns[name];
      profile.#counts.set([missing, invalid], startOf(name));
      profile.#counts.set(counts, startOf(name) + FIRST_CELL);
    }
    return profile;
  }
}

/** New York wall-clock seconds of a ride; UNKNOWN_TIME if it has none. */
export const timeAt = ({ pickupTime }: RideWords, index: number): number =>
  ((pickupTime[2 * index] ?? 0) >>> 0) + (pickupTime[2 * index + 1] ?? 0) * WORD;

function cellOf(value = Number.NaN): number {
  if (value >= 0 && value < Number.POSITIVE_INFINITY) return FIRST_CELL + cellOfNumber(value);
  return Number.isNaN(value) ? MISSING : INVALID;
}

/** @param zone -1 = not given */
function cellOfZone(zone = -1): number {
  if (zone >= ZONES.first && zone <= ZONES.last) return FIRST_CELL + zone - ZONES.first;
  return zone === -1 ? MISSING : INVALID;
}
