import { shown, TripcastError } from '#errors.ts';
import { addMonths, type Month, monthRange } from '#trips/month.ts';

/** When to retrain, and on how many months. */
export interface Policy {
  /** `fixed`: trained once, before the walk. `rolling`: a challenger is trained each month, and the gate decides. */
  readonly kind: 'fixed' | 'rolling';
  /** How many months each training sees. */
  readonly months: number;
}

/** A fixed champion is trained on a quarter, like the one that `npm start` makes. */
const FIXED_MONTHS = 3;
const MOST_MONTHS = 24;
/** More lines than this cannot be told apart in one chart. */
export const MOST_POLICIES = 6;

/** `fixed:3`, `rolling:9` */
export const policyName = ({ kind, months }: Policy): string => `${kind}:${months}`;

/**
 * @throws TripcastError when `text` is not `fixed`, `fixed:N` or `rolling:N`
 * @example
 * parsePolicy('rolling:3'); // { kind: 'rolling', months: 3 }
 */
export function parsePolicy(text: string): Policy {
  const [, kind, number] = /^(fixed|rolling)(?::(\d{1,3}))?$/.exec(text) ?? [];
  const months = number === undefined && kind === 'fixed' ? FIXED_MONTHS : Number(number);
  if ((kind === 'fixed' || kind === 'rolling') && months >= 1 && months <= MOST_MONTHS) return { kind, months };
  throw new TripcastError(
    `${shown(text)} is not a policy`,
    `Give fixed, fixed:N or rolling:N, with N from 1 to ${MOST_MONTHS} months, for example rolling:3.`,
  );
}

/** The newest month that is published when `month` begins, if each appears `late` months after its end. */
export const newestPublished = (month: Month, late: number): Month => addMonths(month, -late - 1);

/** What a training at the start of `month` sees: the newest published months, oldest first. */
export function windowOf({ months }: Policy, month: Month, late: number): readonly Month[] {
  const newest = newestPublished(month, late);
  return monthRange(addMonths(newest, 1 - months), newest);
}
