/**
 * The published baseline: ordinary least squares on the one-hot pair of zones (PU_DO) and the distance, exact and with
 * no design matrix. Within a pair the one-hot part is constant, so (Frisch, Waugh and Lovell)
 *
 *     slope     = sum (x - mean x of the pair)(y - mean y of the pair) / sum (x - mean x of the pair)^2
 *     a_pair    = mean y of the pair - slope * mean x of the pair
 *     intercept = plain mean of the a_pair
 *
 * The last line picks, among the equally good solutions (the one-hot columns add up to 1), the one of least norm on
 * centred data, which makes the pair coefficients sum to zero: scikit-learn's. A pair not seen in training has no
 * coefficient, so it gets intercept + slope * x.
 */
import { z } from 'zod';
import { MICROMILES, MICROSECONDS, milesOf, minutesOf } from '../exact-sums.ts';
import { gather } from '../onnx/pieces.ts';
import type { FitRides, FittedModel, Recipe } from '../recipe.ts';
import { at, pairAt } from '../rides.ts';
import { vocabularyOf } from '../vocabulary.ts';
import { PAIR_SLOTS, pairFeature, pairName } from '../zone-pair.ts';

export const linearPair: Recipe = {
  name: 'linear-pair',
  parameters: {},
  intervals: 'minutes',
  fit: async (rides) => fittedModel(solve(await sumsByPair(rides))),
};

interface Solution {
  /** Minutes a mile. */
  readonly slope: number;
  readonly intercept: number;
  /** Minutes by pair slot, ascending; only pairs seen. */
  readonly minutesOfPair: ReadonlyMap<number, number>;
}

const sumsSchema = z.object({
  pair: z.number(),
  n: z.bigint(),
  x: z.bigint(),
  y: z.bigint(),
  xx: z.bigint(),
  xy: z.bigint(),
});
type PairSums = z.infer<typeof sumsSchema>;

/** Sums of x (distance) and y (duration) and their products. */
async function sumsByPair({ database, relation }: FitRides): Promise<readonly PairSums[]> {
  const rows = await database.rows(`
    SELECT pair, count(*)::HUGEINT AS n, sum(x) AS x, sum(y) AS y, sum(x::HUGEINT * x) AS xx, sum(x::HUGEINT * y) AS xy
    FROM (SELECT pair, ${MICROMILES} AS x, ${MICROSECONDS} AS y FROM ${relation})
    GROUP BY pair ORDER BY pair`);
  return z.array(sumsSchema).parse(rows);
}

function solve(pairs: readonly PairSums[]): Solution {
  let spread = 0;
  let together = 0;
  for (const { n, x, y, xx, xy } of pairs) {
    spread += Number(n * xx - x * x) / Number(n);
    together += Number(n * xy - x * y) / Number(n);
  }
  // With one distance in every pair nothing tells pair from distance, and the pair takes it all.
  const slope = spread > 0 ? minutesOf(together / spread) / milesOf(1) : 0;
  const minutesOfPair = new Map<number, number>();
  let sum = 0;
  for (const { pair, n, x, y } of pairs) {
    const minutes = minutesOf(Number(y) / Number(n)) - slope * milesOf(Number(x) / Number(n));
    minutesOfPair.set(pair, minutes);
    sum += minutes;
  }
  return { slope, intercept: sum / pairs.length, minutesOfPair };
}

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
      return g.node('Add', [gather(g, g.table('pair_minutes', minutes), pair), byDistance]);
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
