import { setTimeout as sleep } from 'node:timers/promises';
import type { Bench } from './probe.ts';

/** Polls until the condition holds or patience runs out. @returns what was seen last */
export async function until<T>(
  { signal, patience }: Pick<Bench, 'signal' | 'patience'>,
  look: () => Promise<T>,
  isEnough: (seen: T) => boolean,
  milliseconds = patience.arrival,
): Promise<T> {
  for (const end = Date.now() + milliseconds; ; ) {
    const seen = await look();
    if (isEnough(seen) || Date.now() > end) return seen;
    await pause(patience.poll, signal);
  }
}

/** Waits long enough to conclude that nothing (more) arrives. */
export const watchSilence = ({ signal, patience }: Pick<Bench, 'signal' | 'patience'>) =>
  pause(patience.silence, signal);

/** @throws the signal's reason, which tells Ctrl-C from the time limit */
export async function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  await sleep(milliseconds, undefined, { signal }).catch(() => signal.throwIfAborted());
}

/** How AWS answered: the HTTP status and name of its error, or `accepted`. */
export async function refusal(call: Promise<unknown>): Promise<string> {
  try {
    await call;
    return 'accepted';
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    const metadata: unknown = Reflect.get(error, '$metadata');
    const status = metadata instanceof Object ? Reflect.get(metadata, 'httpStatusCode') : undefined;
    if (status === undefined) throw error; // it never reached the service
    return `${status} ${error.name}`;
  }
}
