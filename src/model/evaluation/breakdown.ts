import { z } from 'zod';
import { at } from '../at.ts';
import { GROUPING_NAMES, GROUPINGS, type Grouping, type GroupingName } from '../rides/ride-groups.ts';
import { type LabelledRides, pairAt } from '../rides/rides.ts';
import type { Predictions } from '../scorer.ts';
import type { Baselines } from './baselines.ts';
import { FigureSums, type Figures, figuresSchema } from './figures.ts';
import { ErrorMetrics } from './metrics.ts';

const groupSchema = figuresSchema.extend({
  group: z.string(),
  rows: z.int().positive(),
  typical_distance: figuresSchema.describe('the same rides with no distance given'),
});
export type GroupFigures = Readonly<z.infer<typeof groupSchema>>;

const groups = z.array(groupSchema);
const errors = figuresSchema.pick({ rmse: true, mae: true });

/** A card's `breakdown`: where the model does well and where not, in minutes; groups without rides are omitted. */
export const breakdownSchema = z.object({
  hour_band: groups.describe('hours of the New York clock at pickup'),
  hour: groups,
  pickup_borough: groups,
  distance: groups.describe('recorded miles; a band holds its first number and not its second'),
  zones: groups.describe('rides that end in the zone where they began, and all others'),
  baselines: z.object({
    mean: errors.describe('every ride takes the mean of the training rides'),
    pair_mean: errors.describe('every ride takes the mean of the training rides between its two zones'),
  }),
});
export type Breakdown = Readonly<z.infer<typeof breakdownSchema>>;

/** What a model predicts for rides: with their recorded distance, and with no distance. */
export interface BothPredictions {
  readonly given: Predictions;
  readonly typical: Predictions;
}

interface GroupSums {
  readonly given: FigureSums;
  readonly typical: FigureSums;
}

/** Fed by a validation pass, batch by batch; keeps only a few sums per group. */
export class BreakdownSums {
  readonly #baselines: Baselines;
  readonly #mean = new ErrorMetrics();
  readonly #pairMean = new ErrorMetrics();
  readonly #sums: Readonly<Record<GroupingName, readonly GroupSums[]>> = {
    hour_band: emptySums('hour_band'),
    hour: emptySums('hour'),
    pickup_borough: emptySums('pickup_borough'),
    distance: emptySums('distance'),
    zones: emptySums('zones'),
  };

  constructor(baselines: Baselines) {
    this.#baselines = baselines;
  }

  /** @param predictions for these rides, in the same order */
  add(rides: LabelledRides, predictions: BothPredictions): void {
    rides.minutes.forEach((actual, i) => {
      this.#mean.add(actual, this.#baselines.mean);
      this.#pairMean.add(actual, at(this.#baselines.pairMean, pairAt(rides, i)));
    });
    for (const name of GROUPING_NAMES) addTo(this.#sums[name], GROUPINGS[name], rides, predictions);
  }

  breakdown(): Breakdown {
    return {
      hour_band: this.#groups('hour_band'),
      hour: this.#groups('hour'),
      pickup_borough: this.#groups('pickup_borough'),
      distance: this.#groups('distance'),
      zones: this.#groups('zones'),
      baselines: { mean: errorsOf(this.#mean), pair_mean: errorsOf(this.#pairMean) },
    };
  }

  #groups(name: GroupingName): GroupFigures[] {
    return this.#sums[name].flatMap(({ given, typical }, i) => {
      const figures = given.figures();
      const group = GROUPINGS[name].groups[i];
      if (figures.rows === 0 || group === undefined) return [];
      return [{ group, rows: figures.rows, ...cardFigures(figures), typical_distance: cardFigures(typical.figures()) }];
    });
  }
}

const emptySums = (name: GroupingName): readonly GroupSums[] =>
  GROUPINGS[name].groups.map(() => ({ given: new FigureSums(), typical: new FigureSums() }));

function addTo(
  sums: readonly GroupSums[],
  grouping: Grouping,
  rides: LabelledRides,
  { given, typical }: BothPredictions,
): void {
  rides.minutes.forEach((actual, i) => {
    const group = sums[grouping.groupOf(rides, i)];
    group?.given.add(actual, given, i);
    group?.typical.add(actual, typical, i);
  });
}

const cardFigures = ({ rmse, mae, coverage_90, coverage_80 }: Figures) => ({ rmse, mae, coverage_90, coverage_80 });

function errorsOf(metrics: ErrorMetrics) {
  const { rmse, mae } = metrics.summary();
  return { rmse, mae };
}
