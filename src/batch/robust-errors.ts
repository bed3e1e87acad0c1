import { KEPT_MINUTES } from '#trips/tlc-file.ts';

/** Errors on all rides whose duration is known, whatever it is: a meter left running moves none of these far. */
export interface RobustErrorSummary {
  readonly rides: number;
  /** Minutes; the median is accurate to a thousandth. */
  readonly median_absolute: number;
  readonly mae: number;
  /** Share of rides that lasted less than 1 or more than 60 minutes. */
  readonly outside_share: number;
}

/** Bins per minute. An error of more than a day goes in the last bin, where no month's median ever falls. */
const RESOLUTION = 1000;
const BINS = 24 * 60 * RESOLUTION;

/** The median comes from a histogram, so that memory does not grow with the number of rides. */
export class RobustErrors {
  #rides = 0;
  #absolute = 0;
  #outside = 0;
  readonly #bins = new Uint32Array(BINS);

  /** Both in minutes. */
  add(actual: number, predicted: number): void {
    const error = Math.abs(actual - predicted);
    this.#rides += 1;
    this.#absolute += error;
    if (actual < KEPT_MINUTES.least || actual > KEPT_MINUTES.most) this.#outside += 1;
    const bin = Math.min(Math.round(error * RESOLUTION), BINS - 1);
    this.#bins[bin] = (this.#bins[bin] ?? 0) + 1;
  }

  /** Null if no ride was added. */
  summary(): RobustErrorSummary | null {
    if (this.#rides === 0) return null;
    return {
      rides: this.#rides,
      median_absolute: this.#median(),
      mae: this.#absolute / this.#rides,
      outside_share: this.#outside / this.#rides,
    };
  }

  /** For an even number of rides, the lower of the two middle values. */
  #median(): number {
    let below = 0;
    const bin = this.#bins.findIndex((rides) => {
      below += rides;
      return 2 * below >= this.#rides;
    });
    return bin / RESOLUTION;
  }
}
