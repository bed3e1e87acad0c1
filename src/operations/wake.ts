import type { Clock } from '#clock.ts';

/** Waking an image function that had been idle for weeks was observed to take 40 to 106 seconds. */
export const WAKE_SECONDS = 150;

const FIRST_WAIT_MS = 2000;
const LONGEST_WAIT_MS = 15_000;

/**
 * Retries a call, for at most {@link WAKE_SECONDS}, while it is refused because the function is asleep: Lambda unloads
 * an image that nobody calls, and the first call only starts bringing it back.
 * @throws the last call's error
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
