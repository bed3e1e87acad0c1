import { setTimeout } from 'node:timers/promises';

/** Time as a dependency, so that tests can control it. */
export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number;
  /** @param signal ends the sleep early, which is not an error */
  sleep(milliseconds: number, signal?: AbortSignal): Promise<void>;
}

/** The clock's instant in ISO 8601, as receipts and other documents state it. */
export const isoTime = (clock: Clock): string => new Date(clock.now()).toISOString();

/** The machine's own clock. */
export const systemClock: Clock = {
  now: () => Date.now(),
  sleep: async (milliseconds, signal) => {
    await setTimeout(milliseconds, undefined, { signal }).catch((error: unknown) => {
      if (!signal?.aborted) throw error;
    });
  },
};
