import { DescribeExecutionCommand } from '@aws-sdk/client-sfn';
import { z } from 'zod';
import type { Documentation, Probe, Site } from '../probe.ts';
import { heard, witness } from '../witness.ts';
import { invoke, machine, outputOf, run } from './a-machine.ts';

/** Sequential: a new account allows ten concurrent invocations, and throttling would distort the result. */
const LANE = 'states-errors';

const ERRORS: Documentation = {
  title: 'Handling errors in Step Functions workflows',
  url: 'https://docs.aws.amazon.com/step-functions/latest/dg/concepts-error-handling.html',
};
const LAMBDA: Documentation = {
  title: 'Best practices for Step Functions (Handle transient Lambda service exceptions)',
  url: 'https://docs.aws.amazon.com/step-functions/latest/dg/sfn-best-practices.html',
};

const THROW_NAMED = `
  const error = new Error(event.message);
  error.name = 'TripcastError';
  throw error;`;

const caught = { Type: 'Pass', Output: '{% $states.input %}', End: true };
const catchAll = [{ ErrorEquals: ['States.ALL'], Output: '{% $states.errorOutput %}', Next: 'Caught' }];

const causeSchema = z.object({ Error: z.string(), Cause: z.string() });
const lambdaCause = z.looseObject({ errorType: z.string(), errorMessage: z.string() });

export const errorName: Probe = {
  id: 'states-error-name',
  behavior:
    'A function’s error reaches Catch under its own name, and the cause is JSON with errorType, errorMessage and trace.',
  docs: ERRORS,
  reliedOnBy: ['test/integration/batch-faults.test.ts', 'stepfunctions/training.asl.json'],
  expected: { name: 'TripcastError', type: 'TripcastError', message: 'no champion' },
  resources: (site) => ({
    ...witness(site, 'Thrower', { body: THROW_NAMED }),
    ...machine(site, 'ErrorName', 'Call', {
      Call: invoke(site, 'Thrower', { Catch: catchAll, End: true }),
      Caught: caught,
    }),
  }),
  lane: LANE,
  look: {
    async seen(bench) {
      const { Error: name, Cause } = causeSchema.parse(await outputOf(bench, 'ErrorName', { message: 'no champion' }));
      const { errorType, errorMessage } = lambdaCause.parse(JSON.parse(Cause));
      return { name, type: errorType, message: errorMessage };
    },
  },
};

/** With the shortest interval that Step Functions accepts. */
const retryAll = (MaxAttempts: number) => ({
  ErrorEquals: ['States.ALL'],
  IntervalSeconds: 1,
  BackoffRate: 1,
  MaxAttempts,
});

const retrying = (site: Site, functionId: string, machineId: string, Retry: readonly object[]) => ({
  ...witness(site, functionId, { body: THROW_NAMED }),
  ...machine(site, machineId, 'Call', {
    Call: invoke(site, functionId, { Retry, Catch: catchAll, End: true }),
    Caught: caught,
  }),
});

export const retryNamed: Probe = {
  id: 'states-retry-by-name',
  behavior:
    'A Retry that names the error takes precedence over a later States.ALL: with MaxAttempts 0, a TripcastError is not retried.',
  docs: ERRORS,
  reliedOnBy: ['test/infra/workflows.test.ts', 'stepfunctions/monthly-batch.asl.json'],
  expected: { calls: 1 },
  resources: (site) =>
    retrying(site, 'NotAgain', 'RetryNamed', [{ ErrorEquals: ['TripcastError'], MaxAttempts: 0 }, retryAll(2)]),
  lane: LANE,
  look: {
    async seen(bench) {
      await run(bench, 'RetryNamed', { message: 'not again' });
      return { calls: (await heard(bench, 'NotAgain')).length };
    },
  },
};

export const retryAny: Probe = {
  id: 'states-retry-all',
  behavior: 'A Retry on States.ALL with MaxAttempts 2 invokes a failing function three times; then Catch applies.',
  docs: ERRORS,
  reliedOnBy: ['test/integration/batch-faults.test.ts', 'stepfunctions/monthly-batch.asl.json'],
  expected: { calls: 3, caught: true },
  resources: (site) => retrying(site, 'Again', 'RetryAll', [retryAll(2)]),
  lane: LANE,
  look: {
    async seen(bench) {
      const output = await outputOf(bench, 'RetryAll', { message: 'again' });
      return { calls: (await heard(bench, 'Again')).length, caught: causeSchema.safeParse(output).success };
    },
  },
};

export const throttled: Probe = {
  id: 'states-throttled-function',
  behavior: 'A throttled function fails its state with Lambda.TooManyRequestsException.',
  docs: LAMBDA,
  reliedOnBy: ['test/infra/workflows.test.ts', 'stepfunctions/monthly-batch.asl.json'],
  expected: 'Lambda.TooManyRequestsException',
  resources: (site) => ({
    ...witness(site, 'Blocked', { properties: { ReservedConcurrentExecutions: 0 } }),
    ...machine(site, 'Throttled', 'Call', {
      Call: invoke(site, 'Blocked', { Catch: catchAll, End: true }),
      Caught: caught,
    }),
  }),
  lane: LANE,
  look: {
    async seen(bench) {
      const output = causeSchema.safeParse(await outputOf(bench, 'Throttled', {}));
      return output.success ? output.data.Error : 'no error';
    },
  },
};

export const timedOut: Probe = {
  id: 'states-timed-out-function',
  behavior: 'A function that times out fails its state; States.ALL catches it, and the cause mentions the timeout.',
  docs: ERRORS,
  reliedOnBy: ['test/integration/batch-faults.test.ts', 'stepfunctions/monthly-batch.asl.json'],
  expected: { caught: true, namesIt: true },
  resources: (site) => ({
    ...witness(site, 'Slow', {
      body: 'await new Promise((done) => setTimeout(done, 5000));',
      properties: { Timeout: 1 },
    }),
    ...machine(site, 'TimedOut', 'Call', {
      Call: invoke(site, 'Slow', { Catch: catchAll, End: true }),
      Caught: caught,
    }),
  }),
  lane: LANE,
  look: {
    async seen(bench) {
      const output = causeSchema.safeParse(await outputOf(bench, 'TimedOut', {}));
      return { caught: output.success, namesIt: output.success && /timed out/i.test(output.data.Cause) };
    },
  },
};

export const wait: Probe = {
  id: 'states-wait',
  behavior: 'The seconds of a Wait state can be an expression, and the execution waits that long.',
  docs: {
    title: 'Wait workflow state',
    url: 'https://docs.aws.amazon.com/step-functions/latest/dg/state-wait.html',
  },
  reliedOnBy: ['test/integration/monthly.test.ts', 'stepfunctions/monthly-batch.asl.json'],
  expected: { lasted: 'at least 2 s', status: 'SUCCEEDED' },
  resources: (site) =>
    machine(site, 'Waiting', 'Wait', { Wait: { Type: 'Wait', Seconds: '{% $states.input.n * 2 %}', End: true } }),
  lane: LANE,
  look: {
    async seen(bench) {
      const { arn } = await run(bench, 'Waiting', { n: 1 });
      const {
        startDate,
        stopDate,
        status = '',
      } = await bench.sfn.send(new DescribeExecutionCommand({ executionArn: arn }));
      const lasted = (stopDate?.getTime() ?? 0) - (startDate?.getTime() ?? 0);
      return { lasted: lasted >= 1_900 ? 'at least 2 s' : 'less than 2 s', status };
    },
  },
};
