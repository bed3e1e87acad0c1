import { CodeDeployClient } from '@aws-sdk/client-codedeploy';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import { expect, onTestFinished, test } from 'vitest';
import { reportHook, trafficShifts } from '#adapters/codedeploy.ts';
import { aCodeDeploy } from '../../support/a-codedeploy.ts';

async function aClient(...answer: Parameters<typeof aCodeDeploy>) {
  const { endpointUrl, calls, close } = await aCodeDeploy(...answer);
  const client = new CodeDeployClient({
    endpoint: endpointUrl,
    region: 'us-east-1',
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
    requestHandler: new NodeHttpHandler(),
  });
  onTestFinished(() => {
    client.destroy();
    close();
  });
  return { client, calls };
}

const named = (name: string) => Object.assign(new Error(`A ${name} of the test`), { name });

test('a hook answers by the two ids that it was called with', async () => {
  const { client, calls } = await aClient();
  await reportHook({ DeploymentId: 'd-1', LifecycleEventHookExecutionId: 'h-1' }, 'Failed', client);
  expect(calls).toEqual([
    [
      'PutLifecycleEventHookExecutionStatus',
      { deploymentId: 'd-1', lifecycleEventHookExecutionId: 'h-1', status: 'Failed' },
    ],
  ]);
});

test('every deployment of the group that has not ended is stopped, on every page, and rolls back', async () => {
  const { client, calls } = await aClient((operation, { nextToken }) => {
    if (operation === 'StopDeployment') return { status: 'Pending' };
    return nextToken === undefined ? { deployments: ['d-1'], nextToken: 'more' } : { deployments: ['d-2'] };
  });
  const shifts = trafficShifts('tripcast-prod', 'tripcast-prod-predict', client);
  expect(await shifts.stop()).toEqual(['d-1', 'd-2']);
  expect(calls[0]).toEqual([
    'ListDeployments',
    {
      applicationName: 'tripcast-prod',
      deploymentGroupName: 'tripcast-prod-predict',
      includeOnlyStatuses: ['Created', 'Queued', 'InProgress', 'Ready'],
    },
  ]);
  expect(calls.filter(([operation]) => operation === 'StopDeployment')).toEqual([
    ['StopDeployment', { deploymentId: 'd-1', autoRollbackEnabled: true }],
    ['StopDeployment', { deploymentId: 'd-2', autoRollbackEnabled: true }],
  ]);
});

test.each(['ApplicationDoesNotExistException', 'DeploymentGroupDoesNotExistException'])(
  '%s: where no canary was deployed yet there is none to stop',
  async (name) => {
    const { client } = await aClient(() => {
      throw named(name);
    });
    expect(await trafficShifts('tripcast-prod', 'tripcast-prod-predict', client).stop()).toEqual([]);
  },
);

test('one that ended in the meantime is not reported as stopped', async () => {
  const { client } = await aClient((operation) => {
    if (operation === 'StopDeployment') throw named('DeploymentAlreadyCompletedException');
    return { deployments: ['d-1'] };
  });
  expect(await trafficShifts('tripcast-prod', 'tripcast-prod-predict', client).stop()).toEqual([]);
});

test('a caller without permission gets the error', async () => {
  const { client } = await aClient(() => {
    throw named('AccessDeniedException');
  });
  const stopped = trafficShifts('tripcast-prod', 'tripcast-prod-predict', client).stop();
  await expect(stopped).rejects.toMatchObject({ name: 'AccessDeniedException' });
});
