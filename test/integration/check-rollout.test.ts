import {
  GetFunctionConfigurationCommand,
  LambdaClient,
  UpdateFunctionConfigurationCommand,
} from '@aws-sdk/client-lambda';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { invokeFunction, lambdaAlias } from '#adapters/lambda.ts';
import { connect } from '#cli/context.ts';
import { LIVE_ALIAS, LIVE_FUNCTIONS } from '#lib/config/functions.ts';
import { functionName } from '#lib/config/names.ts';
import { aGreenChampion } from '../support/a-champion.ts';
import { aCodeDeploy } from '../support/a-codedeploy.ts';

// The emulator has no CodeDeploy: a server of the test's own is told what CodeDeploy would be.

const HOOK = { DeploymentId: 'd-Z1Y2X3W4V', LifecycleEventHookExecutionId: 'eyJlbmNyeXB0ZWREYXRh' };
const FunctionName = functionName('dev', 'check-rollout');
const lambda = new LambdaClient({});
let codeDeploy: Awaited<ReturnType<typeof aCodeDeploy>>;
let variables: Record<string, string>;

beforeAll(async () => {
  await aGreenChampion(await connect('dev'));
  codeDeploy = await aCodeDeploy();
  const { Environment } = await lambda.send(new GetFunctionConfigurationCommand({ FunctionName }));
  variables = Environment?.Variables ?? {};
  await configure({});
});

afterAll(async () => {
  await lambda.send(new UpdateFunctionConfigurationCommand({ FunctionName, Environment: { Variables: variables } }));
  lambda.destroy();
  codeDeploy.close();
});

async function configure(changes: Readonly<Record<string, string>>): Promise<void> {
  const Variables = { ...variables, AWS_ENDPOINT_URL_CODEDEPLOY: codeDeploy.endpointUrl, ...changes };
  await lambda.send(new UpdateFunctionConfigurationCommand({ FunctionName, Environment: { Variables } }));
}

const statusOf = (status: string) => [
  'PutLifecycleEventHookExecutionStatus',
  {
    deploymentId: HOOK.DeploymentId,
    lifecycleEventHookExecutionId: HOOK.LifecycleEventHookExecutionId,
    status,
  },
];

test('the deployed check makes the live versions answer the golden rides, and says so', async () => {
  const live = await Promise.all(
    LIVE_FUNCTIONS.map(async (name) => (await lambdaAlias(functionName('dev', name), LIVE_ALIAS).read()).version),
  );
  expect(await invokeFunction(FunctionName, HOOK)).toEqual({
    status: 'Succeeded',
    reasons: LIVE_FUNCTIONS.map((name, i) =>
      expect.stringMatching(`^${functionName('dev', name)}, version ${live[i]}: answered \\d+ golden rides of run`),
    ),
  });
  expect(codeDeploy.calls).toEqual([statusOf('Succeeded')]);
});

test('a version that cannot be called gets no traffic', async () => {
  await configure({ LIVE_VERSIONS: JSON.stringify({ [functionName('dev', 'predict')]: '9999' }) });
  expect(await invokeFunction(FunctionName, HOOK)).toMatchObject({
    status: 'Failed',
    reasons: [expect.stringContaining('There is no function tripcast-dev-predict:9999')],
  });
  expect(codeDeploy.calls.at(-1)).toEqual(statusOf('Failed'));
});
