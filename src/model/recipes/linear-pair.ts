/**
 * The published baseline: ordinary least squares on the one-hot pair of zones (PU_DO) and the distance, exact and
 * without a design matrix. Within a pair the one-hot part is constant, so (Frisch, Waugh and Lovell)
 *
 *     slope     = sum (x - mean x of the pair)(y - mean y of the pair) / sum (x - mean x of the pair)^2
 *     a_pair    = mean y of the pair - slope * mean x of the pair
 *     intercept = plain mean of the a_pair
 *
 * The last line picks, among the equally good solutions (the one-hot columns add up to 1), the one of least norm on
 * centered data, which makes the pair coefficients sum to zero: scikit-learn's. A pair not seen in training has no
 * coefficient, so it gets intercept + slope * x.
 */
import { TripcastError } from '#errors.ts';
import { at } from '../at.ts';
import { lookUp } from '../onnx/pieces.ts';
import { MICROMILES, MICROSECONDS, milesOf, minutesOf } from '../rides/exact-sums.ts';
import { pairAt } from '../rides/rides.ts';
import { PAIR_SLOTS, pairFeature, pairName } from '../rides/zone-pair.ts';
import type { FitRides, FittedModel, Recipe } from './recipe.ts';
import { vocabularyOf } from './vocabulary.ts';

export const linearPair: Recipe = {
  name: 'linear-pair',
  parametersFor: () => ({}),
  intervals: 'minutes',
  unknownDistance: 'typical',
  fit: async (rides) => fittedModel(solve(await sumsByPair(rides))),
};

interface Solution {
  /** Minutes per mile. */
  readonly slope: number;
  readonly intercept: number;
  /** Minutes by pair slot, ascending; only pairs seen. */
  readonly minutesOfPair: ReadonlyMap<number, number>;
}

/** By pair, ascending: `[pairs]` each. */
interface PairSums {
  readonly pair: Float64Array;
  /** Micromiles. */
  readonly meanX: Float64Array;
  /** Microseconds. */
  readonly meanY: Float64Array;
  /** Centered sums of squares of x, and of products. */
  readonly spread: Float64Array;
  readonly together: Float64Array;
}

/** Over x (distance) and y (duration), in whole numbers until the last division: large sums cancel without loss. */
async function sumsByPair({ database, relation }: FitRides): Promise<PairSums> {
  const sums = `
    SELECT pair::DOUBLE, x::DOUBLE / n, y::DOUBLE / n, (n * xx - x * x)::DOUBLE / n, (n * xy - x * y)::DOUBLE / n
    FROM (SELECT pair, count(*)::HUGEINT AS n, sum(x) AS x, sum(y) AS y, ${sumOfProducts('x')} AS xx, ${sumOfProducts('y')} AS xy
      FROM (SELECT pair, ${MICROMILES} AS x, ${MICROSECONDS} AS y FROM ${relation})
      GROUP BY pair)
    ORDER BY pair`;
  for await (const { rows, columns } of database.numbers(sums, PAIR_SLOTS)) {
    const column = (index: number) => (columns[index] ?? new Float64Array(rows)).subarray(0, rows);
    return { pair: column(0), meanX: column(1), meanY: column(2), spread: column(3), together: column(4) };
  }
  throw new TripcastError('There is no ride to fit', 'Give other months.');
}

/** Below this many micromiles a product with a distance or with up to 60 minutes fits 64 bits; 128 cost much more. */
const NARROW = 2_500_000_000;
const sumOfProducts = (factor: 'x' | 'y') =>
  `sum(CASE WHEN abs(x) < ${NARROW} THEN x * ${factor} ELSE 0 END)
    + sum(CASE WHEN abs(x) < ${NARROW} THEN 0::HUGEINT ELSE x::HUGEINT * ${factor} END)`;

function solve({ pair, meanX, meanY, ...sums }: PairSums): Solution {
  const spread = sumOf(sums.spread);
  // With one distance in every pair nothing separates pair from distance, and the pair explains everything.
  const slope = spread > 0 ? minutesOf(sumOf(sums.together) / spread) / milesOf(1) : 0;
  const minutes = meanY.map((y, i) => minutesOf(y) - slope * milesOf(at(meanX, i)));
  return {
    slope,
    intercept: sumOf(minutes) / minutes.length,
    minutesOfPair: new Map(Array.from(pair, (each, i) => [each, at(minutes, i)])),
  };
}

const sumOf = (values: Float64Array) => values.reduce((sum, value) => sum + value, 0);

function fittedModel({ slope, intercept, minutesOfPair }: Solution): FittedModel {
  const minutes = new Float64Array(PAIR_SLOTS).fill(intercept);
  for (const [pair, value] of minutesOfPair) minutes[pair] = value;

  return {
    features: minutesOfPair.size + 1,
    intercept,
    storedValues(rides) {
      let stored = 0;
      for (let i = 0; i < rides.size; i += 1) stored += minutesOfPair.has(pairAt(rides, i)) ? 2 : 1;
      return stored;
    },
    predict: (rides) => rides.distance.map((miles, i) => at(minutes, pairAt(rides, i)) + slope * miles),
    addPrediction(g, { pair, distance }) {
      const byDistance = g.node('Mul', [distance, g.float(slope)]);
      return g.node('Add', [lookUp(g, g.table('pair_minutes', minutes), pair), byDistance]);
    },
    files: () => ({
      'coefficients.json': JSON.stringify({
        intercept,
        trip_distance: slope,
        PU_DO: Object.fromEntries([...minutesOfPair].map(([pair, value]) => [pairName(pair), value - intercept])),
      }),
      'vocabulary.json': JSON.stringify(vocabularyOf([...[...minutesOfPair.keys()].map(pairFeature), 'trip_distance'])),
    }),
    [Symbol.dispose]() {},
  };
}
