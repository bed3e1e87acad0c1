import type { Clock } from '#clock.ts';
import { TransientError, TripcastError } from '#errors.ts';

export interface StreamEntry {
  readonly data: Uint8Array;
  /** 1..256 UTF-16 units. */
  readonly partitionKey: string;
}

/** Where entries go; src/adapters/kinesis.ts implements the stream. */
export interface RecordSink {
  /**
   * One PutRecords call, which may accept some entries and refuse others.
   * @param entries at most 500 and 5 MB
   * @returns for each entry, undefined if it was stored, else the error code
   * @throws when the whole call failed, so that none is known to be stored; a TripcastError if it would always fail
   */
  putRecords(entries: readonly StreamEntry[], signal: AbortSignal): Promise<readonly (string | undefined)[]>;
}

/** For test runs: accepts everything and sends it nowhere. */
export const nowhere: RecordSink = { putRecords: async (entries) => entries.map(() => undefined) };

/** An entry that was not stored: its index in the input, and the last error. */
export interface Unsent {
  readonly entry: StreamEntry;
  readonly index: number;
  readonly error: string;
}

export interface PublishOptions {
  readonly clock: Clock;
  /** Milliseconds since the epoch; nothing is sent or waited for past it. */
  readonly deadline: number;
  /** In [0, 1), for the jitter. */
  readonly random?: () => number;
}

/** PutRecords takes 500 records and 5 MiB per call, partition keys included (Kinesis API reference, PutRecords). */
const CALL_ENTRIES = 500;
const CALL_BYTES = 5_000_000;
/** Per record, including its partition key; a larger one would fail the whole call, as would a bad key. */
const RECORD_BYTES = 2 ** 20;
/** UTF-16 units, of which a key never has fewer than characters: what passes here passes by either count. */
const KEY_UNITS = 256;

/** Full jitter: wait up to a cap that doubles each time (AWS Architecture Blog, "Exponential Backoff And Jitter"). */
const FIRST_WAIT_MS = 50;
const LONGEST_WAIT_MS = 2_000;

/**
 * Sends entries until all are stored, the deadline passes, or the stream says that it will never accept them. After a
 * partial success only the refused entries are resent. Order is not preserved. An entry that no stream would accept is
 * not sent, so that it does not fail the call for its neighbors.
 * @returns the entries that are still unsent; empty if all are stored
 * @example
 * const entries = encode(records);
 * const unsent = await publish(sink, entries, { clock: systemClock, deadline: Date.now() + 10_000 });
 * for (const { index, error } of unsent) console.error(records[index]?.prediction_id, error);
 */
export async function publish(
  sink: RecordSink,
  entries: readonly StreamEntry[],
  { clock, deadline, random = Math.random }: PublishOptions,
): Promise<readonly Unsent[]> {
  const lost: Unsent[] = [];
  let unsent: Unsent[] = [];
  for (const [index, entry] of entries.entries()) {
    const flaw = flawOf(entry);
    if (flaw === undefined) unsent.push({ entry, index, error: 'not sent: the time ran out' });
    else lost.push({ entry, index, error: flaw });
  }
  for (let attempt = 0; unsent.length > 0; attempt++) {
    if (attempt > 0) {
      const wait = random() * Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** attempt);
      if (clock.now() + wait >= deadline) break;
      await clock.sleep(wait);
    }
    const timeLeft = deadline - clock.now();
    if (timeLeft <= 0) break;
    const signal = AbortSignal.timeout(Math.ceil(timeLeft));
    const calls = await Promise.all(chunks(unsent).map((chunk) => send(sink, chunk, signal)));
    unsent = calls.flatMap(({ again }) => again);
    lost.push(...calls.flatMap(({ never }) => never));
  }
  return [...lost, ...unsent];
}

/**
 * Splits what published entries were made from, in the entries' order, into what was sent and what was not.
 * @param unsent as {@link publish} returns it
 */
export function splitSent<T>(
  items: readonly T[],
  unsent: readonly Unsent[],
): { readonly sent: readonly T[]; readonly unsent: readonly T[] } {
  if (unsent.length === 0) return { sent: items, unsent: [] };
  const indexes = new Set(unsent.map(({ index }) => index));
  return { sent: items.filter((_, i) => !indexes.has(i)), unsent: items.filter((_, i) => indexes.has(i)) };
}

/** Why a stream would refuse the whole call because of this entry; undefined if it would not. */
function flawOf(entry: StreamEntry): string | undefined {
  const { length } = entry.partitionKey;
  if (length < 1 || length > KEY_UNITS) return `its partition key has ${length} characters, not 1 to 256`;
  const bytes = bytesOf(entry);
  return bytes > RECORD_BYTES ? `it has ${bytes} bytes, more than a record's limit of ${RECORD_BYTES}` : undefined;
}

const bytesOf = ({ data, partitionKey }: StreamEntry) => data.byteLength + Buffer.byteLength(partitionKey);

/** The entries of one call that were not stored: those worth retrying, and those not. */
interface Refused {
  readonly again: readonly Unsent[];
  readonly never: readonly Unsent[];
}

async function send(sink: RecordSink, chunk: readonly Unsent[], signal: AbortSignal): Promise<Refused> {
  try {
    const errors = await sink.putRecords(
      chunk.map(({ entry }) => entry),
      signal,
    );
    const again = chunk.flatMap((sent, i) => {
      const error = errors[i];
      return error === undefined ? [] : [{ ...sent, error }];
    });
    return { again, never: [] };
  } catch (error) {
    const all = chunk.map((sent) => ({ ...sent, error: String(error) }));
    return isFinal(error) ? { again: [], never: all } : { again: all, never: [] };
  }
}

/** A TripcastError persists until somebody does something about it; anything else may resolve by itself. */
const isFinal = (error: unknown) => error instanceof TripcastError && !(error instanceof TransientError);

function chunks(unsent: readonly Unsent[]): readonly (readonly Unsent[])[] {
  const all: Unsent[][] = [];
  let chunk: Unsent[] = [];
  let bytes = 0;
  for (const each of unsent) {
    const size = bytesOf(each.entry);
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
