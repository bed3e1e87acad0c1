import { type Month, parseMonth } from '#trips/month.ts';

/** What another model achieves on the same validation rides. */
export interface Compared {
  readonly name: string;
  readonly trainedOn: readonly Month[];
  /** Minutes, with the metered distance. */
  readonly rmse: number;
  readonly mae?: number;
}

interface PublishedFigure extends Compared {
  /** sha256 of the validation month's file: the figure holds only for those exact rides. */
  readonly validatedOn: string;
}

const published = (recipe: string, trainedOn: string, validatedOn: string, rmse: number): PublishedFigure => ({
  name: `${recipe}, reference`,
  trainedOn: [parseMonth(trainedOn)],
  validatedOn,
  rmse,
});

/** TLC's green taxi files, as shipped with the code. */
const GREEN_2021_02 = 'fd43c7afa2002716c8afadfd57665ab9c9ad99be419570a9b0a08de15cbeb64e';
const GREEN_2023_04 = 'd28bf0485ac095e923c736180cf1b4fb247fdbcee1ae6d77eb78e7a185b7aacf';

/**
 * The recipes of the published courses that tripcast replaces, on TLC's own files: ordinary least squares solved
 * exactly (the published notebooks' solver stops early), and XGBoost 3.2.0 with the published parameters (published:
 * 5.470922595809529).
 */
const FIGURES: readonly PublishedFigure[] = [
  published('linear-pair', '2021-01', GREEN_2021_02, 7.4808269),
  published('linear-pair', '2023-03', GREEN_2023_04, 6.2212029),
  published('xgboost-pair', '2023-03', GREEN_2023_04, 5.4709226),
];

/**
 * Published figures on the same validation rides. A month that was republished or changed has different rides.
 * @param sha256 of the validation month's file; null for a split
 */
export const publishedOn = (sha256: string | null): readonly Compared[] =>
  FIGURES.filter(({ validatedOn }) => validatedOn === sha256);
