import type { AliasPointer } from './alias.ts';

/**
 * Which move a rollback goes back to: the one before the present champion's, where a rollback counts as the undoing of a
 * promotion and not as one. So after a, b, c one rollback gives b, the next a, and a third finds nothing.
 * @param history the first move first
 */
export function moveBefore(history: readonly AliasPointer[]): AliasPointer | undefined {
  const standing: AliasPointer[] = [];
  for (const move of history) {
    if (move.rolled_back_run_id === undefined) standing.push(move);
    else standing.pop();
  }
  return standing.at(-2);
}
