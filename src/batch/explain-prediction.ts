import { TripcastError } from '#errors.ts';
import { type Explanation, explainRide } from '#model/explain/explain.ts';
import { EXACT_TOLERANCE_MINUTES } from '#model/golden/golden.ts';
import type { OpenBoosting } from '#model/recipes/gradient-boosting.ts';
import type { RecipeName } from '#model/recipes/recipe.ts';
import type { Registry } from '#registry/registry.ts';
import type { RunId } from '#storage/run-id.ts';
import type { Month } from '#trips/month.ts';
import { formatMonthRide, type MonthRide } from '#trips/month-ride.ts';
import { formatWallClock, UNKNOWN_TIME } from '#trips/new-york-time.ts';
import type { TaxiType } from '#trips/taxi-type.ts';
import { KEPT_MINUTES } from '#trips/tlc-file.ts';
import { type FindRideDeps, findRide } from './find-ride.ts';
import type { Receipt } from './receipts.ts';

export interface ExplainPredictionDeps extends FindRideDeps {
  readonly registry: Pick<Registry, 'readModel' | 'folder' | 'uri'>;
  /** Only opened for a run whose recipe is boosted. */
  readonly boosting: OpenBoosting;
}

/** A batch prediction, and where it came from; minutes and miles. */
export interface ExplainedPrediction {
  readonly ride_id: string;
  readonly taxi_type: TaxiType;
  readonly ride: {
    /** New York wall clock; null = unknown. */
    readonly pickup_datetime: string | null;
    readonly PULocationID: number;
    readonly DOLocationID: number;
    /** What the model used; null if it used none. */
    readonly trip_distance: number | null;
    readonly distance_source: 'given' | 'typical';
    readonly actual_duration: number | null;
  };
  readonly prediction: {
    readonly ride_duration: number;
    /** 90% */
    readonly interval: readonly [low: number, high: number];
    /** Whether the graph limited the sum to the durations that it was trained on. */
    readonly clipped: boolean;
  };
  /** The baseline of all predictions, what each part of the ride added to it, and their sum. */
  readonly added: Explanation['added'] & Pick<Explanation, 'baseline' | 'unclipped'>;
  readonly features: Explanation['features'];
  readonly run_id: RunId;
  readonly recipe: RecipeName;
  readonly trained_on: readonly Month[];
  readonly evaluation: Receipt['evaluation'];
  /** s3:// address of model.onnx. */
  readonly model: string;
  /** The code that trained the model. */
  readonly model_code_version: string;
  readonly source: Receipt['source'];
  readonly output: Receipt['output'];
  /** s3:// address of the receipt. */
  readonly receipt: string;
  readonly scored_at: string;
  /** The code that scored the month. */
  readonly code_version: string;
}

/**
 * Explains a prediction in the published output of a month: which model, run, data and code made it, and what the
 * distance, the time and the two zones each added.
 * @throws TripcastError when there is no such prediction, its run is no longer in the registry, or the run's own model
 * predicts something else
 * @example
 * const { prediction, added } = await explainPrediction('green', parseMonthRide('2023/04_123'), deps);
 * console.log(prediction.ride_duration, added.distance); // minutes, and those that the distance added
 */
export async function explainPrediction(
  taxiType: TaxiType,
  wanted: MonthRide,
  deps: ExplainPredictionDeps,
): Promise<ExplainedPrediction> {
  const { registry, boosting } = deps;
  const { ride, receipt, receiptUri } = await findRide(taxiType, wanted, deps);
  const { run_id } = receipt;
  const files = await registry.readModel(run_id);
  if (files === undefined) {
    throw new TripcastError(
      `Ride ${formatMonthRide(wanted)} was predicted by run ${run_id}, which is no longer in the registry`,
      'Copy the run back with `tripcast models copy`, or score the month again with `tripcast batch --force`.',
    );
  }
  const { baseline, added, features, unclipped, distance } = await explainRide(
    {
      size: 1,
      pickupZone: Float64Array.of(ride.PULocationID),
      dropoffZone: Float64Array.of(ride.DOLocationID),
      distance: Float64Array.of(ride.trip_distance ?? Number.NaN),
      pickupTime: Float64Array.of(ride.pickup_time),
    },
    {
      recipe: files.card.recipe,
      model: files.model,
      read: async (file) => {
        const body = await registry.folder(run_id).read(file);
        if (body === undefined) throw new TripcastError(`Run ${run_id} has no ${file}`, 'Train it again.');
        return body;
      },
      boosting,
    },
  );
  const predicted = ride.predicted_duration;
  const nearest = Math.min(KEPT_MINUTES.most, Math.max(KEPT_MINUTES.least, unclipped));
  const isClipped = Math.abs(predicted - unclipped) > EXACT_TOLERANCE_MINUTES;
  if (isClipped && Math.abs(predicted - nearest) > EXACT_TOLERANCE_MINUTES) {
    throw new TripcastError(
      `${receipt.output.uri} predicts ${predicted} minutes, but the model of run ${run_id} predicts ${unclipped}`,
      'Score the month again with --force.',
    );
  }
  return {
    ride_id: formatMonthRide(wanted),
    taxi_type: taxiType,
    ride: {
      pickup_datetime: ride.pickup_time === UNKNOWN_TIME ? null : formatWallClock(ride.pickup_time),
      PULocationID: ride.PULocationID,
      DOLocationID: ride.DOLocationID,
      trip_distance: distance,
      distance_source: distance !== null && distance === ride.trip_distance ? 'given' : 'typical',
      actual_duration: ride.actual_duration,
    },
    prediction: { ride_duration: predicted, interval: [ride.interval_low, ride.interval_high], clipped: isClipped },
    added: { baseline, ...added, unclipped },
    features,
    run_id,
    recipe: files.card.recipe,
    trained_on: files.card.train.months.map(({ month }) => month),
    evaluation: receipt.evaluation,
    model: registry.uri(run_id, 'model.onnx'),
    model_code_version: files.card.code_version,
    source: receipt.source,
    output: receipt.output,
    receipt: receiptUri,
    scored_at: receipt.started_at,
    code_version: receipt.code_version,
  };
}
