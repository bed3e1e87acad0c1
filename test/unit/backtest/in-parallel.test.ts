import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { inParallel } from '#backtest/in-parallel.ts';

test('works on all items, so many at a time and no more', async () => {
  const done: number[] = [];
  let [now, most] = [0, 0];
  await inParallel([5, 1, 4, 2, 3], 2, async (item) => {
    now += 1;
    most = Math.max(most, now);
    await sleep(item);
    done.push(item);
    now -= 1;
  });
  expect(done.toSorted()).toEqual([1, 2, 3, 4, 5]);
  expect(most).toBe(2);
});

test('a failure stops the others, starts nothing more, and is thrown once all have ended', async () => {
  const [started, stopped]: [string[], string[]] = [[], []];
  const working = inParallel(['fails', 'goes on', 'never starts'], 2, async (item, signal) => {
    started.push(item);
    if (item === 'fails') throw new Error('out of memory');
    await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
    stopped.push(item);
  });
  await expect(working).rejects.toThrow('out of memory');
  expect(started).toEqual(['fails', 'goes on']);
  expect(stopped).toEqual(['goes on']);
});
