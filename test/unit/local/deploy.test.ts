import { expect, test } from 'vitest';
import { OUTPUT_NAMES } from '#lib/config/names.ts';
import { completeOutputs, reasons } from '#local/deploy.ts';

// What `cdk deploy` 2.1148.1 printed against the emulator, shortened in the middle.

test('of a resource that could not be created, the resource and the message are shown', () => {
  const output = `
✨  Synthesis time: 3.97s

tripcast-dev: deploying... [1/1]
tripcast-dev: creating stack...
tripcast-dev |   1 | 11:33:24 AM | DELETE_COMPLETE         | AWS::CloudFront::Function  | K
tripcast-dev |   1 | 11:33:24 AM | CREATE_FAILED           | AWS::CloudFront::Function  | L AWS::CloudFront::Function: same already exists
tripcast-dev |   1 | 11:33:24 AM | ROLLBACK_COMPLETE       | AWS::CloudFormation::Stack | tripcast-dev Rollback complete

Failed resources:
tripcast-dev | 11:33:24 AM | CREATE_FAILED           | AWS::CloudFront::Function  | L AWS::CloudFront::Function: same already exists
❌  tripcast-dev failed to deploy
‣ DeploymentError: Resource updates failed:
tripcast-dev/L  (AWS::CloudFront::Function L)
  AWS::CloudFront::Function: same already exists
`;
  expect(reasons(output.split('\n'))).toEqual([
    '‣ DeploymentError: Resource updates failed:',
    'tripcast-dev/L  (AWS::CloudFront::Function L)',
    '  AWS::CloudFront::Function: same already exists',
  ]);
});

test('of an app that failed, its message is shown whole, without stack frames', () => {
  const output = `
Error: env/dev.json is not a valid configuration:
  region: "x" is not allowed
    at file:///clone/bin/app.ts:1:210
    at async loader (node:internal/modules/run_main:101:5)

Node.js v24.21.0
node bin/app.ts: Subprocess exited with error 1
`;
  expect(reasons(output.split('\n'))).toEqual([
    'Error: env/dev.json is not a valid configuration:',
    '  region: "x" is not allowed',
  ]);
});

test('of an asset that could not be uploaded, the failure is shown and the successes are not', () => {
  const output = `
✨  Synthesis time: 2.17s
tripcast-dev: start: Building tripcast-dev Template
tripcast-dev: success: Built tripcast-dev Template
tripcast-dev: start: Publishing tripcast-dev Template
tripcast-dev: fail: No bucket named 'cdk-hnb659fds-assets-000000000000-us-east-1'. Is account 000000000000 bootstrapped?
`;
  expect(reasons(output.split('\n'))).toEqual([
    "tripcast-dev: fail: No bucket named 'cdk-hnb659fds-assets-000000000000-us-east-1'. Is account 000000000000 bootstrapped?",
  ]);
});

test('of endless output only the end is shown', () => {
  expect(reasons(Array.from({ length: 200 }, (_, n) => `ERROR ${n}`))).toHaveLength(15);
});

test('a deploy without outputs is no success, whatever the CDK says', () => {
  const all = Object.fromEntries(OUTPUT_NAMES.map((name) => [name, `the ${name}`]));
  expect(completeOutputs(JSON.stringify({ 'tripcast-dev': all }), 'deploy.log')).toEqual(all);
  const { ApiUrl: _, TrainingArn: __, ...some } = all;
  expect(() => completeOutputs(JSON.stringify({ 'tripcast-dev': some }), 'deploy.log')).toThrow(
    'the stack tripcast-dev lacks its outputs TrainingArn, ApiUrl. The emulator rolled the deploy back, and its log says why. All that the CDK said is in deploy.log.',
  );
  expect(() => completeOutputs('{}', 'deploy.log')).toThrow(/lacks its outputs EventsStreamName, .*EventSourceId/);
});
