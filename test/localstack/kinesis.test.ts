import {
  CreateStreamCommand,
  DeleteStreamCommand,
  KinesisClient,
  waitUntilStreamExists,
} from '@aws-sdk/client-kinesis';
import { GetEventSourceMappingCommand, LambdaClient, UpdateEventSourceMappingCommand } from '@aws-sdk/client-lambda';
import { beforeAll, describe, expect, inject, test } from 'vitest';
import { kinesisSink } from '#adapters/kinesis.ts';
import { S3Store } from '#adapters/s3.ts';
import { connect, type Deployment } from '#cli/context.ts';
import { systemClock } from '#clock.ts';
import { devEnvironmentVariables, useVariables } from '#local/environment.ts';
import { jsonEntry } from '#streaming/encode.ts';
import type { PredictionRecord } from '#streaming/prediction-record.ts';
import { publish } from '#streaming/publish.ts';
import { undeliveredRecords } from '#streaming/undelivered.ts';
import { judge, readRecord } from '../aws/ledger.ts';
import { PROBES } from '../aws/probes/index.ts';
import { localstackAt, runProbes } from '../aws/run-probes.ts';
import { EXAMPLE } from '../support/kinesis-events.ts';
import { readPredictions } from '../support/read-predictions.ts';
import { answerOf } from './tripcast.ts';

// What Lambda does with a Kinesis batch that fails, which MiniStack ignores.

const endpointUrl = inject('localstackUrl');
beforeAll(() => useVariables(devEnvironmentVariables(endpointUrl)));

describe('LocalStack does what the ledger says', async () => {
  const probes = PROBES.filter(({ id, look }) => id.startsWith('mapping-') && 'seen' in look && !look.notOnEmulators);
  let sights: Awaited<ReturnType<typeof runProbes>>;
  beforeAll(async () => {
    const signal = AbortSignal.timeout(170_000);
    const place = localstackAt(endpointUrl);
    const patience = { ...place.patience, arrival: 15_000 }; // alarms take longer
    sights = await runProbes(probes, { ...place, patience }, { signal, say: () => {} });
  });

  test.each(probes)('$id', (probe) => {
    const { verdict, wanted, seen } = judge(probe, sights.get(probe.id), readRecord('localstack'));
    expect(seen).toEqual(wanted);
    expect(verdict).toMatch(/^(as documented|differs as recorded)$/);
  });

  test.each(['mapping-partial-failure', 'mapping-retry-limit'])('%s is as on AWS', (id) => {
    const probe = PROBES.find((each) => each.id === id) ?? expect.fail('There is no such row.');
    expect(sights.get(id)).toEqual({ kind: 'seen', seen: probe.expected });
  });
});

describe('while the predictions stream is gone', () => {
  let to: Deployment;
  const rideIds = ['owed 1', 'owed 2'];
  const kinesis = new KinesisClient({});

  test('each ride ends in the undelivered bucket, with its record', async () => {
    to = await connect('dev');
    await retryOnce(to.output('EventSourceId'));
    const StreamName = to.output('PredictionsStreamName');
    await kinesis.send(new DeleteStreamCommand({ StreamName }));
    const sink = kinesisSink(to.output('EventsStreamName'));
    const entries = rideIds.map((ride_id) => jsonEntry({ ...EXAMPLE, ride_id }, ride_id));
    expect(await publish(sink, entries, { clock: systemClock, deadline: Date.now() + 10_000 })).toEqual([]);
    const found = async () => [...(await undelivered(to)).keys()];
    await expect.poll(found, { timeout: 90_000, interval: 500 }).toEqual(expect.arrayContaining(rideIds));
  });

  test('and once it is back, requeue gets each its prediction, under its first id, and no second one', async () => {
    const StreamName = to.output('PredictionsStreamName');
    await kinesis.send(new CreateStreamCommand({ StreamName, ShardCount: 1 }));
    await waitUntilStreamExists({ client: kinesis, maxWaitTime: 30, minDelay: 1, maxDelay: 1 }, { StreamName });
    const owed = await undelivered(to);
    expect(await answerOf('stream requeue --reason undelivered')).toMatchObject({ sent: owed.size, unsent: 0 });
    const isOwed = ({ prediction }: PredictionRecord) => rideIds.includes(String(prediction.ride_id));
    const seen = await readPredictions(to, rideIds.length, isOwed);
    expect(new Map(seen.map(({ prediction, prediction_id }) => [prediction.ride_id, prediction_id]))).toEqual(
      new Map(rideIds.map((rideId) => [rideId, owed.get(rideId)])),
    );
    expect(await answerOf('stream requeue --reason undelivered')).toMatchObject({ sent: 0, before: owed.size });
  });
});

/** The dev stack retries ten times, with pauses that grow. After an update, LocalStack reads the stream from its start. */
async function retryOnce(UUID: string): Promise<void> {
  const lambda = new LambdaClient({});
  await lambda.send(new UpdateEventSourceMappingCommand({ UUID, MaximumRetryAttempts: 1 }));
  const state = async () => (await lambda.send(new GetEventSourceMappingCommand({ UUID }))).State;
  await expect.poll(state, { timeout: 60_000, interval: 500 }).toBe('Enabled');
}

/** The rides that Lambda gave up on, with the ids that their predictions will have. */
async function undelivered(to: Deployment): Promise<ReadonlyMap<string, string>> {
  const bucket = new S3Store(to.output('UndeliveredBucketName'));
  const found = new Map<string, string>();
  for await (const { key } of bucket.list('')) {
    for (const { raw, predictionId } of undeliveredRecords(new TextDecoder().decode((await bucket.get(key))?.body))) {
      found.set(String(JSON.parse(Buffer.from(raw, 'base64').toString()).ride_id), predictionId);
    }
  }
  return found;
}
