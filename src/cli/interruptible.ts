import { constants } from 'node:os';

/** Ctrl-C, a polite kill, a closed terminal. */
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** The end of a command that was asked to stop; it exits with the code that shells use for that. */
export class Interruption extends Error {
  override readonly name = 'AbortError';
  readonly exitCode: number;

  constructor(signal: NodeJS.Signals) {
    super(`interrupted by ${signal}`);
    this.exitCode = 128 + constants.signals[signal];
  }
}

/**
 * Runs work that a signal to this process aborts, so that it can clean up; then the command ends as interrupted. A
 * second Ctrl-C ends it at once; the other signals may well arrive twice, from a terminal and from a parent process.
 */
export async function interruptible<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const stop = new AbortController();
  const abort = (signal: NodeJS.Signals) => {
    stop.abort(new Interruption(signal));
    if (signal === 'SIGINT') process.off('SIGINT', abort);
  };
  for (const signal of SIGNALS) process.on(signal, abort);
  try {
    return await work(stop.signal);
  } catch (error) {
    throw stop.signal.aborted && error instanceof Error && error.name === 'AbortError' ? stop.signal.reason : error;
  } finally {
    for (const signal of SIGNALS) process.off(signal, abort);
  }
}
