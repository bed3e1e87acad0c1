import type { Clock } from './clock.ts';

export interface StreamEntry {
  readonly data: Uint8Array;
  /** 1..256 characters. */
  readonly partitionKey: string;
}

/** Where entries go. src/adapters/kinesis.ts is the stream. */
export interface RecordSink {
  /**
   * One PutRecords call: it may take some entries and refuse others.
   * @param entries at most 500 and 5 MB
   * @returns for each entry undefined when it is stored, or the code of the error
   * @throws when the call as a whole failed: none is known to be stored
   */
  putRecords(entries: readonly StreamEntry[], signal: AbortSignal): Promise<readonly (string | undefined)[]>;
}

/** For test runs: everything is taken and goes nowhere. */
export const nowhere: RecordSink = { putRecords: async (entries) => entries.map(() => undefined) };

/** An entry that is not stored: its index among those given, and the last error. */
export interface Unsent {
  readonly entry: StreamEntry;
  readonly index: number;
  readonly error: string;
}

export interface PublishOptions {
  readonly clock: Clock;
  /** Milliseconds since the epoch; nothing is sent or waited for past it. */
  readonly deadline: number;
  /** In [0, 1); for the jitter. */
  readonly random?: () => number;
}

/** PutRecords takes 500 records and 5 MiB a call, partition keys included. */
const CALL_ENTRIES = 500;
const CALL_BYTES = 5_000_000;

/** Full jitter: a wait between 0 and what doubles each time (AWS Architecture Blog, "Exponential Backoff And Jitter"). */
const FIRST_WAIT_MS = 50;
const LONGEST_WAIT_MS = 2_000;

/**
 * Sends entries until all are stored or the deadline comes. A call that succeeds partially has only its refused entries
 * sent again. Order is not kept.
 * @returns what is still unsent; empty when all are stored
 */
export async function publish(
  sink: RecordSink,
  entries: readonly StreamEntry[],
  { clock, deadline, random = Math.random }: PublishOptions,
): Promise<readonly Unsent[]> {
  let unsent: readonly Unsent[] = entries.map((entry, index) => ({
    entry,
    index,
    error: 'not sent: no time was left',
  }));
  for (let attempt = 0; unsent.length > 0; attempt++) {
    if (attempt > 0) {
      const wait = random() * Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** attempt);
      if (clock.now() + wait >= deadline) break;
      await clock.sleep(wait);
    }
    const timeLeft = deadline - clock.now();
    if (timeLeft <= 0) break;
    const signal = AbortSignal.timeout(Math.ceil(timeLeft));
    const calls = chunks(unsent).map((chunk) => send(sink, chunk, signal));
    unsent = (await Promise.all(calls)).flat();
  }
  return unsent;
}

/** One call. @returns those of `chunk` that are not stored */
async function send(sink: RecordSink, chunk: readonly Unsent[], signal: AbortSignal): Promise<readonly Unsent[]> {
  try {
    const errors = await sink.putRecords(
      chunk.map(({ entry }) => entry),
      signal,
    );
    return chunk.flatMap((sent, i) => {
      const error = errors[i];
      return error === undefined ? [] : [{ ...sent, error }];
    });
  } catch (error) {
    return chunk.map((sent) => ({ ...sent, error: String(error) }));
  }
}

function chunks(unsent: readonly Unsent[]): readonly (readonly Unsent[])[] {
  const all: Unsent[][] = [];
  let chunk: Unsent[] = [];
  let bytes = 0;
  for (const each of unsent) {
    const size = each.entry.data.byteLength + Buffer.byteLength(each.entry.partitionKey);
    if (chunk.length === 0 || chunk.length === CALL_ENTRIES || bytes + size > CALL_BYTES) {
      chunk = [];
      bytes = 0;
      all.push(chunk);
    }
    chunk.push(each);
    bytes += size;
  }
  return all;
}
