import { createHash } from 'node:crypto';
import type { Clock } from '#clock.ts';
import type { RecordSink, StreamEntry } from '#streaming/publish.ts';

/** A record of a Kinesis stream. */
export interface StreamRecord {
  readonly shardId: string;
  /** Ascending within its shard. */
  readonly sequenceNumber: string;
  readonly partitionKey: string;
  readonly data: Uint8Array;
  /** Milliseconds since the epoch. */
  readonly arrivedAt: number;
}

/** An in-memory Kinesis stream: records stay in their shard's order and are never removed. */
export class AStream implements RecordSink {
  readonly name: string;
  readonly shardIds: readonly string[];
  readonly records: StreamRecord[] = [];
  readonly #clock: Clock;
  /** Called with each PutRecords call; throw from it to fail the call, return an error code to reject one entry. */
  onPut: (entry: StreamEntry) => string | undefined = () => undefined;

  constructor(name: string, clock: Clock, shards = 1) {
    this.name = name;
    this.#clock = clock;
    this.shardIds = Array.from({ length: shards }, (_, i) => `shardId-${String(i).padStart(12, '0')}`);
  }

  async putRecords(entries: readonly StreamEntry[]): Promise<readonly (string | undefined)[]> {
    return entries.map((entry) => {
      const error = this.onPut(entry);
      if (error === undefined) this.put(entry.data, entry.partitionKey);
      return error;
    });
  }

  put(data: Uint8Array | string, partitionKey: string): void {
    this.records.push({
      shardId: this.shardIds[hashOf(partitionKey) % this.shardIds.length] ?? '',
      sequenceNumber: `4959033827149025660855969253836157109${String(this.records.length).padStart(19, '0')}`,
      partitionKey,
      data: Buffer.from(data),
      arrivedAt: this.#clock.now(),
    });
  }

  /** Each record's data as JSON. */
  values(): readonly unknown[] {
    return this.records.map(({ data }) => JSON.parse(new TextDecoder().decode(data)));
  }
}

/** Kinesis spreads partition keys over shards by their MD5. */
export const hashOf = (partitionKey: string) => createHash('md5').update(partitionKey).digest().readUInt32BE(0);
