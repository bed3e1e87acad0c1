/** Our engine next to onnxruntime, which it must agree with to the last bit. */
import { onTestFinished } from 'vitest';
import { loadScorer } from '#adapters/onnxruntime.ts';
import { loadEngine } from '#engine/engine.ts';
import { RideBatch } from '#model/rides/ride-batch.ts';
import { OUTPUTS, type Predictions, type Scorer } from '#model/scorer.ts';

/** @throws when the engine refuses the model */
export function ourScorer(model: Uint8Array): Scorer {
  const loaded = loadEngine(model);
  if (loaded.outcome === 'refused') throw new Error(`The engine refuses ${loaded.reason}.`);
  return loaded.scorer;
}

/** @returns why the engine refuses the model; undefined if it doesn't */
export function refusalOf(model: Uint8Array): string | undefined {
  const loaded = loadEngine(model);
  return loaded.outcome === 'refused' ? loaded.reason : undefined;
}

export async function bothScorers(model: Uint8Array): Promise<{ readonly ours: Scorer; readonly reference: Scorer }> {
  const reference = await loadScorer(model);
  onTestFinished(() => reference.close());
  return { ours: ourScorer(model), reference };
}

/** How many of all five outputs differ in any bit. */
export function differing(found: Predictions, expected: Predictions): number {
  return OUTPUTS.reduce((sum, name) => sum + differingBits(found[name], expected[name]), 0);
}

export function differingBits(found: Float32Array, expected: Float32Array): number {
  if (found.length !== expected.length) return Number.POSITIVE_INFINITY;
  const [a, b] = [bitsOf(found), bitsOf(expected)];
  let count = 0;
  for (let i = 0; i < a.length; i += 1) if (a[i] !== b[i]) count += 1;
  return count;
}

const bitsOf = ({ buffer, byteOffset, length }: Float32Array) => new Int32Array(buffer, byteOffset, length);

/** Wall-clock seconds around which New York's clocks change in 2023: the hour that is skipped, and the one that repeats. */
const CLOCK_CHANGES = [Date.UTC(2023, 2, 12, 2) / 1000, Date.UTC(2023, 10, 5, 1) / 1000];
const ZONES = [-2_147_483_648, -1, 0, 1, 2, 264, 265, 266, 267, 2_147_483_647];
const MILES = [Number.NaN, -1, -0, 0, 1e-40, 0.1, 1, 100, 1e6, 1_000_001, -1e6, 3e38, Infinity, -Infinity];
const TIMES = [-1, 0, 59, 60, 3599, 3600, 86_399, 86_400, 604_799, 604_800, 4_102_444_800, 9_007_199_254_740];

/** Rides at random, many of them at an edge of an input, or next to one. The same seed gives the same rides. */
export function generatedRides(rides: number, seed = 1): RideBatch {
  const random = randomFrom(seed);
  const oneOf = (values: readonly number[]) => values[Math.floor(random() * values.length)] ?? 0;
  const zone = () => (random() < 0.05 ? oneOf(ZONES) : 1 + Math.floor(random() * 265));
  const miles = () =>
    random() < 0.1 ? oneOf(MILES) : random() < 0.5 ? random() * 30 : Math.round(random() * 3000) / 100;
  const time = () => {
    const kind = random();
    if (kind < 0.05) return oneOf(TIMES);
    if (kind < 0.15) return oneOf(CLOCK_CHANGES) + Math.floor(random() * 7201) - 3600;
    return 1_672_531_200 + Math.floor(random() * 31_536_000);
  };
  const batch = new RideBatch(rides);
  for (let i = 0; i < rides; i += 1) batch.push(zone(), zone(), miles(), time());
  return batch;
}

/** mulberry32: uniform in 0..1, 1 excluded. */
export function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}
