import type { Clock } from '#clock.ts';

/**
 * One answer for all who ask at about the same time: a question is asked again only once the answer to the one before is
 * so old.
 * @example
 * const stream = atMostEvery(1000, systemClock, () => watch.now());
 */
export function atMostEvery<T>(milliseconds: number, clock: Clock, ask: () => Promise<T>): () => Promise<T> {
  let answer: Promise<T> | undefined;
  let isFreshUntil = 0;
  return () => {
    if (answer === undefined || clock.now() >= isFreshUntil) {
      isFreshUntil = Number.POSITIVE_INFINITY; // while it is being answered
      answer = ask().finally(() => {
        isFreshUntil = clock.now() + milliseconds;
      });
    }
    return answer;
  };
}
