/**
 * A map of the zones, drawn from trip distances alone: zones are placed so that straight lines come close to the miles
 * that rides between them took. It uses no durations, so the map tells a model nothing about what it has to predict.
 *
 * Initial positions by classical multidimensional scaling (Torgerson 1952) of shortest paths, then weighted stress
 * majorization (SMACOF: de Leeuw 1977), one zone at a time. Four dimensions hold what two cannot: rivers and bridges.
 */
import { z } from 'zod';
import { ZONES } from '#trips/ride-limits.ts';
import { at } from '../at.ts';
import { MICROMILES, milesOf } from '../rides/exact-sums.ts';
import type { TrainingDatabase } from '../rides/training-rides.ts';
import { PAIR_SLOTS, ZONE_SLOTS, zonesOfPair } from '../rides/zone-pair.ts';

export const DIMENSIONS = 4;

export interface ZoneMap {
  /** Miles from the center of the map, by zone slot, `[ZONE_SLOTS * DIMENSIONS]`. Zones not seen are in the center. */
  readonly coordinates: Float32Array;
  /** Straight-line miles by pair slot. */
  readonly miles: Float32Array;
}

/** The rides between two zones, in either direction. */
export interface Leg {
  readonly from: number;
  readonly to: number;
  /** Mean distance. */
  readonly miles: number;
  readonly rides: number;
}

/** TLC's last two zones, "unknown" and "outside of NYC", are not places. */
const LAST_PLACE = ZONES.last - 2;
/** Recorded distances that the map is drawn from. */
const MAPPED_MILES = { from: 0.05, below: 40 } as const;
/** Paths are capped here: longer ones are few, and they wind. */
const LONGEST_PATH_MILES = 20;
const SCALING_ROUNDS = 60;
const SWEEPS = 600;
/** A leg's weight is its number of rides, capped here because more tell nothing new, over its miles. */
const MOST_TELLING_RIDES = 30;
const LEAST_WEIGHED_MILES = 0.3;

export async function mapZones(database: TrainingDatabase, relation: string): Promise<ZoneMap> {
  return drawMap(await readLegs(database, relation));
}

const legSchema = z.object({ pair: z.number(), rides: z.number(), micromiles: z.bigint() });

async function readLegs(database: TrainingDatabase, relation: string): Promise<readonly Leg[]> {
  const isPlace = (zone: string) => `${zone} BETWEEN ${ZONES.first} AND ${LAST_PLACE}`;
  const rows = await database.rows(`
    SELECT least(pickup_zone, dropoff_zone) * ${ZONE_SLOTS} + greatest(pickup_zone, dropoff_zone) AS pair,
      count(*)::DOUBLE AS rides, sum(${MICROMILES}) AS micromiles
    FROM ${relation}
    WHERE ${isPlace('pickup_zone')} AND ${isPlace('dropoff_zone')} AND pickup_zone <> dropoff_zone
      AND distance >= ${MAPPED_MILES.from} AND distance < ${MAPPED_MILES.below}
    GROUP BY ALL ORDER BY pair`);
  return z
    .array(legSchema)
    .parse(rows)
    .map(({ pair, rides, micromiles }) => {
      const { pickup: from, dropoff: to } = zonesOfPair(pair);
      return { from, to, rides, miles: milesOf(Number(micromiles) / rides) };
    });
}

/** The same legs in the same order give the same map, to the last bit. */
export function drawMap(legs: readonly Leg[]): ZoneMap {
  const zones = [...new Set(legs.flatMap(({ from, to }) => [from, to]))].sort((a, b) => a - b);
  const place = new Map(zones.map((zone, i) => [zone, i]));
  const links = legs.map(({ from, to, ...leg }) => ({ ...leg, a: place.get(from) ?? 0, b: place.get(to) ?? 0 }));
  const positions = scaled(shortestPaths(links, zones.length), zones.length);
  relax(positions, links, zones.length);
  return onPaper(zones, positions);
}

/** A leg between places, numbered from 0. */
interface Link extends Omit<Leg, 'from' | 'to'> {
  readonly a: number;
  readonly b: number;
}

/**
 * Floyd-Warshall. In loops that read hundreds of millions of numbers, here and below, elements are read without `at`:
 * that saves the check for which kind of float array it is.
 * @returns `[n * n]`, at most the longest path
 */
function shortestPaths(links: readonly Link[], n: number): Float64Array {
  const miles = new Float64Array(n * n).fill(Number.POSITIVE_INFINITY);
  for (let i = 0; i < n; i += 1) miles[i * n + i] = 0;
  for (const { a, b, miles: direct } of links) {
    miles[a * n + b] = direct;
    miles[b * n + a] = direct;
  }
  for (let via = 0; via < n; via += 1) {
    for (let i = 0; i < n; i += 1) {
      const first = at(miles, i * n + via);
      if (first === Number.POSITIVE_INFINITY) continue;
      for (let j = 0; j < n; j += 1) {
        const through = first + (miles[via * n + j] ?? Number.NaN);
        if (through < (miles[i * n + j] ?? Number.NaN)) miles[i * n + j] = through;
      }
    }
  }
  return miles.map((value) => Math.min(value, LONGEST_PATH_MILES));
}

