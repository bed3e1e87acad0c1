import { at } from '../at.ts';
import { batchOf, type LabelledRides, withoutDistance } from '../rides/rides.ts';
import type { Predictions, Scorer } from '../scorer.ts';
import type { BothPredictions } from './breakdown.ts';
import { FigureSums, type Figures } from './figures.ts';

export interface ValidationFigures {
  readonly given: Figures;
  /** The same rides with no distance given. */
  readonly typical: Figures;
}

/**
 * Scores rides with the graph itself, so that what is reported is what will be served.
 * @param onBatch gets each batch of rides and the graph's predictions; the rides' arrays are reused for the next batch
 */
export async function validate(
  scorer: Scorer,
  batches: AsyncIterable<LabelledRides>,
  onBatch: (rides: LabelledRides, predictions: BothPredictions) => void = () => {},
): Promise<ValidationFigures> {
  const sums = { given: new FigureSums(), typical: new FigureSums() };
  const add = (to: FigureSums, rides: LabelledRides, predictions: Predictions) => {
    for (let i = 0; i < rides.size; i += 1) to.add(at(rides.minutes, i), predictions, i);
  };
  for await (const rides of batches) {
    const given = await scorer.score(batchOf(rides));
    const typical = await scorer.score(batchOf(withoutDistance(rides)));
    onBatch(rides, { given, typical });
    add(sums.given, rides, given);
    add(sums.typical, rides, typical);
  }
  return { given: sums.given.figures(), typical: sums.typical.figures() };
}
