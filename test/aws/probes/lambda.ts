import {
  GetAliasCommand,
  GetFunctionConfigurationCommand,
  InvokeCommand,
  PublishVersionCommand,
  UpdateAliasCommand,
  UpdateFunctionConfigurationCommand,
} from '@aws-sdk/client-lambda';
import { z } from 'zod';
import { type Bench, type Documentation, type Json, type Probe, ref } from '../probe.ts';
import { refusal, until } from '../wait.ts';
import { witness } from '../witness.ts';

/** Sequential: a new account allows ten concurrent invocations, and throttling would distort the result. */
const LANE = 'lambda';

const VERSIONS: Documentation = {
  title: 'Manage Lambda function versions',
  url: 'https://docs.aws.amazon.com/lambda/latest/dg/configuration-versions.html',
};

const json: z.ZodType<Json> = z.json();

async function call({ lambda, idOf }: Bench, id: string, qualifier?: string): Promise<{ answer: Json; error: string }> {
  const { Payload, FunctionError = 'none' } = await lambda.send(
    new InvokeCommand({ FunctionName: idOf(id), Qualifier: qualifier, Payload: '{}' }),
  );
  return { answer: json.parse(JSON.parse(Payload?.transformToString() || 'null')), error: FunctionError };
}

/** Changes a variable and waits for the update to finish. */
async function setVariable(bench: Bench, id: string, value: string): Promise<void> {
  const FunctionName = bench.idOf(id);
  const Environment = { Variables: { SAYS: value } };
  await bench.lambda.send(new UpdateFunctionConfigurationCommand({ FunctionName, Environment }));
  const status = async () =>
    (await bench.lambda.send(new GetFunctionConfigurationCommand({ FunctionName }))).LastUpdateStatus;
  await until(bench, status, (seen) => seen === undefined || seen === 'Successful');
}

const says = (text: string) => ({
  properties: { Environment: { Variables: { SAYS: text } } },
  body: 'return process.env.SAYS;',
});

export const alias: Probe = {
  id: 'lambda-alias',
  behavior:
    'An alias keeps invoking its version while the function changes, can be moved forward and back, and cannot be moved with a stale RevisionId (412).',
  docs: {
    title: 'Create an alias for a Lambda function',
    url: 'https://docs.aws.amazon.com/lambda/latest/dg/configuration-aliases.html',
  },
  reliedOnBy: ['test/unit/operations/rollout.test.ts', 'src/adapters/lambda.ts', 'lib/constructs/tripcast-function.ts'],
  expected: { pinned: 'one', latest: 'two', moved: 'two', stale: '412 PreconditionFailedException', back: 'one' },
  resources: (site) => ({
    ...witness(site, 'Aliased', says('one')),
    AliasedVersion: { Type: 'AWS::Lambda::Version', Properties: { FunctionName: ref('Aliased') } },
    AliasedLive: {
      Type: 'AWS::Lambda::Alias',
      Properties: {
        Name: 'live',
        FunctionName: ref('Aliased'),
        FunctionVersion: { 'Fn::GetAtt': ['AliasedVersion', 'Version'] },
      },
    },
  }),
  lane: LANE,
  look: {
    async seen(bench) {
      const which = { FunctionName: bench.idOf('Aliased'), Name: 'live' };
      await setVariable(bench, 'Aliased', 'two');
      const { answer: pinned } = await call(bench, 'Aliased', 'live');
      const { answer: latest } = await call(bench, 'Aliased');
      const { Version = '' } = await bench.lambda.send(new PublishVersionCommand({ FunctionName: which.FunctionName }));
      const { RevisionId, FunctionVersion } = await bench.lambda.send(new GetAliasCommand(which));
      const move = (version: string | undefined, RevisionId?: string) =>
        bench.lambda.send(new UpdateAliasCommand({ ...which, FunctionVersion: version, RevisionId }));
      await move(Version, RevisionId);
      const { answer: moved } = await call(bench, 'Aliased', 'live');
      const stale = await refusal(move(FunctionVersion, RevisionId));
      await move(FunctionVersion);
      return { pinned, latest, moved, stale, back: (await call(bench, 'Aliased', 'live')).answer };
    },
  },
};

export const publishUnchanged: Probe = {
  id: 'lambda-publish-unchanged',
  behavior: 'Publishing an unchanged function returns the existing version instead of creating one.',
  docs: VERSIONS,
  reliedOnBy: ['test/infra/rollout.test.ts', 'lib/constructs/tripcast-function.ts'],
  expected: { again: 'the same', changed: 'another' },
  resources: (site) => witness(site, 'Published', says('one')),
  lane: LANE,
  look: {
    async seen(bench) {
      const publish = () => bench.lambda.send(new PublishVersionCommand({ FunctionName: bench.idOf('Published') }));
      const { Version: first } = await publish();
      const { Version: again } = await publish();
      await setVariable(bench, 'Published', 'two');
      const { Version: changed } = await publish();
      return { again: again === first ? 'the same' : 'another', changed: changed === first ? 'the same' : 'another' };
    },
  },
};

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
