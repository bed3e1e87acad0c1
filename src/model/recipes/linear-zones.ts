/**
 * The published yellow baseline: ordinary least squares on the one-hot pickup and dropoff zones, no distance, exact and
 * without a design matrix. The normal equations need only counts and sums by pair.
 *
 * Centered, the one-hot columns X have the null vectors z: 1 on all pickups (they add up to 1), and for each connected
 * component of the graph of zones, 1 on its pickups and -1 on its dropoffs. X'X + sum zz' is then positive definite,
 * and its solution is orthogonal to every z, hence the least-squares solution of least norm: scikit-learn's. A zone not
 * seen in training has no coefficient.
 */
import { z } from 'zod';
import { at } from '../at.ts';
import { lookUp } from '../onnx/pieces.ts';
import { MICROSECONDS, minutesOf } from '../rides/exact-sums.ts';
import { ZONE_SLOTS, zoneSlot, zonesOfPair } from '../rides/zone-pair.ts';
import { solveSymmetric } from './least-squares.ts';
import type { FitRides, FittedModel, Recipe } from './recipe.ts';
import { vocabularyOf } from './vocabulary.ts';

export const linearZones: Recipe = {
  name: 'linear-zones',
  parametersFor: () => ({}),
  intervals: 'minutes',
  unknownDistance: 'typical',
  fit: async (rides) => fittedModel(solve(await sumsByPair(rides))),
};

/** The rides of a pair. */
interface PairSums {
  readonly pickup: number;
  readonly dropoff: number;
  readonly rides: number;
  /** The total for all of them. */
  readonly minutes: number;
}

interface Solution {
  readonly intercept: number;
  /** Minutes to add by zone slot; only zones seen. */
  readonly pickup: ReadonlyMap<number, number>;
  readonly dropoff: ReadonlyMap<number, number>;
}

const sumsSchema = z.object({ pair: z.number(), n: z.number(), y: z.bigint() });

async function sumsByPair({ database, relation }: FitRides): Promise<readonly PairSums[]> {
  const rows = await database.rows(`SELECT pair, count(*)::DOUBLE AS n, sum(${MICROSECONDS}) AS y
    FROM ${relation} GROUP BY pair ORDER BY pair`);
  return z
    .array(sumsSchema)
    .parse(rows)
    .map(({ pair, n, y }) => ({ ...zonesOfPair(pair), rides: n, minutes: minutesOf(Number(y)) }));
}

function solve(pairs: readonly PairSums[]): Solution {
  const pickups = columnsOf(pairs.map(({ pickup }) => pickup));
  const dropoffs = columnsOf(
    pairs.map(({ dropoff }) => dropoff),
    pickups.size,
  );
  const cells = pairs.map(({ pickup, dropoff, ...sums }) => ({
    ...sums,
    columns: [pickups.get(pickup) ?? 0, dropoffs.get(dropoff) ?? 0] as const, // every zone has a column
  }));
  const size = pickups.size + dropoffs.size;
  const rides = pairs.reduce((sum, pair) => sum + pair.rides, 0);
  const mean = pairs.reduce((sum, pair) => sum + pair.minutes, 0) / rides;

  const gram = new Float64Array(size * size);
  const right = new Float64Array(size);
  const counts = new Float64Array(size);
  const add = (to: Float64Array, index: number, value: number) => {
    to[index] = at(to, index) + value;
  };
  for (const { columns, rides: n, minutes } of cells) {
    for (const a of columns) {
      add(counts, a, n);
      add(right, a, minutes - n * mean);
      for (const b of columns) add(gram, a * size + b, n);
    }
  }
  const addProduct = (vector: Float64Array, factor: number) => {
    for (const [i, a] of vector.entries()) {
      if (a === 0) continue;
      for (const [j, b] of vector.entries()) add(gram, i * size + j, factor * a * b);
    }
  };
  addProduct(counts, -1 / rides); // centers
  // Scaled to the size of the other entries: any positive factor gives the same solution.
  for (const vector of nullVectors(cells, pickups.size, size)) addProduct(vector, rides / size);

  const weights = solveSymmetric(gram, right);
  const intercept = weights.reduce((rest, weight, i) => rest - (weight * at(counts, i)) / rides, mean);
  const weightsBy = (columns: ReadonlyMap<number, number>) =>
    new Map([...columns].map(([slot, column]) => [slot, at(weights, column)]));
  return { intercept, pickup: weightsBy(pickups), dropoff: weightsBy(dropoffs) };
}

/** A column for each zone slot that occurs, starting at `first`. */
function columnsOf(slots: readonly number[], first = 0): ReadonlyMap<number, number> {
  return new Map([...new Set(slots)].sort((a, b) => a - b).map((slot, i) => [slot, first + i]));
}

/** Columns below `pickups` are pickups, the rest up to `size` dropoffs. */
function nullVectors(
  cells: readonly { readonly columns: readonly [number, number] }[],
  pickups: number,
  size: number,
): readonly Float64Array[] {
  // Union-find: each column points toward the one that represents its component.
  const towards = Array.from({ length: size }, (_, i) => i);
  const standFor = (i: number): number => {
    const next = towards[i] ?? i;
    if (next === i) return i;
    const last = standFor(next);
    towards[i] = last;
    return last;
  };
  for (const { columns } of cells) towards[standFor(columns[0])] = standFor(columns[1]);

  const components = towards.map((_, i) => standFor(i));
  const vector = (entry: (column: number) => number) => Float64Array.from({ length: size }, (_, i) => entry(i));
  return [
    vector((i) => (i < pickups ? 1 : 0)),
    ...[...new Set(components)].map((one) => vector((i) => (components[i] === one ? (i < pickups ? 1 : -1) : 0))),
  ];
}

function fittedModel({ intercept, pickup, dropoff }: Solution): FittedModel {
  const table = (weights: ReadonlyMap<number, number>, base: number) =>
    Float64Array.from({ length: ZONE_SLOTS }, (_, slot) => base + (weights.get(slot) ?? 0));
  const fromPickup = table(pickup, intercept);
  const fromDropoff = table(dropoff, 0);
  const named = (weights: ReadonlyMap<number, number>) => Object.fromEntries(weights);

  return {
    features: pickup.size + dropoff.size,
    intercept,
    storedValues(rides) {
      let stored = 0;
      for (let i = 0; i < rides.size; i += 1) {
        stored += Number(pickup.has(zoneSlot(at(rides.pickupZone, i))));
        stored += Number(dropoff.has(zoneSlot(at(rides.dropoffZone, i))));
      }
      return stored;
    },
    predict: (rides) =>
      rides.pickupZone.map(
        (zone, i) => at(fromPickup, zoneSlot(zone)) + at(fromDropoff, zoneSlot(at(rides.dropoffZone, i))),
      ),
    addPrediction: (g, { pickupSlot, dropoffSlot }) =>
      g.node('Add', [
        lookUp(g, g.table('pickup_minutes', fromPickup), pickupSlot),
        lookUp(g, g.table('dropoff_minutes', fromDropoff), dropoffSlot),
      ]),
    files: () => ({
      'coefficients.json': JSON.stringify({
        intercept,
        PULocationID: named(pickup),
        DOLocationID: named(dropoff),
      }),
      'vocabulary.json': JSON.stringify(
        vocabularyOf([
          ...[...pickup.keys()].map((slot) => `PULocationID=${slot}`),
          ...[...dropoff.keys()].map((slot) => `DOLocationID=${slot}`),
        ]),
      ),
    }),
    [Symbol.dispose]() {},
  };
}