/** Classical scaling. @returns place by place, `[n * DIMENSIONS]` */
function scaled(miles: Float64Array, n: number): Float64Array {
  const squares = miles.map((value) => value * value);
  const means = Float64Array.from({ length: n }, (_, i) => sum(squares.subarray(i * n, (i + 1) * n)) / n);
  const mean = sum(means) / n;
  const centred = squares.map((value, k) => {
    const [i, j] = [Math.floor(k / n), k % n];
    return -0.5 * (value - at(means, i) - at(means, j) + mean);
  });
  const positions = new Float64Array(n * DIMENSIONS);
  for (const [k, { value, vector }] of largestEigenvectors(centred, n).entries()) {
    for (const [i, part] of vector.entries()) positions[i * DIMENSIONS + k] = part * Math.sqrt(value);
  }
  return positions;
}

/** By orthogonal iteration from a fixed start with no pattern. With fewer places than dimensions the last are zero. */
function largestEigenvectors(matrix: Float64Array, n: number) {
  const pairs = Array.from({ length: DIMENSIONS }, (_, k) => ({
    value: 0,
    vector: Float64Array.from({ length: n }, (_, i) => Math.sin((k + 1) * (i + 1) * 12.9898)),
  }));
  for (let round = 0; round < SCALING_ROUNDS; round += 1) {
    pairs.forEach((pair, k) => {
      const { vector } = pair;
      const next = Float64Array.from(vector, (_, i) => dot(matrix.subarray(i * n, (i + 1) * n), vector));
      for (const { vector: earlier } of pairs.slice(0, k)) {
        const shared = dot(next, earlier);
        next.forEach((value, i) => {
          next[i] = value - shared * at(earlier, i);
        });
      }
      pair.value = Math.sqrt(dot(next, next));
      pair.vector = next.map((value) => (pair.value > 1e-9 ? value / pair.value : 0));
    });
  }
  return pairs;
}

/** Moves each zone in turn to the weighted mean of where its neighbors would put it. */
function relax(positions: Float64Array, links: readonly Link[], n: number): void {
  const neighbours = Array.from({ length: n }, (): { place: number; miles: number; weight: number }[] => []);
  for (const { a, b, miles, rides } of links) {
    const weight = Math.min(rides, MOST_TELLING_RIDES) / Math.max(miles, LEAST_WEIGHED_MILES);
    neighbours[a]?.push({ place: b, miles, weight });
    neighbours[b]?.push({ place: a, miles, weight });
  }
  const wanted = new Float64Array(DIMENSIONS);
  for (let sweep = 0; sweep < SWEEPS; sweep += 1) {
    for (const [i, around] of neighbours.entries()) {
      const here = i * DIMENSIONS;
      let weights = 0;
      wanted.fill(0);
      for (const { place, miles, weight } of around) {
        const there = place * DIMENSIONS;
        const stretch = miles / Math.max(Math.sqrt(squaredDistance(positions, here, there)), 1e-9);
        weights += weight;
        for (let k = 0; k < DIMENSIONS; k += 1) {
          const origin = positions[there + k] ?? Number.NaN;
          const direction = (positions[here + k] ?? Number.NaN) - origin;
          wanted[k] = (wanted[k] ?? Number.NaN) + weight * (origin + stretch * direction);
        }
      }
      for (let k = 0; k < DIMENSIONS; k += 1) positions[here + k] = at(wanted, k) / weights;
    }
  }
}

function squaredDistance(positions: Float64Array | Float32Array, a: number, b: number): number {
  let square = 0;
  for (let k = 0; k < DIMENSIONS; k += 1) {
    square += ((positions[a + k] ?? Number.NaN) - (positions[b + k] ?? Number.NaN)) ** 2;
  }
  return square;
}

/** Centered, and in float32, which is what the graph computes in. */
function onPaper(zones: readonly number[], positions: Float64Array): ZoneMap {
  const coordinates = new Float32Array(ZONE_SLOTS * DIMENSIONS);
  for (let k = 0; k < DIMENSIONS; k += 1) {
    const middle = sum(positions.filter((_, i) => i % DIMENSIONS === k)) / zones.length;
    for (const [i, zone] of zones.entries()) {
      coordinates[zone * DIMENSIONS + k] = at(positions, i * DIMENSIONS + k) - middle;
    }
  }
  return mapOf(coordinates);
}

/** @param coordinates as {@link ZoneMap} has them */
export function mapOf(coordinates: Float32Array): ZoneMap {
  const miles = Float32Array.from({ length: PAIR_SLOTS }, (_, pair) => {
    const { pickup, dropoff } = zonesOfPair(pair);
    return Math.sqrt(squaredDistance(coordinates, pickup * DIMENSIONS, dropoff * DIMENSIONS));
  });
  return { coordinates, miles };
}

const sum = (values: Float64Array): number => values.reduce((total, value) => total + value, 0);

function dot(a: Float64Array, b: Float64Array): number {
  let total = 0;
  for (let i = 0; i < a.length; i += 1) total += (a[i] ?? Number.NaN) * (b[i] ?? Number.NaN);
  return total;
}
