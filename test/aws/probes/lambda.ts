import { z } from 'zod';
import type { Json, Probe } from '../probe.ts';
import { refusal } from '../wait.ts';
import { witness } from '../witness.ts';
import { call, LANE } from './a-function.ts';

const json: z.ZodType<Json> = z.json();

const failureSchema = z.looseObject({
  errorType: z.string(),
  errorMessage: z.string(),
  trace: z.array(z.string()).optional(),
});

export const functionError: Probe = {
  id: 'lambda-function-error',
  behavior:
    'Invoking a function that throws returns FunctionError and a payload with errorType (the error’s name), errorMessage and trace.',
  docs: {
    title: 'Invoke (AWS Lambda API Reference), FunctionError',
    url: 'https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html',
  },
  reliedOnBy: ['test/integration/batch-faults.test.ts', 'src/adapters/lambda.ts'],
  expected: { error: 'Unhandled', type: 'TripcastError', message: 'no champion', trace: true },
  resources: (site) =>
    witness(site, 'Failing', { body: "throw Object.assign(new Error('no champion'), { name: 'TripcastError' });" }),
  lane: LANE,
  look: {
    async seen(bench) {
      const { answer, error } = await call(bench, 'Failing');
      const { errorType, errorMessage, trace } = failureSchema.parse(answer);
      return { error, type: errorType, message: errorMessage, trace: trace !== undefined };
    },
  },
};

export const timeout: Probe = {
  id: 'lambda-timeout',
  behavior: 'A function that times out is stopped, and the caller gets FunctionError with a message that says so.',
  docs: {
    title: 'Configure Lambda function timeout',
    url: 'https://docs.aws.amazon.com/lambda/latest/dg/configuration-timeout.html',
  },
  reliedOnBy: ['test/integration/batch-faults.test.ts', 'test/support/poller.ts'],
  expected: { failed: true, says: 'Task timed out after 1.00 seconds' },
  resources: (site) =>
    witness(site, 'Endless', {
      body: 'await new Promise((done) => setTimeout(done, 8000));',
      properties: { Timeout: 1 },
    }),
  lane: LANE,
  look: {
    async seen(bench) {
      const { answer, error } = await call(bench, 'Endless');
      const { errorMessage } = z.looseObject({ errorMessage: z.string() }).parse(answer);
      return {
        failed: error !== 'none',
        says: /Task timed out after \d+\.\d\d seconds/.exec(errorMessage)?.[0] ?? errorMessage,
      };
    },
  },
};

export const noConcurrency: Probe = {
  id: 'lambda-reserved-concurrency',
  behavior: 'Invoking a function whose reserved concurrency is 0 fails with 429.',
  docs: {
    title: 'Configuring reserved concurrency for a function',
    url: 'https://docs.aws.amazon.com/lambda/latest/dg/configuration-concurrency.html',
  },
  reliedOnBy: ['test/infra/functions.test.ts', 'lib/constructs/tripcast-function.ts'],
  expected: '429 TooManyRequestsException',
  resources: (site) => witness(site, 'Held', { properties: { ReservedConcurrentExecutions: 0 } }),
  lane: LANE,
  look: { seen: (bench) => refusal(call(bench, 'Held')) },
};

export const environment: Probe = {
  id: 'lambda-environment',
  behavior:
    'A function sees its own variables and those of the runtime (region, name, memory, handler), and runs in UTC.',
  docs: {
    title: 'Working with Lambda environment variables (Defined runtime environment variables)',
    url: 'https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html',
  },
  reliedOnBy: ['test/integration/whole-system.test.ts', 'src/adapters/function-env.ts'],
  expected: { own: 'mine', region: true, name: true, memory: '128', handler: 'index.handler', utcOffset: 0 },
  resources: (site) =>
    witness(site, 'Environment', {
      properties: { Environment: { Variables: { OWN: 'mine' } } },
      body: `
  const { OWN, AWS_REGION, AWS_LAMBDA_FUNCTION_NAME, AWS_LAMBDA_FUNCTION_MEMORY_SIZE, _HANDLER } = process.env;
  const names = { own: OWN, region: AWS_REGION, name: AWS_LAMBDA_FUNCTION_NAME, memory: AWS_LAMBDA_FUNCTION_MEMORY_SIZE, handler: _HANDLER ?? null };
  return { ...names, utcOffset: new Date(2023, 6, 1).getTimezoneOffset() };`,
    }),
  lane: LANE,
  look: {
    async seen(bench) {
      const { answer } = await call(bench, 'Environment');
      const found = z.record(z.string(), json).parse(answer);
      const region = found.region === (await bench.lambda.config.region());
      return { ...found, region, name: found.name === bench.idOf('Environment') };
    },
  },
};

export const readOnlyRoot: Probe = {
  id: 'lambda-read-only-root',
  behavior: 'A function can write to /tmp but not to the folder with its code.',
  docs: {
    title: 'Create a Lambda function using a container image (Requirements for container images)',
    url: 'https://docs.aws.amazon.com/lambda/latest/dg/images-create.html#images-reqs',
  },
  reliedOnBy: ['test/image/scoring.test.ts', 'src/adapters/work-folder.ts'],
  expected: { code: 'EROFS', tmp: 'written' },
  resources: (site) =>
    witness(site, 'Writer', {
      body: `
  const { writeFileSync, mkdtempSync } = require('node:fs');
  const { join } = require('node:path');
  const write = (folder) => { try { writeFileSync(join(folder, 'probe'), 'x'); return 'written'; } catch ({ code }) { return code; } };
  return { code: write(__dirname), tmp: write(mkdtempSync(join(require('node:os').tmpdir(), 'probe-'))) };`,
    }),
  lane: LANE,
  look: { seen: async (bench) => (await call(bench, 'Writer')).answer },
};

export const inactive: Probe = {
  id: 'lambda-image-inactive',
  behavior:
    'An image function that is idle for weeks becomes Inactive; invocations fail while it is being restored (Pending), with CodeArtifactUserPendingException or ResourceConflictException.',
  docs: {
    title: 'Lambda function states',
    url: 'https://docs.aws.amazon.com/lambda/latest/dg/functions-states.html',
  },
  reliedOnBy: ['test/infra/workflows.test.ts', 'stepfunctions/monthly-batch.asl.json', 'src/operations/rollout.ts'],
  expected: 'fails, then passes',
  look: { unseen: 'it takes weeks without an invocation' },
};
