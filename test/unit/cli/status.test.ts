import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, test, vi } from 'vitest';
import { describeMlflow } from '#cli/commands/status.ts';
import { runCommand } from '../../support/run-command.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import { serverOf } from '../../support/tlc-server.ts';

/** Apart from the addresses: a commit with one in an address is refused, as it should be. */
const PASSWORD = 's3cret';

afterEach(() => vi.unstubAllEnvs());

test('an MLflow server elsewhere is shown without its password', () => {
  vi.stubEnv('MLFLOW_TRACKING_URI', `https://ana:${PASSWORD}@mlflow.example.com`);
  expect(describeMlflow(undefined, undefined)).toBe('https://mlflow.example.com');
});

const xml = (name: string, parts: Readonly<Record<string, string>>) =>
  `<${name}>${Object.entries(parts)
    .map(([part, text]) => `<${part}>${text}</${part}>`)
    .join('')}</${name}>`;

const outputs = xml('Outputs', {
  member: '<OutputKey>ApiUrl</OutputKey><OutputValue>https://api.example.com</OutputValue>',
});
const stack = xml('DescribeStacksResponse', {
  DescribeStacksResult: xml('Stacks', {
    member: `<StackName>tripcast-prod</StackName><StackStatus>UPDATE_COMPLETE</StackStatus>${outputs}`,
  }),
});
const refusal = (Code: string, Message: string) =>
  xml('ErrorResponse', { Error: `<Type>Sender</Type><Code>${Code}</Code><Message>${Message}</Message>` });

test('an environment on AWS is its stack, not the local environment', async () => {
  let [code, answer] = [200, stack];
  const address = await serverOf((_, response) => response.writeHead(code, { 'content-type': 'text/xml' }).end(answer));
  // The SDK finds this CloudFormation as it finds AWS, without AWS_ENDPOINT_URL, which is refused for prod.
  const file = join(temporaryFolder(), 'aws-config');
  writeFileSync(file, `[default]\nendpoint_url = ${new URL(address).origin}\n`);
  const theirs = Object.keys(process.env).filter((name) => name.startsWith('AWS_'));
  const status = () =>
    runCommand(['status', '--env', 'prod', '--json'], {
      ...Object.fromEntries(theirs.map((name) => [name, undefined])),
      AWS_CONFIG_FILE: file,
      AWS_ACCESS_KEY_ID: 'test',
      AWS_SECRET_ACCESS_KEY: 'test',
    });

  const deployed = await status();
  expect(deployed.code).toBe(0);
  expect(JSON.parse(deployed.out)).toMatchObject({
    env: 'prod',
    region: 'eu-north-1',
    stack: { name: 'tripcast-prod', status: 'UPDATE_COMPLETE', outputs: { ApiUrl: 'https://api.example.com' } },
  });

  [code, answer] = [400, refusal('ValidationError', 'Stack with id tripcast-prod does not exist')];
  const absent = await status();
  expect(absent.code).toBe(0);
  expect(JSON.parse(absent.out)).toEqual({ env: 'prod', region: 'eu-north-1', stack: null });

  [code, answer] = [403, refusal('AccessDenied', 'User: ana is not authorized to perform: DescribeStacks')];
  const refused = await status();
  expect(refused).toMatchObject({ code: 1, out: '' });
  expect(refused.err).toMatch(/^tripcast: AWS answered AccessDenied: User: ana is not authorized .*AWS_PROFILE.*\n$/);
});
