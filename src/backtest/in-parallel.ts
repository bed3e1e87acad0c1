/**
 * Works on items in order, some at a time. When one fails, the others are told to stop, and the failure is thrown once they
 * have.
 * @param most at least 1
 * @example
 * await inParallel(windows, 2, async (window, signal) => keep(await train(window, signal)));
 */
export async function inParallel<T>(
  items: readonly T[],
  most: number,
  work: (item: T, signal: AbortSignal) => Promise<void>,
): Promise<void> {
  const failed = new AbortController();
  const queue = items.values(); // shared: each lane takes the next item
  const lane = async () => {
    for (const item of queue) {
      if (failed.signal.aborted) return;
      await work(item, failed.signal).catch((error: unknown) => failed.abort(error)); // the first abort counts
    }
  };
  await Promise.all(Array.from({ length: Math.min(most, items.length) }, lane));
  if (failed.signal.aborted) throw failed.signal.reason;
}
