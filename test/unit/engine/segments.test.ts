import { describe, expect, test } from 'vitest';
import { nextBlock } from '#engine/segments.ts';

/** Zones of rides in runs between the same zones, as long as given. */
function zonesOf(...lengths: readonly number[]) {
  const zones = BigInt64Array.from(lengths.flatMap((length, run) => Array.from({ length }, () => BigInt(1 + run))));
  return { PULocationID: zones, DOLocationID: zones };
}

const sizes = (...lengths: readonly number[]) =>
  nextBlock(zonesOf(...lengths), 0).map(({ from, to, at }) => [to - from, at]);

describe('the segments of a block', () => {
  test('are long runs, and what is between them', () => {
    expect(sizes(64)).toEqual([[64, 0]]);
    expect(sizes(10, 20, 63)).toEqual([[93, 0]]);
    expect(sizes(10, 20, 64, 5)).toEqual([
      [30, 0],
      [64, 32],
      [5, 96],
    ]);
    expect(sizes(100, 100)).toEqual([
      [100, 0],
      [100, 104],
    ]);
  });

  test('have no more than 256 rides of different zones', () => {
    expect(sizes(...Array.from({ length: 60 }, () => 10))).toEqual([
      [256, 0],
      [256, 256],
      [88, 512],
    ]);
  });

  test('fill up to 4,096 places, and the next block goes on from there', () => {
    const zones = zonesOf(4000, 3, 200);
    const first = nextBlock(zones, 0);
    expect(first).toEqual([
      { from: 0, to: 4000, at: 0 },
      { from: 4000, to: 4003, at: 4000 },
      { from: 4003, to: 4091, at: 4008 },
    ]);
    expect(nextBlock(zones, 4091)).toEqual([{ from: 4091, to: 4203, at: 0 }]);
    expect(nextBlock(zonesOf(5000), 0)).toEqual([{ from: 0, to: 4096, at: 0 }]);
  });

  test('tell rides from each other by either zone, in a part of a longer list', () => {
    const same = new BigInt64Array(300).fill(7n);
    const other = BigInt64Array.from({ length: 300 }, (_, ride) => (ride < 100 ? 1n : 2n));
    const part = (zones: BigInt64Array) => zones.subarray(10, 250);
    for (const [PULocationID, DOLocationID] of [
      [same, other],
      [other, same],
    ] as const) {
      const block = nextBlock({ PULocationID: part(PULocationID), DOLocationID: part(DOLocationID) }, 0);
      expect(block.map(({ to }) => to)).toEqual([90, 240]);
    }
  });
});
