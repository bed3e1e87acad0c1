import { expect, test } from 'vitest';
import { countByType, planTeardown, type StackResource } from '#operations/teardown.ts';

const aResource = (type: string, physicalId: string, isRetained = false): StackResource => ({
  logicalId: `Logical${physicalId}`,
  type: `AWS::${type}`,
  physicalId,
  isRetained,
});

const models = aResource('S3::Bucket', 'models', true);
const scratch = aResource('S3::Bucket', 'scratch');
const role = aResource('IAM::Role', 'role');
const version = aResource('Lambda::Version', 'predict:1', true);

test('what is retained stays, and is not emptied; the other buckets are', () => {
  expect(planTeardown([models, scratch, role])).toMatchObject({
    goes: [scratch, role],
    stays: [models],
    toEmpty: ['scratch'],
  });
});

test('the versions that a function keeps go with the function', () => {
  expect(planTeardown([version])).toMatchObject({ goes: [], stays: [], toEmpty: [] });
});

test('schedules that go are disabled and executions of state machines that go are stopped, before anything is deleted', () => {
  const schedule = aResource('Scheduler::Schedule', 'tripcast-dev-monthly-batch');
  const machine = aResource('StepFunctions::StateMachine', 'arn:monthly-batch');
  expect(planTeardown([role, schedule, machine])).toMatchObject({
    toDisable: ['tripcast-dev-monthly-batch'],
    toStop: ['arn:monthly-batch'],
  });
});

test('resources are counted by type, the commonest first', () => {
  expect(countByType([role, scratch, models])).toEqual(['2 S3::Bucket', '1 IAM::Role']);
});
