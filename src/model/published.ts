import { type Month, parseMonth } from '../trips/month.ts';
import type { TaxiType } from '../trips/taxi-type.ts';

/** What another model reaches on the same validation rides. */
export interface Compared {
  readonly name: string;
  readonly trainedOn: readonly Month[];
  /** Minutes, with the metered distance. */
  readonly rmse: number;
  readonly mae?: number;
}

interface PublishedFigure extends Compared {
  readonly taxiType: TaxiType;
  readonly validatedOn: Month;
}

const published = (recipe: string, trainedOn: string, validatedOn: string, rmse: number): PublishedFigure => ({
  name: `${recipe}, reference`,
  taxiType: 'green',
  trainedOn: [parseMonth(trainedOn)],
  validatedOn: parseMonth(validatedOn),
  rmse,
});

/**
 * The recipes of the published courses that tripcast replaces, on TLC's own files: ordinary least squares solved exactly
 * (the published notebooks' solver stops early), and XGBoost 3.2.0 with the published parameters (published:
 * 5.470922595809529).
 */
const FIGURES: readonly PublishedFigure[] = [
  published('linear-pair', '2021-01', '2021-02', 7.4808269),
  published('linear-pair', '2023-03', '2023-04', 6.2212029),
  published('xgboost-pair', '2023-03', '2023-04', 5.4709226),
];

/** Published figures on the same validation rides. */
export const publishedOn = (taxiType: TaxiType, validatedOn: Month): readonly Compared[] =>
  FIGURES.filter((figure) => figure.taxiType === taxiType && figure.validatedOn === validatedOn);
