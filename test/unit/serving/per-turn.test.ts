import { describe, expect, test } from 'vitest';
import { perTurn } from '#serving/per-turn.ts';

/** Doubles numbers, refuses to work on any whole that has a 13 in it, and remembers what it was asked. */
function doubling() {
  const calls: (readonly number[])[] = [];
  const double = perTurn(async (numbers: readonly number[]) => {
    calls.push(numbers);
    if (numbers.includes(13)) throw new RangeError('13 is too much');
    return numbers.map((each) => 2 * each);
  });
  return { double, calls };
}

describe('perTurn', () => {
  test('asks once for all questions of a turn, and gives each its own answer', async () => {
    const { double, calls } = doubling();
    expect(await Promise.all([double(1), double(2), double(3)])).toEqual([2, 4, 6]);
    await new Promise(setImmediate); // no call without a question follows
    expect(calls).toEqual([[1, 2, 3]]);
  });

  test('asks again for what comes later', async () => {
    const { double, calls } = doubling();
    expect([await double(1), await double(2)]).toEqual([2, 4]);
    expect(calls).toEqual([[1], [2]]);
  });

  test('lets a question that fails take no other with it', async () => {
    const { double, calls } = doubling();
    const answers = await Promise.allSettled([double(1), double(13), double(3)]);
    expect(answers).toEqual([
      { status: 'fulfilled', value: 2 },
      { status: 'rejected', reason: new RangeError('13 is too much') },
      { status: 'fulfilled', value: 6 },
    ]);
    expect(calls).toEqual([[1, 13, 3], [1], [13], [3]]);
  });

  test('fails rather than leave a question without an answer', async () => {
    const silent = perTurn(async (): Promise<readonly number[]> => []);
    await expect(silent(1)).rejects.toThrow('1 questions got 0 answers');
  });
});
