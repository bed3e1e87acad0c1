import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { LambdaClient } from '@aws-sdk/client-lambda';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import { describe, expect, onTestFinished, test } from 'vitest';
import { invokeFunction, lambdaAlias } from '#adapters/lambda.ts';
import { TripcastError } from '#errors.ts';
import { moveBack } from '#operations/rollout.ts';
import { ManualClock } from '../../support/manual-clock.ts';

interface Answer {
  readonly status?: number;
  /** The error of Lambda itself. */
  readonly error?: string;
  /** Whether the function threw: the body is its error. */
  readonly threw?: boolean;
  readonly body: unknown;
}

/** Lambda on the wire (REST-JSON), answering as a test says. */
async function aLambda(answer: (operation: string) => Answer) {
  const calls: string[] = [];
  const server = createServer(async (request, response) => {
    request.resume();
    const operation = `${request.method} ${decodeURIComponent(String(request.url)).replace(/^\/2015-03-31\/functions\//, '')}`;
    calls.push(operation);
    const { status = 200, error, threw = false, body } = answer(operation);
    const type = {
      ...(error && { 'x-amzn-errortype': error }),
      ...(threw && { 'x-amz-function-error': 'Unhandled' }),
    };
    response.writeHead(status, { 'content-type': 'application/json', ...type }).end(JSON.stringify(body));
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  const { port } = server.address() as AddressInfo; // it listens on TCP
  const client = new LambdaClient({
    endpoint: `http://127.0.0.1:${port}`,
    region: 'us-east-1',
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
    requestHandler: new NodeHttpHandler(),
  });
  onTestFinished(async () => {
    client.destroy();
    server.close();
  });
  const clock = new ManualClock();
  return { calls, clock, to: { client, clock } };
}

/** As an Invoke of an image function that is inactive was answered (boto3's issue 3788). */
const ASLEEP: Answer = {
  status: 409,
  error: 'CodeArtifactUserPendingException',
  body: { Message: 'Lambda is initializing your function. It will be ready to invoke shortly.' },
};
const GOLDEN: Answer = { body: { run_id: '0123456789abcdef0123456789abcdef', checked: 32, max_difference: 0 } };

/** Asleep until so many seconds have passed on the clock. */
const awakeAfter = (seconds: number, clock: () => ManualClock, start = clock().now()) =>
  (clock().now() - start) / 1000 < seconds ? ASLEEP : GOLDEN;

test('an invoke of a function that throws ends with its words, as a sentence with one period', async () => {
  const body = { errorType: 'TripcastError', errorMessage: '"2023-13" is not a month. Write it as YYYY-MM.' };
  const lambda = await aLambda(() => ({ threw: true, body }));
  await expect(invokeFunction('tripcast-dev-plan', {}, lambda.to)).rejects.toThrow(
    'tripcast-dev-plan failed: "2023-13" is not a month. Write it as YYYY-MM. See `tripcast logs tripcast-dev-plan`.',
  );
});

describe('an invoke of a function that is inactive', () => {
  test.each([40, 106])('answers once the function is awake, after %i seconds', async (seconds) => {
    const start = new ManualClock().now();
    const lambda = await aLambda(() => awakeAfter(seconds, () => lambda.clock, start));
    expect(await invokeFunction('tripcast-prod-score', {}, lambda.to)).toEqual(GOLDEN.body);
    expect((lambda.clock.now() - start) / 1000).toBeLessThan(seconds + 20);
    expect(lambda.calls.length).toBeLessThan(15);
  });

  test('fails and names the function and the wait when it does not wake up', async () => {
    const lambda = await aLambda(() => ASLEEP);
    const start = lambda.clock.now();
    const error = await invokeFunction('tripcast-prod-score', {}, lambda.to).catch((each: unknown) => each);
    expect(error).toBeInstanceOf(TripcastError);
    expect(String(error)).toMatch(/tripcast-prod-score was not ready to be called after 150 seconds.*initializing/);
    expect((lambda.clock.now() - start) / 1000).toBe(150);
  });

  test.each(['ResourceConflictException', 'ResourceNotReadyException'])('waits for %s too', async (error) => {
    const lambda = await aLambda(() =>
      lambda.calls.length === 1 ? { status: 409, error, body: { Message: 'state: Pending' } } : GOLDEN,
    );
    expect(await invokeFunction('tripcast-prod-score', {}, lambda.to)).toEqual(GOLDEN.body);
    expect(lambda.clock.sleeps).toHaveLength(1);
  });

  test.each(['CodeArtifactUserFailedException', 'InvalidParameterValueException'])(
    'does not wait for %s, which no time repairs',
    async (error) => {
      const lambda = await aLambda(() => ({ status: 409, error, body: { Message: 'no' } }));
      await expect(invokeFunction('tripcast-prod-score', {}, lambda.to)).rejects.toMatchObject({ name: error });
      expect([lambda.calls.length, lambda.clock.sleeps]).toEqual([1, []]);
    },
  );
});

test('a rollback wakes the previous version, which nobody has called for weeks, and goes back to it', async () => {
  const start = new ManualClock().now();
  const lambda = await aLambda((operation) => {
    if (operation.startsWith('GET tripcast-prod-predict/aliases/live')) {
      return { body: { FunctionVersion: '7', RevisionId: 'seen' } };
    }
    if (operation.startsWith('GET tripcast-prod-predict/versions')) {
      return { body: { Versions: ['$LATEST', '6', '7'].map((Version) => ({ Version, LastModified: '2026-11-21' })) } };
    }
    if (operation.startsWith('POST ')) return awakeAfter(106, () => lambda.clock, start);
    return { body: { FunctionVersion: '6' } };
  });
  const alias = lambdaAlias('tripcast-prod-predict', 'live', lambda.to);
  expect(await moveBack(alias, 'ana asked for it')).toMatchObject({ outcome: 'moved-back', live: 6, from: 7 });
  expect(lambda.calls.at(-1)).toBe('PUT tripcast-prod-predict/aliases/live');
  expect(lambda.calls.filter((call) => call.startsWith('POST'))).toContain('POST tripcast-prod-predict:6/invocations');
});
