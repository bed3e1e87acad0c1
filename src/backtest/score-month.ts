import { at } from '#model/at.ts';
import type { Figures } from '#model/evaluation/figures.ts';
import { validate } from '#model/evaluation/validate.ts';
import { loadRides, readRides, type TrainingDatabase } from '#model/rides/training-rides.ts';
import type { Predictions, Scorer } from '#model/scorer.ts';
import type { RawMonth } from '#storage/raw-months.ts';
import type { TaxiType } from '#trips/taxi-type.ts';
import type { BacktestFigures, MonthFigures } from './result.ts';

const TABLE = 'backtest_rides';

/**
 * Measures a model on all rides of a month that cleaning keeps, with the metered distance and with none.
 * @param database used only for this: a table is left behind in it
 * @throws TripcastError when the file cannot be read, or cleaning keeps none of its rides
 * @example
 * const { metered, no_distance } = await scoreMonth(scorer, 'green', april, database);
 * console.log(metered.rmse - no_distance.rmse); // minutes
 */
export async function scoreMonth(
  scorer: Scorer,
  taxiType: TaxiType,
  month: RawMonth,
  database: TrainingDatabase,
): Promise<MonthFigures> {
  await loadRides(database, TABLE, taxiType, [month]);
  const errors = { given: 0, typical: 0 };
  const sumOf = ({ predicted_duration }: Predictions, minutes: Float64Array) =>
    minutes.reduce((sum, actual, i) => sum + at(predicted_duration, i) - actual, 0);
  const { given, typical } = await validate(scorer, readRides(database, TABLE), ({ minutes }, predictions) => {
    errors.given += sumOf(predictions.given, minutes);
    errors.typical += sumOf(predictions.typical, minutes);
  });
  return {
    rides: given.rows,
    metered: figuresOf(given, errors.given),
    no_distance: figuresOf(typical, errors.typical),
  };
}

const figuresOf = ({ rows, rmse, mae, coverage_90, coverage_80 }: Figures, error: number): BacktestFigures => ({
  rmse,
  mae,
  bias: error / rows,
  coverage_90,
  coverage_80,
});
