import { expect, test } from 'vitest';
import type { AliasPointer } from '#registry/alias.ts';
import { moveBefore } from '#registry/alias.ts';
import { aRun } from '../../support/a-run.ts';

/** `a b c <b`: a, b and c were promoted, and c was rolled back to b. */
function history(text: string): readonly AliasPointer[] {
  const moves: AliasPointer[] = [];
  for (const move of text.split(' ').filter(Boolean)) {
    const run = aRun(move.replace('<', ''));
    const previous = moves.at(-1)?.run_id ?? null;
    moves.push({
      sequence: moves.length + 1,
      run_id: run,
      uri: 's3://models/model.onnx',
      sha256: '0'.repeat(64),
      promoted_at: '2023-05-15T00:00:00.000Z',
      promoted_by: 'ada',
      previous_run_id: previous,
      ...(move.startsWith('<') && previous !== null && { rolled_back_run_id: previous }),
    });
  }
  return moves;
}

test.each([
  ['', undefined],
  ['a', undefined],
  ['a b', 'a'],
  ['a b c', 'b'],
  ['a b c <b', 'a'],
  ['a b c <b <a', undefined],
  ['a b <a c', 'a'],
  ['a b a', 'b'], // a promoted again on purpose: the champion before it is b
  ['a b <a b', 'a'],
])('after %j a rollback goes to %s', (moves, before) => {
  expect(moveBefore(history(moves))?.run_id).toBe(before === undefined ? undefined : aRun(before));
});
