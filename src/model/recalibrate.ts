/**
 * Intervals made anew, without refitting: the same trees, the same predictions, and tables of residual quantiles from
 * rides of later months. The trees have not seen these rides, so no fold is needed: all of them calibrate (split
 * conformal prediction, as in intervals/cells.ts). With drift the errors of later rides are not centered at zero, so
 * neither is the interval around the prediction.
 */
import { TripcastError } from '#errors.ts';
import type { RawMonth } from '#storage/raw-months.ts';
import type { Month } from '#trips/month.ts';
import { at } from './at.ts';
import type { ModelCard } from './card/card.ts';
import { BANDS, CELLS, calibrateCells, type Residuals } from './intervals/cells.ts';
import { IntervalTables, type Placement } from './intervals/interval-tables.ts';
import { batchOf, type LabelledRides, withoutDistance } from './rides/rides.ts';
import { readRides, type TrainingDatabase } from './rides/training-rides.ts';
import type { LoadScorer, Predictions } from './scorer.ts';

/**
 * How many rides it takes. The share of new rides inside an interval from n residuals scatters around 90% with a
 * standard deviation of sqrt(0.9 x 0.1 / (n + 2)) (Vovk, "Conditional validity of inductive conformal predictors",
 * 2012), so with a thousand it is within two points in 96 of 100 cases.
 */
export const LEAST_RIDES = 1000;
/** Rides on which the old and the new graph have to predict the same. */
const COMPARED_RIDES = 5000;

/** A run whose intervals are made anew, as far as that takes. */
export interface Original {
  readonly card: Pick<ModelCard, 'run_id' | 'train'>;
  /** model.onnx */
  readonly model: Uint8Array;
}

/** Rides of months that the run's trees have not seen. */
export interface LaterRides {
  readonly months: readonly Pick<RawMonth, 'month' | 'sha256'>[];
  /** SQL, with the columns of training-rides.ts. */
  readonly relation: string;
}

export interface RecalibrateDeps {
  readonly database: TrainingDatabase;
  readonly loadScorer: LoadScorer;
}

export interface Recalibrated {
  /** model.onnx; the same rides give the same bytes. */
  readonly model: Uint8Array;
  /** How many there were: with a distance of their own, and in all. */
  readonly rides: { readonly given: number; readonly all: number };
}

/**
 * @throws TripcastError when the run was trained on one of the months, there are too few rides, or the graph has no
 * interval tables that can be replaced
 * @example
 * await loadRides(database, 'later', 'green', [april]);
 * const { model } = await recalibrate(champion, { months: [april], relation: 'later' }, { database, loadScorer });
 */
export async function recalibrate(original: Original, rides: LaterRides, deps: RecalibrateDeps): Promise<Recalibrated> {
  refuseSeenMonths(original.card, rides.months);
  const tables = new IntervalTables(original.model);
  const residuals = await residualsOf(tables, rides.relation, deps);
  refuseTooFew(residuals, rides.months);
  const model = tables.replacedBy(
    { given: calibrateCells(residuals.given), typical: calibrateCells(residuals.typical) },
    {
      interval_months: rides.months.map(({ month }) => month).join(),
      interval_sources: rides.months.map(({ sha256 }) => sha256).join(),
    },
  );
  await refuseOtherPredictions(original.model, model, rides.relation, deps);
  return { model, rides: { given: sizeOf(residuals.given), all: sizeOf(residuals.typical) } };
}

/**
 * Refuses months that the trees were fitted on, by name or by content: errors there are smaller than on new rides, and
 * intervals made of them would be too narrow.
 * @throws TripcastError naming them
 */
