import { setTimeout as sleep } from 'node:timers/promises';
import type { Bench } from './probe.ts';

/** Looks again and again until it is enough or patience is at its end. @returns what was seen last */
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

/** Waits as long as it takes to say that nothing (more) comes. */
export const watchSilence = ({ signal, patience }: Pick<Bench, 'signal' | 'patience'>) =>
  pause(patience.silence, signal);

/** @throws the signal's own reason, which tells an interruption from a time that is up */
export async function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  await sleep(milliseconds, undefined, { signal }).catch(() => signal.throwIfAborted());
}

/** A refusal as AWS gives it: the error's name and the HTTP status; `accepted` when there was none. */
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
