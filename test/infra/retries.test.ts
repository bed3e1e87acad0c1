import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { CLONE } from '#setup/paths.mjs';

const retrySchema = z.object({
  ErrorEquals: z.array(z.string()),
  IntervalSeconds: z.number().default(1),
  MaxAttempts: z.number().default(3),
  BackoffRate: z.number().default(2),
  MaxDelaySeconds: z.number().default(Number.POSITIVE_INFINITY),
  JitterStrategy: z.enum(['NONE', 'FULL']).default('NONE'),
});
type Retry = z.infer<typeof retrySchema>;

const stateSchema = z.object({
  Type: z.string(),
  Resource: z.string().optional(),
  Retry: z.array(retrySchema).default([]),
  get ItemProcessor() {
    return z.object({ States: z.record(z.string(), stateSchema) }).optional();
  },
});
const machineSchema = z.object({ States: z.record(z.string(), stateSchema) });
type State = z.infer<typeof stateSchema>;

/** What Lambda's Invoke answers while a function wakes up or Lambda is busy, under Step Functions' names. */
const PASSING = [
  'CodeArtifactUserPendingException',
  'ResourceNotReadyException',
  'ResourceConflictException',
  'TooManyRequestsException',
  'ServiceException',
  'AWSLambdaException',
  'SdkClientException',
].map((name) => `Lambda.${name}`);
/** The longest wake-up observed for an inactive image function. */
const WAKE_UP_SECONDS = 106;

const machines = readdirSync(join(CLONE, 'stepfunctions'));
const lambdaTasks = machines.flatMap((file) => {
  const text = readFileSync(join(CLONE, 'stepfunctions', file), 'utf8');
  const { States } = machineSchema.parse(JSON.parse(text));
  return tasksOf(States).map(([name, retries]) => [file, name, retries] as const);
});

function tasksOf(states: Readonly<Record<string, State>>): (readonly [string, readonly Retry[]])[] {
  return Object.entries(states).flatMap(([name, { Resource, Retry, ItemProcessor }]) => [
    ...(Resource === 'arn:aws:states:::lambda:invoke' ? [[name, Retry] as const] : []),
    ...(ItemProcessor === undefined ? [] : tasksOf(ItemProcessor.States)),
  ]);
}

function secondsOf({ IntervalSeconds, MaxAttempts, BackoffRate, MaxDelaySeconds }: Retry): number {
  const waits = Array.from({ length: MaxAttempts }, (_, i) =>
    Math.min(IntervalSeconds * BackoffRate ** i, MaxDelaySeconds),
  );
  return waits.reduce((sum, wait) => sum + wait, 0);
}

test('every state that calls a function is checked, including those in a Map', () => {
  expect(lambdaTasks.map(([file, name]) => `${file} ${name}`)).toEqual([
    ...['Plan', 'Ingest', 'Score', 'Monitor'].map((name) => `backfill.asl.json ${name}`),
    ...['Plan', 'Ingest', 'Score', 'Monitor'].map((name) => `monthly-batch.asl.json ${name}`),
    ...['Plan', 'Train', 'Gate', 'Register', 'Choose', 'Promote', 'Conclude'].map(
      (name) => `retraining.asl.json ${name}`,
    ),
    ...['Train', 'Gate', 'Register', 'Promote'].map((name) => `training.asl.json ${name}`),
  ]);
});

describe.each(lambdaTasks)('%s, %s', (_file, _name, retries) => {
  const [first] = retries;

  test('first waits for an inactive function', () => {
    expect(first?.ErrorEquals).toEqual(PASSING);
    // With full jitter a wait may be zero, and the sum guarantees nothing.
    expect(first?.JitterStrategy).toBe('NONE');
    expect(first === undefined ? 0 : secondsOf(first)).toBeGreaterThan(WAKE_UP_SECONDS);
  });

  test('does not wait for what only a redeploy can fix, and does not repeat what tripcast itself refuses', () => {
    expect(retries.flatMap(({ ErrorEquals }) => ErrorEquals)).not.toContain('Lambda.CodeArtifactUserFailedException');
    expect(retries).toContainEqual(expect.objectContaining({ ErrorEquals: ['TripcastError'], MaxAttempts: 0 }));
  });

  test('tries anything else a few times', () => {
    expect(retries.at(-1)).toMatchObject({ ErrorEquals: ['States.ALL'] });
  });
});
