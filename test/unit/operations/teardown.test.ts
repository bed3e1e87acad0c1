import { expect, test } from 'vitest';
import { countByType, planTeardown, type StackResource } from '../../../src/operations/teardown.ts';

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
  expect(planTeardown([models, scratch, role])).toEqual({
    goes: [scratch, role],
    stays: [models],
    toEmpty: ['scratch'],
  });
});

test('the versions that a function keeps go with the function', () => {
  expect(planTeardown([version])).toEqual({ goes: [], stays: [], toEmpty: [] });
});

test('resources are counted by type, the commonest first', () => {
  expect(countByType([role, scratch, models])).toEqual(['2 S3::Bucket', '1 IAM::Role']);
});
