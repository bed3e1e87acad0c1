import { beforeAll, expect, test } from 'vitest';
import { kinesisSink } from '#adapters/kinesis.ts';
import { S3Store } from '#adapters/s3.ts';
import { requeueOwed } from '#cli/commands/stream/requeue.ts';
import { connect, type Deployment } from '#cli/context.ts';
import { systemClock } from '#clock.ts';
import { dataKeys, isRequeueMarker } from '#storage/layout.ts';
import { jsonEntry } from '#streaming/encode.ts';
import { type OwedRecord, requeuedEvent } from '#streaming/owed-record.ts';
import { publish } from '#streaming/publish.ts';
import { quarantinedRecords } from '#streaming/quarantine.ts';
import { aGreenChampion } from '../support/a-champion.ts';
import { SETTINGS } from '../support/a-scored-stream.ts';
import { AStream } from '../support/a-stream.ts';
import { EXAMPLE } from '../support/kinesis-events.ts';
import { Poller } from '../support/poller.ts';
import { readPredictions } from '../support/read-predictions.ts';
import { silentTerminal } from '../support/silent-terminal.ts';

const terminal = silentTerminal();
let to: Deployment;
let from: Date;

beforeAll(async () => {
  to = await connect('dev');
  await aGreenChampion(to);
  from = new Date();
});

const requeue = (reason: string) => requeueOwed(to, { from, reason, dryRun: false, again: false }, terminal);

test('what Lambda gave up on is predicted after a requeue, under its first id, and not sent twice', async () => {
  const ids = await givenUp('given up 1', 'given up 2');
  expect(await requeue('undelivered')).toMatchObject({ found: 2, sent: 2, unsent: [] });
  const isMine = (prediction_id: string) => ids.includes(prediction_id);
  const seen = await readPredictions(to, 2, ({ prediction_id }) => isMine(prediction_id));
  expect(seen.map(({ prediction_id, prediction }) => [prediction_id, prediction.ride_id])).toEqual([
    [ids[0], 'given up 1'],
    [ids[1], 'given up 2'],
  ]);
  expect(await requeue('undelivered')).toMatchObject({ found: 2, sent: 0, before: 2 });
});

test('what is refused again is quarantined again, under its first id, with the attempt', async () => {
  const bad = { ...EXAMPLE, ride: { ...EXAMPLE.ride, DOLocationID: 0 }, ride_id: 'refused' };
  const entries = [jsonEntry(bad, bad.ride_id)];
  const sink = kinesisSink(to.output('EventsStreamName'));
  expect(await publish(sink, entries, { clock: systemClock, deadline: Date.now() + 10_000 })).toEqual([]);
  const [first] = await quarantined(1);
  expect(await requeue('out-of-range')).toMatchObject({ found: 1, sent: 1 });
  const both = await quarantined(2);
  expect(both.map(({ predictionId }) => predictionId)).toEqual([first?.predictionId, first?.predictionId]);
  expect(both.map((record) => requeuedEvent(record, () => 0)?.attempt).sort()).toEqual([1, 2]);
});

/** Batches in the bucket as AWS leaves them. @returns the records' ids */
async function givenUp(...rideIds: readonly string[]): Promise<readonly string[]> {
  const stream = new AStream(to.output('EventsStreamName'), systemClock);
  for (const rideId of rideIds) stream.put(JSON.stringify({ ...EXAMPLE, ride_id: rideId }), rideId);
  await new Poller({
    stream,
    settings: { ...SETTINGS, retryAttempts: 0, bisectOnError: false },
    invoke: () => Promise.reject(new Error('down')),
    onFailure: new S3Store(to.output('UndeliveredBucketName')),
    clock: systemClock,
  }).drain();
  return stream.records.map(({ shardId, sequenceNumber }) => `${stream.name}/${shardId}/${sequenceNumber}`);
}

/** So many quarantined records of this test. */
async function quarantined(count: number): Promise<readonly OwedRecord[]> {
  const deadline = Date.now() + 20_000;
  for (;;) {
    const records: OwedRecord[] = [];
    for await (const { key } of to.data.list(dataKeys.quarantines)) {
      if (isRequeueMarker(key)) continue;
      const text = new TextDecoder().decode((await to.data.get(key))?.body);
      records.push(...quarantinedRecords(text).filter(({ arrivedAt }) => arrivedAt >= from));
    }
    if (records.length >= count || Date.now() > deadline) return records;
    await systemClock.sleep(300);
  }
}
