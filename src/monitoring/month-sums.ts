import { GROUPING_NAMES, GROUPINGS, type GroupingName } from '#model/rides/ride-groups.ts';
import type { Rides } from '#model/rides/rides.ts';
import { DAY_SECONDS, UNKNOWN_TIME } from '#trips/new-york-time.ts';
import type { Predictions } from './statistics/regression.ts';

/** Rides with what was predicted for them; minutes, NaN = no label. */
export interface JudgedRides {
  readonly rides: Rides;
  readonly actual: Float64Array;
  readonly predicted: Float64Array;
  readonly low: Float64Array;
  readonly high: Float64Array;
}

/** Errors of some rides, as sums. */
export class ErrorSums {
  /** All rides, labelled or not, and the sum of the widths of their 90% intervals. */
  rides = 0;
  width = 0;
  /** Of labelled rides: how many, sums of their errors (prediction minus actual), and how many are inside. */
  labelled = 0;
  error = 0;
  absolute = 0;
  squared = 0;
  inside = 0;

  /** NaN when no ride is labelled, like the other means. */
  get meanAbsoluteError(): number {
    return this.absolute / this.labelled;
  }

  get bias(): number {
    return this.error / this.labelled;
  }

  get coverage(): number {
    return this.inside / this.labelled;
  }

  add(actual: number, predicted: number, low: number, high: number): void {
    this.rides += 1;
    this.width += high - low;
    if (Number.isNaN(actual)) return;
    const error = predicted - actual;
    this.labelled += 1;
    this.error += error;
    this.absolute += Math.abs(error);
    this.squared += error * error;
    if (low <= actual && actual <= high) this.inside += 1;
  }
}

/** Labelled rides whose predictions are about equally long. */
export class PredictionBand {
  rides = 0;
  predicted = 0;
  actual = 0;
}

/** Minutes per band of predictions; predictions are between 1 and 60. */
export const BAND_MINUTES = 3;
const BANDS = Math.ceil(60 / BAND_MINUTES);

/** Fed batch by batch; keeps sums per group, day and pickup zone, and the durations of labelled rides. */
export class MonthSums {
  readonly all = new ErrorSums();
  readonly groups: Readonly<Record<GroupingName, readonly ErrorSums[]>> = {
    hour_band: sumsOf('hour_band'),
    hour: sumsOf('hour'),
    pickup_borough: sumsOf('pickup_borough'),
    distance: sumsOf('distance'),
    zones: sumsOf('zones'),
  };
  /** By day number of the New York calendar, counted from 1970-01-01. */
  readonly days = new Map<number, ErrorSums>();
  readonly zones = new Map<number, ErrorSums>();
  readonly bands: readonly PredictionBand[] = Array.from({ length: BANDS }, () => new PredictionBand());
  readonly #actual: Float64Array;
  readonly #predicted: Float64Array;

  /** @param rows at most so many will be added */
  constructor(rows: number) {
    this.#actual = new Float64Array(rows);
    this.#predicted = new Float64Array(rows);
  }

  add({ rides, actual, predicted, low, high }: JudgedRides): void {
    for (let i = 0; i < rides.size; i += 1) {
      const [minutes = Number.NaN, guess = Number.NaN, from = Number.NaN, to = Number.NaN] = [
        actual[i],
        predicted[i],
        low[i],
        high[i],
      ];
      if (!Number.isNaN(minutes)) {
        this.#actual[this.all.labelled] = minutes;
        this.#predicted[this.all.labelled] = guess;
        const band = this.bands[Math.min(BANDS - 1, Math.floor(guess / BAND_MINUTES))];
        if (band !== undefined) {
          band.rides += 1;
          band.predicted += guess;
          band.actual += minutes;
        }
      }
      this.all.add(minutes, guess, from, to);
      for (const name of GROUPING_NAMES) {
        this.groups[name][GROUPINGS[name].groupOf(rides, i)]?.add(minutes, guess, from, to);
      }
      sumAt(this.zones, rides.pickupZone[i] ?? -1).add(minutes, guess, from, to);
      const time = rides.pickupTime[i] ?? UNKNOWN_TIME;
      if (time !== UNKNOWN_TIME) sumAt(this.days, Math.floor(time / DAY_SECONDS)).add(minutes, guess, from, to);
    }
  }

  /** The labelled rides, in the order added. */
  get labelled(): Predictions {
    const { labelled } = this.all;
    return { actual: this.#actual.subarray(0, labelled), predicted: this.#predicted.subarray(0, labelled) };
  }
}

const sumsOf = (name: GroupingName): readonly ErrorSums[] => GROUPINGS[name].groups.map(() => new ErrorSums());

function sumAt(sums: Map<number, ErrorSums>, key: number): ErrorSums {
  const found = sums.get(key) ?? new ErrorSums();
  sums.set(key, found);
  return found;
}
