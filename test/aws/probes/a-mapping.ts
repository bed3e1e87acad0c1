import { GetEventSourceMappingCommand, UpdateEventSourceMappingCommand } from '@aws-sdk/client-lambda';
import { z } from 'zod';
import { arnOf, type Bench, BUCKET, type Resources, type Site } from '../probe.ts';
import { stream } from '../site-template.ts';
import { until, watchSilence } from '../wait.ts';
import { heard, witness } from '../witness.ts';
import { put } from './a-kinesis-stream.ts';

/** These simulate the documented behavior; they are only as right as these rows. */
export const POLLER = ['test/unit/streaming/poller.test.ts', 'test/support/poller.ts'] as const;

/** The record's text tells the function what to do with it. */
const AS_THE_RECORDS_SAY = `
  const records = event.Records.map(({ kinesis }) => ({ seq: kinesis.sequenceNumber, text: Buffer.from(kinesis.data, 'base64').toString() }));
  if (records.some(({ text }) => text.startsWith('throw'))) throw new Error('as the record says');
  return { batchItemFailures: records.filter(({ text }) => text.startsWith('fail')).map(({ seq }) => ({ itemIdentifier: seq })) };`;

/** A stream, a function and a disabled mapping, so that records can be written before it starts. */
export function mapping(site: Site, id: string, properties: object = {}): Resources {
  return {
    [`${id}Stream`]: stream(site, `${id}-events`),
    ...witness(site, id, { body: AS_THE_RECORDS_SAY }),
    [`${id}Mapping`]: {
      Type: 'AWS::Lambda::EventSourceMapping',
      Properties: {
        EventSourceArn: arnOf(`${id}Stream`),
        FunctionName: arnOf(id),
        Enabled: false,
        StartingPosition: 'TRIM_HORIZON',
        BatchSize: 100,
        MaximumBatchingWindowInSeconds: 1,
        FunctionResponseTypes: ['ReportBatchItemFailures'],
        ...properties,
      },
    },
  };
}

export const toBucket = { DestinationConfig: { OnFailure: { Destination: arnOf(BUCKET) } } };

const eventSchema = z.object({
  Records: z.array(
    z.looseObject({
      eventID: z.string(),
      kinesis: z.looseObject({
        data: z.string(),
        partitionKey: z.string(),
        sequenceNumber: z.string(),
        approximateArrivalTimestamp: z.number(),
      }),
    }),
  ),
});

export type KinesisEvent = z.infer<typeof eventSchema>;

export const textsOf = ({ Records }: KinesisEvent) =>
  Records.map(({ kinesis }) => Buffer.from(kinesis.data, 'base64').toString());

/** Puts all records in one call with the same key, so that they keep this order. */
export const send = (bench: Bench, id: string, texts: readonly string[]) =>
  put(
    bench,
    `${id}Stream`,
    texts.map((text) => ['key', text]),
  );

export const deliveries = async (bench: Bench, id: string): Promise<readonly KinesisEvent[]> =>
  (await heard(bench, id)).map((event) => eventSchema.parse(event));

export async function stateOf({ lambda, idOf }: Bench, id: string): Promise<string> {
  const { State = 'none' } = await lambda.send(new GetEventSourceMappingCommand({ UUID: idOf(`${id}Mapping`) }));
  return State;
}

export async function enable(bench: Bench, id: string): Promise<void> {
  await bench.lambda.send(new UpdateEventSourceMappingCommand({ UUID: bench.idOf(`${id}Mapping`), Enabled: true }));
}

/**
 * Sends records, enables the mapping, and waits for deliveries. The first one may be late: an emulator polls all mappings
 * in one thread, which the mappings whose records always fail keep busy.
 * @returns the texts of each delivery
 */
export async function deliver(
  bench: Bench,
  id: string,
  texts: readonly string[],
  isEnough: (deliveries: readonly (readonly string[])[]) => boolean,
): Promise<readonly (readonly string[])[]> {
  await send(bench, id, texts);
  await enable(bench, id);
  const look = async () => (await deliveries(bench, id)).map(textsOf);
  await until(bench, look, (all) => all.length > 0, 5 * bench.patience.arrival);
  await until(bench, look, isEnough);
  await watchSilence(bench); // in case more arrives
  return look();
}
