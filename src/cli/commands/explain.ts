import { DuckDB } from '#adapters/duckdb.ts';
import { S3Store } from '#adapters/s3.ts';
import { workFolder } from '#adapters/work-folder.ts';
import { openXGBoost } from '#adapters/xgboost.ts';
import { findPublishedRide } from '#batch/published-ride.ts';
import { TripcastError } from '#errors.ts';
import { explainRide, RIDE_PARTS } from '#model/explain/explain.ts';
import { EXACT_TOLERANCE_MINUTES } from '#model/golden/golden.ts';
import { xgboostLibrary } from '#packaging/natives.ts';
import { formatMonthRide, type MonthRide } from '#trips/month-ride.ts';
import { formatWallClock, UNKNOWN_TIME } from '#trips/new-york-time.ts';
import type { TaxiType } from '#trips/taxi-type.ts';
import { KEPT_MINUTES } from '#trips/tlc-file.ts';
import { zoneOf } from '#trips/zones.ts';
import { connect, type Deployment } from '../context.ts';
import type { CommonOptions } from '../options.ts';
import { decimals, type Terminal, table } from '../view/terminal.ts';

export interface ExplainOptions {
  readonly ride: MonthRide;
  readonly taxiType: TaxiType;
}

/** `tripcast explain`: the model, run, data and code behind a batch prediction, and what each part of the ride adds. */
export async function explain(options: ExplainOptions & CommonOptions, terminal: Terminal): Promise<void> {
  const explained = await explainPrediction(await connect(options.env), options);
  terminal.result(explained, () => describe(explained));
}

type Explained = Awaited<ReturnType<typeof explainPrediction>>;

/** @throws TripcastError when there is no such prediction, or its run's own model predicts something else */
export async function explainPrediction({ data, registry }: Deployment, { ride: wanted, taxiType }: ExplainOptions) {
  await using folder = await workFolder();
  await using database = await DuckDB.open({ tempDirectory: folder.path });
  const { ride, receipt, receiptUri } = await findPublishedRide(taxiType, wanted, {
    data,
    storeOf: (bucket) => new S3Store(bucket),
    database,
    workFolder: folder.path,
  });
  const { run_id } = receipt;
  const [card, files] = await Promise.all([registry.card(run_id), registry.readModel(run_id)]);
  if (card === undefined || files === undefined) {
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
      recipe: card.recipe,
      model: files.model,
      read: async (file) => {
        const body = await registry.folder(run_id).read(file);
        if (body === undefined) throw new TripcastError(`Run ${run_id} has no ${file}`, 'Train it again.');
        return body;
      },
      boosting: () => openXGBoost(xgboostLibrary()),
    },
  );
  const predicted = ride.predicted_duration;
  const nearest = Math.min(KEPT_MINUTES.most, Math.max(KEPT_MINUTES.least, unclipped));
  const isClipped = Math.abs(predicted - unclipped) > EXACT_TOLERANCE_MINUTES;
  if (isClipped && Math.abs(predicted - nearest) > EXACT_TOLERANCE_MINUTES) {
    throw new TripcastError(
      `${receipt.output.uri} predicts ${predicted} minutes, and the model of run ${run_id} says ${unclipped}`,
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
      distance_source: distance === ride.trip_distance ? 'given' : 'typical',
      actual_duration: ride.actual_duration,
    },
    prediction: { ride_duration: predicted, interval: [ride.interval_low, ride.interval_high], clipped: isClipped },
    added: { baseline, ...added, unclipped },
    features,
    run_id,
    recipe: card.recipe,
    trained_on: card.train.months.map(({ month }) => month),
    evaluation: receipt.evaluation,
    model: registry.uri(run_id, 'model.onnx'),
    model_code_version: card.code_version,
    source: receipt.source,
    output: receipt.output,
    receipt: receiptUri,
    scored_at: receipt.started_at,
    code_version: receipt.code_version,
  };
}

function describe({ ride, prediction, added, ...explained }: Explained): string {
  const { baseline, unclipped } = added;
  const zone = (id: number) => `${id} (${zoneOf(id).name}, ${zoneOf(id).borough})`;
  const [low = Number.NaN, high = Number.NaN] = prediction.interval;
  const facts: readonly (readonly [string, string])[] = [
    ['ride', `${explained.ride_id}, ${explained.taxi_type}`],
    ['pickup', `${zone(ride.PULocationID)}, ${ride.pickup_datetime ?? 'at an unknown time'}`],
    ['dropoff', zone(ride.DOLocationID)],
    ['distance', `${decimals(ride.trip_distance, 2)} miles, ${ride.distance_source}`],
    ['prediction', `${decimals(prediction.ride_duration, 2)} min, 90% in [${decimals(low, 2)}, ${decimals(high, 2)}]`],
    ['it took', ride.actual_duration === null ? 'unknown' : `${decimals(ride.actual_duration, 2)} min`],
    ['run', `${explained.run_id}, ${explained.recipe}`],
    ['trained on', `${explained.trained_on.join(', ')} (the ride is ${explained.evaluation})`],
    ['model', `${explained.model}, by code ${explained.model_code_version}`],
    ['source', `${explained.source.uri}, sha256 ${explained.source.sha256}`],
    ['output', explained.output.uri],
    ['receipt', explained.receipt],
    ['scored', `${explained.scored_at}, by code ${explained.code_version}`],
  ];
  const signed = (minutes: number) => `${minutes < 0 ? '-' : '+'}${decimals(Math.abs(minutes), 2)}`;
  const parts = [
    ['all rides', decimals(baseline, 2)],
    ...RIDE_PARTS.map((part) => [part, signed(added[part])]),
    ['sum', decimals(unclipped, 2)],
    ...(prediction.clipped ? [['clipped', decimals(prediction.ride_duration, 2)]] : []),
  ];
  return [table(['what', ''], facts), table(['part of the ride', 'minutes'], parts), SHARED].join('\n\n');
}

const SHARED = 'The effect of a feature with several parts, such as the zone pair, is divided evenly among them.';
