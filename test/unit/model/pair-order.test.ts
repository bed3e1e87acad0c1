import { expect, test } from 'vitest';
import { pairOrder } from '#model/rides/pair-order.ts';
import { randomFrom } from '../../support/engines.ts';

test('rides of common pairs follow each other, and all others come last, in their own order', () => {
  expect([...pairOrder(Uint32Array.of(9, 5, 3, 9, 5, 9, 7), 2)]).toEqual([2, 0, 5, 3, 1, 4, 6]);
  expect([...pairOrder(Uint32Array.of(9, 5, 9), 3)]).toEqual([0, 1, 2]);
  expect([...pairOrder(new Uint32Array(0), 1)]).toEqual([]);
});

test('each ride gets a place of its own', () => {
  const random = randomFrom(3);
  const pairs = Uint32Array.from({ length: 5000 }, () => Math.floor(random() ** 3 * 70_756));
  const places = pairOrder(pairs, 4);
  expect([...places].sort((a, b) => a - b)).toEqual(Array.from(pairs.keys()));
});
