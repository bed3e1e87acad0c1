import { z } from 'zod';
import { type Clock, isoTime } from '#clock.ts';
import { TripcastError } from '#errors.ts';
import { dataKeys, isRequeueMarker, requeueMarker, s3Uri, UNDELIVERED_PREFIX } from '#storage/layout.ts';
import { ifUnchanged, type ObjectStore } from '#storage/object-store.ts';
import { type OwedRecord, type RequeuedEvent, requeuedEvent } from './owed-record.ts';
import { publish, type RecordSink, splitSent, type Unsent } from './publish.ts';
import { quarantinedRecords } from './quarantine.ts';
import { undeliveredRecords } from './undelivered.ts';

export interface RequeueDeps {
  /** The data bucket, which has the quarantine. */
  readonly data: ObjectStore;
  /** The bucket for batches that Lambda gives up on. */
  readonly undelivered: ObjectStore;
  /** The trip events stream. */
  readonly events: RecordSink;
  readonly clock: Clock;
}

export interface RequeueOptions {
  /** Which records to send. */
  readonly wanted: (record: OwedRecord) => boolean;
  /** Maximum number of records to send. Default: all. */
  readonly limit?: number;
  /** Only count: send nothing and write no markers. */
  readonly dryRun?: boolean;
  /** Also send what was already requeued. */
  readonly again?: boolean;
}

/** What became of the wanted records; `found` is the sum of the others. */
export interface Requeued {
  readonly found: number;
  /** In a dry run, the records that would be sent. */
  readonly sent: number;
  /** Already requeued, and therefore skipped. */
  readonly before: number;
  /** Duplicates: redelivery can set a record aside twice. */
  readonly copies: number;
  /** Not a JSON object, or one nested too deeply to be written, and so impossible to resend. */
  readonly unreadable: number;
  /** Beyond the limit. */
  readonly left: number;
  readonly unsent: readonly Unsent[];
}

/** How long to retry a throttled stream before giving up on its events. */
const PATIENCE_MS = 60_000;

/**
 * Resends owed records, object by object, and yields the running count after each.
 *
 * What was sent is recorded in a marker next to the object (`{key}.requeued.json`), written after sending: after a
 * crash in between, records are sent once more, under the same prediction_id, and none is lost. The same goes for two
 * concurrent requeues; the marker is written conditionally, so neither loses track of what the other sent.
 * @example
 * for await (const { sent, left } of requeue(deps, { wanted: () => true, limit: 1000 })) console.log(sent, left);
 */
export async function* requeue(deps: RequeueDeps, options: RequeueOptions): AsyncGenerator<Requeued> {
  const run = new RequeueRun(deps, options);
  for await (const object of owedObjects(deps)) {
    await run.take(object);
    yield run.count;
  }
}

/** An object of owed records. */
interface OwedObject {
  readonly store: ObjectStore;
  readonly key: string;
  readonly isMarked: boolean;
  readonly read: (text: string) => readonly OwedRecord[];
}

async function* owedObjects({ data, undelivered }: RequeueDeps): AsyncGenerator<OwedObject> {
  const places = [
    { store: data, prefix: dataKeys.quarantines, read: quarantinedRecords },
    { store: undelivered, prefix: UNDELIVERED_PREFIX, read: undeliveredRecords },
  ];
  for (const { store, prefix, read } of places) {
    const keys = new Set((await Array.fromAsync(store.list(prefix))).map(({ key }) => key));
    for (const key of keys) {
      if (!isRequeueMarker(key)) yield { store, key, isMarked: keys.has(requeueMarker(key)), read };
    }
  }
}

class RequeueRun {
  readonly #deps: RequeueDeps;
  readonly #options: RequeueOptions;
  /** Attempts of this run by prediction_id. */
  readonly #sent = new Map<string, number>();
  count: Requeued = { found: 0, sent: 0, before: 0, copies: 0, unreadable: 0, left: 0, unsent: [] };

  constructor(deps: RequeueDeps, options: RequeueOptions) {
    this.#deps = deps;
    this.#options = options;
  }

