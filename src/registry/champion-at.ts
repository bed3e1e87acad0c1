import type { AliasPointer } from './alias.ts';

/** A champion's time as the champion. */
export interface Reign {
  readonly promotion: AliasPointer;
  /** When the next champion followed; null = none has. */
  readonly until: string | null;
}

/**
 * The promotion that stood at a moment, by the time in the pointer: functions follow it within `model.refreshSeconds`.
 * @param history oldest move first, as the registry returns it
 * @returns undefined when no run had been promoted yet
 */
export function championAt(history: readonly AliasPointer[], at: Date): Reign | undefined {
  const index = history.findLastIndex(({ promoted_at }) => Date.parse(promoted_at) <= at.getTime());
  const promotion = history[index];
  return promotion && { promotion, until: history[index + 1]?.promoted_at ?? null };
}
