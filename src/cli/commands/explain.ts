import { DuckDB } from '#adapters/duckdb.ts';
import { S3Store } from '#adapters/s3.ts';
import { workFolder } from '#adapters/work-folder.ts';
import { openXGBoost } from '#adapters/xgboost.ts';
import { type ExplainedPrediction, explainPrediction } from '#batch/explain-prediction.ts';
import { RIDE_PARTS } from '#model/explain/explain.ts';
import { xgboostLibrary } from '#packaging/natives.ts';
import type { MonthRide } from '#trips/month-ride.ts';
import type { TaxiType } from '#trips/taxi-type.ts';
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
  const explained = await explainFrom(await connect(options.env), options);
  terminal.result(explained, () => describe(explained));
}

/** Explains a prediction with what an environment stores. @throws TripcastError as {@link explainPrediction} */
export async function explainFrom(
  { data, registry }: Deployment,
  { ride, taxiType }: ExplainOptions,
): Promise<ExplainedPrediction> {
  await using folder = await workFolder();
  await using database = await DuckDB.open({ tempDirectory: folder.path });
  return await explainPrediction(taxiType, ride, {
    data,
    registry,
    storeOf: (bucket) => new S3Store(bucket),
    database,
    workFolder: folder.path,
    boosting: () => openXGBoost(xgboostLibrary()),
  });
}

function describe({ ride, prediction, added, ...explained }: ExplainedPrediction): string {
  const { baseline, unclipped } = added;
  const zone = (id: number) => `${id} (${zoneOf(id).name}, ${zoneOf(id).borough})`;
  const [low, high] = prediction.interval;
  const facts: readonly (readonly [string, string])[] = [
    ['ride', `${explained.ride_id}, ${explained.taxi_type}`],
    ['pickup', `${zone(ride.PULocationID)}, ${ride.pickup_datetime ?? 'at an unknown time'}`],
    ['dropoff', zone(ride.DOLocationID)],
    [
      'distance',
      ride.trip_distance === null ? 'not given' : `${decimals(ride.trip_distance, 2)} miles, ${ride.distance_source}`,
    ],
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
