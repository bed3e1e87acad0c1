import { describe, expect, test } from 'vitest';
import { type Contest, hold, type Side } from '../../bench/suite/contest.ts';
import { picture, rowsOf } from '../../bench/suite/document.ts';

/** A side whose runs give these figures, in order, and are written down. */
function side(name: string, values: readonly number[], order: string[] = []): Side {
  let run = 0;
  return {
    name,
    run() {
      order.push(name);
      const value = values[run] ?? Number.NaN;
      run += 1;
      return { value, peakMib: 100 + run };
    },
  };
}

const contest = (sides: Contest['sides'], more: Partial<Contest> = {}): Contest => ({
  title: 'score a month',
  unit: 's',
  better: 'less',
  digits: 1,
  sides,
  most: { rounds: 3, seconds: 60 },
  ...more,
});

describe('a contest', () => {
  test('runs its sides in turns and takes the median of the ratios of each round', async () => {
    const order: string[] = [];
    const ours = side('tripcast', [1, 2, 4], order);
    const theirs = side('Python', [10, 6, 20], order); // 10, 3 and 5 times as long
    const { rounds, sides } = await hold(contest([ours, theirs]));
    expect(order).toEqual(['tripcast', 'Python', 'tripcast', 'Python', 'tripcast', 'Python']);
    expect(rounds).toBe(3);
    expect(sides).toEqual([
      { name: 'tripcast', median: 2, least: 1, most: 4, peakMib: 103, behind: 1 },
      { name: 'Python', median: 10, least: 6, most: 20, peakMib: 103, behind: 5 },
    ]);
  });

  test('where more is better, a peer that does half as much is two times behind', async () => {
    const { sides } = await hold(
      contest([side('a', [100]), side('b', [50])], { better: 'more', most: { rounds: 1, seconds: 1 } }),
    );
    expect(sides.map(({ behind }) => behind)).toEqual([1, 2]);
  });

  test('ends when its time is used up, but never before one whole round', async () => {
    let now = 0;
    const slow: Side = {
      name: 'slow',
      run() {
        now += 40_000;
        return { value: 40 };
      },
    };
    const once = await hold(contest([slow], { most: { rounds: 9, seconds: 30 } }), () => now);
    expect(once.rounds).toBe(1);
    const twice = await hold(contest([slow], { most: { rounds: 9, seconds: 60 } }), () => now);
    expect(twice.rounds).toBe(2);
  });
});

describe('the page', () => {
  const result = {
    title: 'score <3.4M> rides',
    unit: 's',
    better: 'less',
    digits: 1,
    rounds: 2,
    sides: [
      { name: 'tripcast', median: 3, least: 2.9, most: 3.1, peakMib: 400, behind: 1 },
      { name: 'Python', median: 30, least: 29, most: 31, peakMib: undefined, behind: 10 },
    ],
  } as const;

  test('names the job once and puts the ratio next to the peer', () => {
    expect(rowsOf(result)).toEqual([
      ['score <3.4M> rides', 'tripcast', '3.0 s', '2.9 to 3.1', '400 MiB', ''],
      ['', 'Python', '30.0 s', '29.0 to 31.0', '–', '10 times as fast'],
    ]);
  });

  test('draws a bar for each peer, a third of the axis to 1,000 for a ratio of 10', () => {
    const svg = picture([result]);
    expect(svg).toContain('score &#60;3.4M&#62; rides');
    expect(svg.match(/<rect /g)).toHaveLength(1);
    expect(Number(/<rect .*?width="([\d.]+)"/.exec(svg)?.[1])).toBeCloseTo((960 - 430 - 90) / 3, 1);
  });
});
