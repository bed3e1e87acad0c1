import { Coverage, ErrorMetrics, type ErrorSummary } from './metrics.ts';
import { at, batchOf, type LabelledRides, type Rides, withoutDistance } from './rides.ts';
import type { Scorer } from './scorer.ts';

interface Figures extends ErrorSummary {
  /** The share of rides inside their 90% and their 80% interval. */
  readonly coverage_90: number;
  readonly coverage_80: number;
}

export interface ValidationFigures {
  readonly given: Figures;
  /** The same rides, no distance given. */
  readonly typical: Figures;
}

/**
 * Scores rides with the graph itself, so that what is reported is what will be served.
 * @param onBatch sees each batch of rides; its arrays are used again for the next
 */
export async function validate(
  scorer: Scorer,
  batches: AsyncIterable<LabelledRides>,
  onBatch: (rides: LabelledRides) => void,
): Promise<ValidationFigures> {
  const given = new FigureSums();
  const typical = new FigureSums();
  for await (const rides of batches) {
    onBatch(rides);
    await given.score(scorer, rides, rides.minutes);
    await typical.score(scorer, withoutDistance(rides), rides.minutes);
  }
  return { given: given.figures(), typical: typical.figures() };
}

class FigureSums {
  readonly #errors = new ErrorMetrics();
  readonly #coverage90 = new Coverage();
  readonly #coverage80 = new Coverage();

  async score(scorer: Scorer, rides: Rides, minutes: Float64Array): Promise<void> {
    const scores = await scorer.score(batchOf(rides));
    minutes.forEach((actual, i) => {
      this.#errors.add(actual, at(scores.predicted_duration, i));
      this.#coverage90.add(actual, at(scores.interval_low, i), at(scores.interval_high, i));
      this.#coverage80.add(actual, at(scores.interval80_low, i), at(scores.interval80_high, i));
    });
  }

  figures(): Figures {
    return {
      ...this.#errors.summary(),
      coverage_90: this.#coverage90.share,
      coverage_80: this.#coverage80.share,
    };
  }
}