export function refuseSeenMonths(
  { run_id, train }: Original['card'],
  months: readonly { readonly month: Month; readonly sha256?: string }[],
): void {
  const seen = months.filter((each) =>
    train.months.some(({ month, sha256 }) => month === each.month || sha256 === each.sha256),
  );
  if (seen.length === 0) return;
  const trained = train.months.map(({ month }) => month).toSorted();
  throw new TripcastError(
    `Run ${run_id} predicts with trees that were trained on ${listed(seen)}: errors on rides that a model has seen would make its intervals too narrow`,
    `Give months that it has not seen: it was trained on ${trained.join(', ')}.`,
  );
}

const listed = (months: readonly { readonly month: Month }[]) => months.map(({ month }) => month).join(', ');

type Parts = Readonly<Record<'given' | 'typical', readonly Residuals[]>>;

/** Each ride counts with its own distance, if it has one, and without it. */
async function residualsOf(
  tables: IntervalTables,
  relation: string,
  { database, loadScorer }: RecalibrateDeps,
): Promise<Parts> {
  const parts = { given: [] as Residuals[], typical: [] as Residuals[] };
  const probe = await loadScorer(tables.probe());
  const placed = async (rides: LabelledRides) => tables.placementOf(await probe.score(batchOf(rides)));
  try {
    for await (const rides of readRides(database, relation)) {
      parts.given.push(residualsIn(rides, await placed(rides), (row) => row < CELLS));
      parts.typical.push(residualsIn(rides, await placed(withoutDistance(rides)), (row) => row >= CELLS));
    }
  } finally {
    await probe.close();
  }
  return parts;
}

/** Of the rides in rows that count. */
function residualsIn(
  { size, minutes }: LabelledRides,
  { predicted, spread, row }: Placement,
  counts: (row: number) => boolean,
): Residuals {
  const chosen = Array.from({ length: size }, (_, i) => i).filter((i) => counts(at(row, i)));
  return {
    strata: Uint8Array.from(chosen, (i) => Math.floor((at(row, i) % CELLS) / BANDS)),
    predicted: Float64Array.from(chosen, (i) => at(predicted, i)),
    residuals: Float64Array.from(chosen, (i) => (at(minutes, i) - at(predicted, i)) / (spread ? at(spread, i) : 1)),
  };
}

const sizeOf = (parts: readonly Residuals[]) => parts.reduce((sum, { residuals }) => sum + residuals.length, 0);

function refuseTooFew({ given }: Parts, months: LaterRides['months']): void {
  const found = sizeOf(given);
  if (found >= LEAST_RIDES) return;
  throw new TripcastError(
    `${listed(months)} has ${found} rides with a distance to make intervals from; at least ${LEAST_RIDES} are needed`,
    'Give more months, or hold fewer rides out.',
  );
}

/** The point of it all: no prediction may move, not by a bit. */
async function refuseOtherPredictions(
  original: Uint8Array,
  recalibrated: Uint8Array,
  relation: string,
  { database, loadScorer }: RecalibrateDeps,
): Promise<void> {
  const [before, after] = [await loadScorer(original), await loadScorer(recalibrated)];
  try {
    for await (const rides of readRides(database, `(FROM ${relation} LIMIT ${COMPARED_RIDES})`)) {
      for (const batch of [batchOf(rides), batchOf(withoutDistance(rides))]) {
        refuseMoved(await before.score(batch), await after.score(batch));
      }
    }
  } finally {
    await Promise.all([before.close(), after.close()]);
  }
}

/** @throws TripcastError when a prediction differs in any bit */
export function refuseMoved({ predicted_duration: before }: Predictions, { predicted_duration: after }: Predictions) {
  if (bytesOf(before).equals(bytesOf(after))) return;
  const moved = before.findIndex((minutes, i) => !Object.is(minutes, after[i]));
  throw new TripcastError(
    `A recalibrated graph predicts ${after[moved]} minutes where the original predicts ${before[moved]}`,
    'This is a bug in tripcast, not in the data: report it with the run and the months.',
  );
}

const bytesOf = ({ buffer, byteOffset, byteLength }: Float32Array) => Buffer.from(buffer, byteOffset, byteLength);
