import type { Clock } from '#clock.ts';
import { dataKeys } from '#storage/layout.ts';
import type { ObjectStore } from '#storage/object-store.ts';
import { arrivalId, type PredictionRecord, predictionRecordSchema } from '#streaming/prediction-record.ts';
import { quarantinedRecords } from '#streaming/quarantine.ts';
import { type StreamNow, streamNow } from './stream-now.ts';

/** What is kept of the streams. */
const WINDOW_MS = 60_000;
const HOUR_MS = 3_600_000;
/** What is read again each time: shards are not read to the same moment when a read is cut short. */
const OVERLAP_MS = 5000;

/** A record as it was read from a stream. */
export interface SeenRecord {
  readonly shardId: string;
  readonly sequenceNumber: string;
  readonly data: Uint8Array;
  readonly arrivedAt: Date;
}

export interface StreamWatchDeps {
  /** Its name, which is part of the ids of predictions. */
  readonly eventsStream: string;
  /** What has arrived in a stream between two times, the later of which has passed. */
  readonly read: (stream: 'events' | 'predictions', from: Date, until: Date) => AsyncIterable<SeenRecord>;
  readonly data: Pick<ObjectStore, 'list' | 'get'>;
  readonly clock: Clock;
}

/** The last minute of both streams. Each question reads what has arrived since the one before; nothing runs in between. */
export class StreamWatch {
  readonly #deps: StreamWatchDeps;
  readonly #predictions: Recent<PredictionRecord>;
  readonly #events: Recent<string>;
  readonly #quarantined = new Map<string, readonly string[]>();

  constructor(deps: StreamWatchDeps) {
    const { eventsStream, read } = deps;
    this.#deps = deps;
    this.#predictions = new Recent(
      (from, until) => read('predictions', from, until),
      ({ data }) => predictionRecordSchema.safeParse(parsed(data)).data,
    );
    this.#events = new Recent(
      (from, until) => read('events', from, until),
      ({ shardId, sequenceNumber, data }) =>
        requeuedFrom(parsed(data)) ?? arrivalId(eventsStream, shardId, sequenceNumber),
    );
  }

  /** @throws when a stream or the quarantine cannot be read; the next question tries again */
  async now(): Promise<StreamNow> {
    const now = new Date(this.#deps.clock.now());
    const [predictions, events, quarantined] = await Promise.all([
      this.#predictions.upTo(now),
      this.#events.upTo(now),
      this.#lastHoursQuarantine(),
    ]);
    return streamNow({
      now,
      windowSeconds: WINDOW_MS / 1000,
      predictions: predictions.map(({ value }) => value),
      events: events.map(({ value, arrivedAt }) => ({ predictionId: value, arrivedAt })),
      quarantined,
    });
  }

  /** Ids of the records that were quarantined in this hour and the one before, as far as they are within 60 minutes. */
  async #lastHoursQuarantine(): Promise<ReadonlySet<string>> {
    const { data, clock } = this.#deps;
    const keys: string[] = [];
    for (const at of [clock.now() - HOUR_MS, clock.now()]) {
      const prefix = dataKeys.quarantine(new Date(at), '').replace(/\.jsonl$/, '');
      for await (const { key } of data.list(prefix)) if (key.endsWith('.jsonl')) keys.push(key);
    }
    for (const key of this.#quarantined.keys()) if (!keys.includes(key)) this.#quarantined.delete(key);
    await Promise.all(keys.map((key) => this.#readQuarantine(key)));
    return new Set([...this.#quarantined.values()].flat());
  }

  /** Each object once: they never change. */
  async #readQuarantine(key: string): Promise<void> {
    if (this.#quarantined.has(key)) return;
    const found = await this.#deps.data.get(key);
    if (found === undefined) return;
    const since = this.#deps.clock.now() - HOUR_MS;
    const records = quarantinedRecords(new TextDecoder().decode(found.body));
    this.#quarantined.set(
      key,
      records.flatMap(({ predictionId, arrivedAt }) => (arrivedAt.getTime() >= since ? [predictionId] : [])),
    );
  }
}

interface Arrival<T> {
  readonly arrivedAt: Date;
  readonly value: T;
}

/** What has arrived in one stream within the window. */
class Recent<T> {
  readonly #read: (from: Date, until: Date) => AsyncIterable<SeenRecord>;
  readonly #toValue: (record: SeenRecord) => T | undefined;
  /** By shard and sequence number, since some records are read twice. */
  readonly #arrivals = new Map<string, Arrival<T>>();
  #newest = 0;

  /** @param toValue undefined: the record is not one of ours */
  constructor(
    read: (from: Date, until: Date) => AsyncIterable<SeenRecord>,
    toValue: (record: SeenRecord) => T | undefined,
  ) {
    this.#read = read;
    this.#toValue = toValue;
  }

  async upTo(now: Date): Promise<readonly Arrival<T>[]> {
    const since = now.getTime() - WINDOW_MS;
    for await (const record of this.#read(new Date(Math.max(since, this.#newest - OVERLAP_MS)), now)) {
      const { arrivedAt } = record;
      this.#newest = Math.max(this.#newest, arrivedAt.getTime());
      const value = this.#toValue(record);
      if (value !== undefined) this.#arrivals.set(`${record.shardId}/${record.sequenceNumber}`, { arrivedAt, value });
    }
    for (const [id, { arrivedAt }] of this.#arrivals) if (arrivedAt.getTime() < since) this.#arrivals.delete(id);
    return [...this.#arrivals.values()];
  }
}

function parsed(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(bytes));
  } catch {
    return undefined; // not one of ours: the stream may have other writers
  }
}

/** A requeued event keeps the id of its first arrival. */
function requeuedFrom(event: unknown): string | undefined {
  const requeue = typeof event === 'object' && event !== null ? Reflect.get(event, 'requeue') : undefined;
  const id = typeof requeue === 'object' && requeue !== null ? Reflect.get(requeue, 'prediction_id') : undefined;
  return typeof id === 'string' ? id : undefined;
}
