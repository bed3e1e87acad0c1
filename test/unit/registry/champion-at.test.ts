import { expect, test } from 'vitest';
import { championAt } from '#registry/champion-at.ts';
import { Registry } from '#registry/registry.ts';
import { aCard, NAMES, runFiles } from '../../support/a-card.ts';
import { aRun } from '../../support/a-run.ts';
import { MemoryStore } from '../../support/memory-store.ts';

/** a was promoted on May 1, b on May 8; a day later b was rolled back to a. */
async function aHistory() {
  const registry = new Registry(new MemoryStore('models'), NAMES);
  for (const digit of ['a', 'b']) {
    const files = runFiles();
    await registry.register({ ...files, card: { ...files.card, run_id: aRun(digit) } });
  }
  const promote = (digit: string, at: string, isRollback = false) =>
    registry.promote(aRun(digit), 'ada', new Date(at), { isRollback });
  await promote('a', '2023-05-01T10:00:00Z');
  await promote('b', '2023-05-08T10:00:00Z');
  await promote('a', '2023-05-09T10:00:00Z', true);
  return registry.history(aCard().taxi_type);
}

test.each([
  ['2023-05-01T09:59:59.999Z', undefined],
  ['2023-05-01T10:00:00Z', ['a', 1, '2023-05-08T10:00:00.000Z']],
  ['2023-05-08T09:59:59.999Z', ['a', 1, '2023-05-08T10:00:00.000Z']],
  ['2023-05-08T10:00:00Z', ['b', 2, '2023-05-09T10:00:00.000Z']],
  ['2023-05-09T12:00:00+02:00', ['a', 3, null]],
  ['2033-01-01T00:00:00Z', ['a', 3, null]],
])('at %s the champion was %j', async (at, expected) => {
  const reign = championAt(await aHistory(), new Date(at));
  const [digit, sequence, until] = expected ?? [];
  expect(reign && [reign.promotion.run_id, reign.promotion.sequence, reign.until]).toEqual(
    expected && [aRun(String(digit)), sequence, until],
  );
});

test('without a history there was none', () => {
  expect(championAt([], new Date())).toBeUndefined();
});