  async take(object: OwedObject): Promise<void> {
    const wanted = (await recordsOf(object)).filter(this.#options.wanted);
    if (wanted.length === 0) return;
    const marker = object.isMarked ? await readMarker(object) : NO_MARKER;
    const { events, copies, ...counts } = this.#sort(wanted, marker);
    const unsent = this.#options.dryRun ? [] : await this.#send(events);
    const { sent } = splitSent(events, unsent);
    for (const { predictionId, attempt } of sent) this.#sent.set(predictionId, attempt);
    if (!this.#options.dryRun) await this.#remember(object, [...sent, ...copies]);
    this.count = {
      found: this.count.found + wanted.length,
      sent: this.count.sent + sent.length,
      before: this.count.before + counts.before,
      copies: this.count.copies + copies.length,
      unreadable: this.count.unreadable + counts.unreadable,
      left: this.count.left + counts.left,
      unsent: [...this.count.unsent, ...unsent],
    };
  }

  /** Sorts an object's records into those to send and those not to. */
  #sort(wanted: readonly OwedRecord[], marker: Marker) {
    const { again = false, limit = Number.POSITIVE_INFINITY } = this.#options;
    const events = new Map<string, RequeuedEvent>();
    const copies: Sent[] = [];
    let before = 0;
    let unreadable = 0;
    let left = 0;
    for (const record of wanted) {
      const event = requeuedEvent(record, (id) => marker.attempts.get(id) ?? 0);
      if (event === undefined) unreadable += 1;
      else if (marker.attempts.has(event.predictionId) && !again) before += 1;
      else if (this.#sent.has(event.predictionId) || events.has(event.predictionId)) copies.push(event);
      else if (this.#sent.size + events.size >= limit) left += 1;
      else events.set(event.predictionId, event);
    }
    return { events: [...events.values()], copies, before, unreadable, left };
  }

  #send(events: readonly RequeuedEvent[]): Promise<readonly Unsent[]> {
    const { events: stream, clock } = this.#deps;
    const entries = events.map(({ entry }) => entry);
    return publish(stream, entries, { clock, deadline: clock.now() + PATIENCE_MS });
  }

  /** @param sent includes duplicates of records in an earlier object, so that the next run finds them settled too */
  async #remember({ store, key }: OwedObject, sent: readonly Sent[]): Promise<void> {
    if (sent.length === 0) return;
    const at = isoTime(this.#deps.clock);
    const lines = sent.map(({ predictionId, attempt }) => ({ prediction_id: predictionId, attempt, at }));
    for (let outcome = 'conflict'; outcome === 'conflict'; ) {
      const { etag, requeued } = await readMarker({ store, key });
      const body = `${JSON.stringify({ requeued: [...requeued, ...lines] })}\n`;
      const condition = ifUnchanged(etag);
      ({ outcome } = await store.put(requeueMarker(key), body, { contentType: 'application/json', condition }));
    }
  }
}

type Sent = Pick<RequeuedEvent, 'predictionId' | 'attempt'>;

const markerSchema = z.object({
  requeued: z.array(z.object({ prediction_id: z.string(), attempt: z.int(), at: z.iso.datetime() })),
});

interface Marker extends z.infer<typeof markerSchema> {
  readonly etag?: string;
  /** The last attempt by prediction_id. */
  readonly attempts: ReadonlyMap<string, number>;
}

const NO_MARKER: Marker = { requeued: [], attempts: new Map() };

async function readMarker({ store, key }: Pick<OwedObject, 'store' | 'key'>): Promise<Marker> {
  const found = await store.get(requeueMarker(key));
  if (found === undefined) return NO_MARKER;
  const { requeued } = markerSchema.parse(JSON.parse(textOf(found.body)));
  return {
    etag: found.etag,
    requeued,
    attempts: new Map(requeued.map(({ prediction_id, attempt }) => [prediction_id, attempt])),
  };
}

/** @throws TripcastError naming the object if it cannot be read */
async function recordsOf({ store, key, read }: OwedObject): Promise<readonly OwedRecord[]> {
  const found = await store.get(key);
  if (found === undefined) return []; // it expired after it was listed
  try {
    return read(textOf(found.body));
  } catch (cause) {
    if (!(cause instanceof TripcastError)) throw cause;
    throw new TripcastError(`${s3Uri(store.bucket, key)} cannot be read: ${cause.message}`, cause.fix, { cause });
  }
}

const textOf = (body: Uint8Array) => new TextDecoder().decode(body);
