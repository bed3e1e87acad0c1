import { z } from 'zod';
import { at } from '../at.ts';
import type { Predictions } from '../scorer.ts';
import { Coverage, ErrorMetrics, type ErrorSummary } from './metrics.ts';

const minutes = z.number().nonnegative();
const share = z.number().min(0).max(1);

/** What a card says about a set of rides. */
export const figuresSchema = z.object({
  rmse: minutes,
  mae: minutes,
  coverage_90: share.describe('rides inside their 90% interval'),
  coverage_80: share,
});
export type CardFigures = Readonly<z.infer<typeof figuresSchema>>;

/** Errors, in minutes, and interval coverage on a set of rides. */
export interface Figures extends ErrorSummary {
  /** The share of rides inside their 90% and their 80% interval. */
  readonly coverage_90: number;
  readonly coverage_80: number;
}

/** Adds up the errors and the interval coverage of predicted rides, one by one. */
export class FigureSums {
  readonly #errors = new ErrorMetrics();
  readonly #coverage90 = new Coverage();
  readonly #coverage80 = new Coverage();

  /** @param actual minutes that ride `index` of the predictions took */
  add(actual: number, predictions: Predictions, index: number): void {
    this.#errors.add(actual, at(predictions.predicted_duration, index));
    this.#coverage90.add(actual, at(predictions.interval_low, index), at(predictions.interval_high, index));
    this.#coverage80.add(actual, at(predictions.interval80_low, index), at(predictions.interval80_high, index));
  }

  figures(): Figures {
    return {
      ...this.#errors.summary(),
      coverage_90: this.#coverage90.share,
      coverage_80: this.#coverage80.share,
    };
  }
}
