import { CloudFormationClient, ListStacksCommand } from '@aws-sdk/client-cloudformation';
import { beforeAll, expect, inject, test } from 'vitest';
import { devEnvironmentVariables, useVariables } from '#local/environment.ts';
import { answerOf, tripcast } from './tripcast.ts';

const endpointUrl = inject('localstackUrl');
beforeAll(() => useVariables(devEnvironmentVariables(endpointUrl)));

async function stacks(): Promise<readonly string[]> {
  const { StackSummaries = [] } = await new CloudFormationClient({}).send(new ListStacksCommand({}));
  return StackSummaries.filter(({ StackStatus }) => StackStatus !== 'DELETE_COMPLETE').map(
    ({ StackName = '' }) => StackName,
  );
}

test('destroy deletes the stack, with all that its buckets hold', async () => {
  expect(await answerOf('destroy --yes')).toMatchObject({ outcome: 'deleted', stays: [] });
  expect(await stacks()).toEqual([]);
});

test('up deploys it again, empty', async () => {
  expect(await answerOf('up --emulator localstack')).toMatchObject({ endpointUrl, deployed: true });
  expect(await answerOf('models list')).toEqual({ runs: [] });
});

test('down leaves LocalStack running, and commands no longer go there', async () => {
  expect((await tripcast('down')).out).toBe(
    `LocalStack at ${endpointUrl} keeps running; commands no longer go there.\n`,
  );
  expect(await tripcast('models list')).toMatchObject({
    code: 1,
    err: expect.stringContaining('The local environment is not up'),
  });
  expect(await stacks()).toEqual(['tripcast-dev']);
});
