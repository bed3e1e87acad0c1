import { z } from 'zod';
import { UNKNOWN_TIME } from '#trips/new-york-time.ts';
import { ZONES } from '#trips/ride-limits.ts';
import { elementAt } from '../at.ts';
import { batchOf, type Rides } from '../rides/rides.ts';
import { OUTPUTS, type Predictions, type Scorer } from '../scorer.ts';

export interface GoldenRide {
  readonly PULocationID: number;
  readonly DOLocationID: number;
  readonly trip_distance: number | null;
  readonly pickup_time: number;
}

// Checked by hand: a schema for each of 4,700 numbers takes a cold start 4 ms more.
const column = z.custom<readonly number[]>(
  (value) => Array.isArray(value) && value.every(Number.isFinite),
  'a list of numbers',
);
const rides = z.custom<readonly GoldenRide[]>(
  (value) => Array.isArray(value) && value.length > 0 && value.every(isRide),
  'a list of rides, each with both zones, a distance or null, and a pickup time',
);

function isRide(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  const { PULocationID, DOLocationID, trip_distance, pickup_time }: Partial<Record<string, unknown>> = { ...value };
  const hasDistance = trip_distance === null || Number.isFinite(trip_distance);
  return hasDistance && [PULocationID, DOLocationID, pickup_time].every(Number.isSafeInteger);
}

/** Rides that a model ships with, along with its predictions for them, so that it can prove itself anywhere. */
export const goldenSchema = z
  .object({
    rides,
    /** The graph's outputs, minutes. */
    predictions: z.object({
      predicted_duration: column,
      interval_low: column,
      interval_high: column,
      interval80_low: column,
      interval80_high: column,
    }),
    /** What the recipe's own algebra (or XGBoost) says for the same rides, minutes. */
    exact: column,
  })
  .refine(
    ({ rides, predictions, exact }) =>
      [exact, ...Object.values(predictions)].every(({ length }) => length === rides.length),
    'as many predictions as rides',
  );

export type GoldenRides = z.infer<typeof goldenSchema>;

/** Minutes by which a graph may differ from itself elsewhere: another machine or another version of onnxruntime. */
export const GRAPH_TOLERANCE_MINUTES = 1e-4;
/** Minutes by which a graph, in float32, may differ from the recipe's own algebra. */
export const EXACT_TOLERANCE_MINUTES = 1e-3;

/**
 * Scores the rides and compares all five outputs with the golden ones.
 * @returns how many rides were checked, and the largest difference in minutes; Infinity when a prediction is NaN
 * @example
 * const { max_difference } = await checkGoldenRides(scorer, golden);
 * const isSound = max_difference <= GRAPH_TOLERANCE_MINUTES;
 */
export async function checkGoldenRides(
  scorer: Scorer,
  golden: GoldenRides,
): Promise<{ readonly checked: number; readonly max_difference: number }> {
  const found = await scorer.score(batchOf(ridesOf(golden.rides)));
  const differences = OUTPUTS.map((name) => largestDifference(found[name], golden.predictions[name]));
  return { checked: golden.rides.length, max_difference: Math.max(...differences) };
}

/** Scores rides with a new model to make them its golden rides. @param exact minutes `[rides.length]` */
export async function recordGoldenRides(
  scorer: Scorer,
  rides: readonly GoldenRide[],
  exact: Float64Array,
): Promise<GoldenRides> {
  const predictions = await scorer.score(batchOf(ridesOf(rides)));
  return { rides: [...rides], predictions: asJson(predictions), exact: [...exact] };
}

/** Largest difference between the recipe's own algebra and the graph, minutes. */
export const exactDifference = ({ predictions, exact }: GoldenRides): number =>
  largestDifference(predictions.predicted_duration, exact);

/** 2023-01-16T08:30:00, the day of Martin Luther King. */
const A_HOLIDAY = 1_673_857_800;

/** Rides at and beyond every edge of the inputs. Distances stay small enough for float32 to hold 1e-3 minutes. */
export const BOUNDARY_RIDES: readonly GoldenRide[] = (() => {
  const ordinary: GoldenRide = { PULocationID: 74, DOLocationID: 75, trip_distance: 1.5, pickup_time: 1_680_510_600 };
  const zones = [-1, 0, ZONES.first, ZONES.last, ZONES.last + 1, 2_147_483_647, -2_147_483_648];
  return [
    ordinary,
    ...zones.map((zone) => ({ ...ordinary, PULocationID: zone })),
    ...zones.map((zone) => ({ ...ordinary, DOLocationID: zone })),
    { ...ordinary, PULocationID: 0, DOLocationID: 0, trip_distance: null, pickup_time: UNKNOWN_TIME },
    ...[null, -1, 0, 1000].map((distance) => ({ ...ordinary, trip_distance: distance })),
    ...[UNKNOWN_TIME, 0, A_HOLIDAY, 4_102_444_800].map((time) => ({ ...ordinary, pickup_time: time })),
  ];
})();

/** Golden rides as a recipe reads them. */
export function ridesOf(golden: readonly GoldenRide[]): Rides {
  return {
    size: golden.length,
    pickupZone: Float64Array.from(golden, (ride) => ride.PULocationID),
    dropoffZone: Float64Array.from(golden, (ride) => ride.DOLocationID),
    distance: Float64Array.from(golden, (ride) => ride.trip_distance ?? Number.NaN),
    pickupTime: Float64Array.from(golden, (ride) => ride.pickup_time),
  };
}

const asJson = (predictions: Predictions): GoldenRides['predictions'] => ({
  predicted_duration: [...predictions.predicted_duration],
  interval_low: [...predictions.interval_low],
  interval_high: [...predictions.interval_high],
  interval80_low: [...predictions.interval80_low],
  interval80_high: [...predictions.interval80_high],
});

/** NaN fails every comparison, so it would slip past a limit: it counts as infinitely far off. */
function largestDifference(found: ArrayLike<number>, expected: readonly number[]): number {
  return expected.reduce((largest, value, i) => {
    const difference = Math.abs(elementAt(found, i) - value);
    return Number.isNaN(difference) ? Number.POSITIVE_INFINITY : Math.max(largest, difference);
  }, 0);
}
