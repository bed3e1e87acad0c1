import type { Clock } from '#clock.ts';
import { dataKeys } from '#storage/layout.ts';
import type { ObjectStore } from '#storage/object-store.ts';
import { arrivalId, type PredictionRecord, predictionRecordSchema } from '#streaming/prediction-record.ts';
import { quarantinedRecords } from '#streaming/quarantine.ts';
import { type StreamNow, streamNow } from './stream-now.ts';

/** What is kept of the streams. */
const WINDOW_SECONDS = 60;
const HOUR_MS = 3_600_000;

/** A record as it was read from a stream. */
export interface SeenRecord {
  readonly shardId: string;
  readonly sequenceNumber: string;
  readonly data: Uint8Array;
  readonly arrivedAt: Date;
}

export interface StreamWatchDeps {
  readonly eventsStream: string;
  /** Records of a stream that arrived since a time, and those that arrive from then on. */
  readonly read: (stream: 'events' | 'predictions', from: Date) => AsyncIterable<SeenRecord>;
  readonly data: Pick<ObjectStore, 'list' | 'get'>;
  readonly clock: Clock;
  /** The streams can no longer be read; the next question starts again. */
  readonly onFailed: (error: unknown) => void;
}

interface SeenPrediction {
  readonly arrivedAt: Date;
  readonly record: PredictionRecord;
}

/** Watches both streams from the first question on, so that many pages cost no more reads than one. */
export class StreamWatch {
  readonly #deps: StreamWatchDeps;
  #isReading = false;
  #predictions: SeenPrediction[] = [];
  #events: { readonly predictionId: string; readonly arrivedAt: Date }[] = [];
  readonly #quarantined = new Map<string, readonly string[]>();

  constructor(deps: StreamWatchDeps) {
    this.#deps = deps;
  }

  async now(): Promise<StreamNow> {
    this.#start();
    const quarantined = await this.#lastHoursQuarantine();
    const now = new Date(this.#deps.clock.now());
    const isRecent = ({ arrivedAt }: { readonly arrivedAt: Date }) =>
      now.getTime() - arrivedAt.getTime() <= WINDOW_SECONDS * 1000;
    this.#predictions = this.#predictions.filter(isRecent);
    this.#events = this.#events.filter(isRecent);
    return streamNow({
      now,
      windowSeconds: WINDOW_SECONDS,
      predictions: this.#predictions.map(({ record }) => record),
      events: this.#events,
      quarantined,
    });
  }

  #start(): void {
    if (this.#isReading) return;
    this.#isReading = true;
    const from = new Date(this.#deps.clock.now() - WINDOW_SECONDS * 1000);
    Promise.all([this.#follow('events', from), this.#follow('predictions', from)])
      .catch(this.#deps.onFailed)
      .finally(() => {
        this.#isReading = false;
      });
  }

  async #follow(stream: 'events' | 'predictions', from: Date): Promise<void> {
    for await (const record of this.#deps.read(stream, from)) {
      const json = parsed(record.data);
      if (stream === 'predictions') {
        const prediction = predictionRecordSchema.safeParse(json).data;
        if (prediction !== undefined) this.#predictions.push({ arrivedAt: record.arrivedAt, record: prediction });
      } else {
        const { eventsStream } = this.#deps;
        const predictionId = requeuedFrom(json) ?? arrivalId(eventsStream, record.shardId, record.sequenceNumber);
        this.#events.push({ predictionId, arrivedAt: record.arrivedAt });
      }
    }
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
