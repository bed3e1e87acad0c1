import { setTimeout } from 'node:timers/promises';

/** Time, passed in, so that tests decide what it is. */
export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number;
  /** @param signal ends it early, and that is no error */
  sleep(milliseconds: number, signal?: AbortSignal): Promise<void>;
}

export const systemClock: Clock = {
  now: () => Date.now(),
  sleep: async (milliseconds, signal) => {
    await setTimeout(milliseconds, undefined, { signal }).catch((error: unknown) => {
      if (!signal?.aborted) throw error;
    });
  },
};
