import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { z } from 'zod';
import { loadConfig } from '#lib/config/load.ts';
import { resourceName } from '#lib/config/names.ts';
import { CHECKS_PYTHON } from '#setup/paths.mjs';
import { endpointUrl } from './endpoint-url.ts';

const run = promisify(execFile);

/** The AWS command line: no SDK client of SNS or SQS is among the dependencies. */
async function aws(...args: readonly string[]): Promise<unknown> {
  const there = ['--endpoint-url', endpointUrl(), '--output', 'json'];
  const { stdout } = await run(CHECKS_PYTHON, ['-m', 'awscli', ...args, ...there]);
  return JSON.parse(stdout || 'null');
}

const receivedSchema = z.object({ Messages: z.array(z.object({ Body: z.string(), ReceiptHandle: z.string() })) });

export interface Subscriber {
  /** What `read` makes of the next message for which that is not undefined; others before it are discarded. */
  told<T>(read: (body: string) => T | undefined): Promise<T>;
  /** All messages that have arrived, until there are none for a second. */
  rest(): Promise<readonly string[]>;
}

/** A queue that gets dev's notices. */
export async function aSubscriber(name: string): Promise<Subscriber> {
  const { region, account } = loadConfig('dev');
  const topic = `arn:aws:sns:${region}:${account}:${resourceName('dev', 'notices')}`;
  const queue = `arn:aws:sqs:${region}:${account}:${name}`;
  const fromTopic = {
    Effect: 'Allow',
    Principal: { Service: 'sns.amazonaws.com' },
    Action: 'sqs:SendMessage',
    Resource: queue,
    Condition: { ArnEquals: { 'aws:SourceArn': topic } },
  };
  const attributes = JSON.stringify({ Policy: JSON.stringify({ Version: '2012-10-17', Statement: [fromTopic] }) });
  const made = await aws('sqs', 'create-queue', '--queue-name', name, '--attributes', attributes);
  const { QueueUrl } = z.object({ QueueUrl: z.string() }).parse(made);
  const to = ['--topic-arn', topic, '--protocol', 'sqs', '--notification-endpoint', queue];
  await aws('sns', 'subscribe', ...to, '--attributes', 'RawMessageDelivery=true');

  /** One message at a time: a batch's others would be lost with the first that is read. */
  async function next(seconds: number): Promise<string | undefined> {
    const receive = ['sqs', 'receive-message', '--queue-url', QueueUrl, '--wait-time-seconds', String(seconds)];
    const { Messages } = receivedSchema.parse((await aws(...receive)) ?? { Messages: [] });
    for (const { Body, ReceiptHandle } of Messages) {
      await aws('sqs', 'delete-message', '--queue-url', QueueUrl, '--receipt-handle', ReceiptHandle);
      return Body;
    }
    return undefined;
  }
  return {
    async told(read) {
      for (let empty = 0; empty < 5; ) {
        const body = await next(5);
        const message = body === undefined ? undefined : read(body);
        if (message !== undefined) return message;
        if (body === undefined) empty += 1;
      }
      throw new Error('Nobody was told.');
    },
    async rest() {
      const bodies: string[] = [];
      for (let body = await next(1); body !== undefined; body = await next(1)) bodies.push(body);
      return bodies;
    },
  };
}
