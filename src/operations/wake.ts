import type { Clock } from '#clock.ts';

/** Waking an image function that was idle for weeks took 40 to 106 seconds where it was observed. */
export const WAKE_SECONDS = 150;

const FIRST_WAIT_MS = 2000;
const LONGEST_WAIT_MS = 15_000;

/**
 * Calls a function again, for {@link WAKE_SECONDS} at most, as long as it is refused because it is asleep: Lambda lets go
 * of an image that nobody calls, and the first call only starts to bring it back.
 * @throws what the last call failed with
 */
export async function onceAwake<T>(
  call: () => Promise<T>,
  isAsleep: (error: unknown) => boolean,
  clock: Clock,
): Promise<T> {
  const deadline = clock.now() + WAKE_SECONDS * 1000;
  for (let wait = FIRST_WAIT_MS; ; wait = Math.min(wait * 2, LONGEST_WAIT_MS)) {
    try {
      return await call();
    } catch (error) {
      const left = deadline - clock.now();
      if (!isAsleep(error) || left <= 0) throw error;
      await clock.sleep(Math.min(wait, left));
    }
  }
}
