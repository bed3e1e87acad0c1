import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test, vi } from 'vitest';
import {
  devEnvironmentVariables,
  forgetDeployment,
  forgetEnvironment,
  type LocalEnvironment,
  readEnvironment,
  writeEnvironment,
} from '#local/environment.ts';
import { thisProcess } from '#setup/processes.mjs';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const anEnvironment = (changes: Partial<LocalEnvironment> = {}): LocalEnvironment => ({
  endpointUrl: 'http://127.0.0.1:4567',
  port: 4567,
  process: thisProcess(),
  startedAt: '2026-11-21T11:00:00.000Z',
  logFile: 'emulator-4567.log',
  home: 'emulator-4567',
  ...changes,
});

describe('the state file', () => {
  test('returns what was written, and leaves no draft behind', () => {
    const folder = temporaryFolder();
    const file = join(folder, 'environment.json');
    const deployed = { stack: 'tripcast-dev', at: '2026-11-21T11:01:00.000Z', sourcesHash: 'ab' };
    writeEnvironment(anEnvironment({ deployed }), file);
    expect(readEnvironment(file)).toEqual(anEnvironment({ deployed }));
    expect(readdirSync(folder)).toEqual(['environment.json']);
  });

  test('is left intact by a failed write', () => {
    const file = join(temporaryFolder(), 'environment.json');
    writeEnvironment(anEnvironment(), file);
    const before = readFileSync(file, 'utf8');
    const unwritable = { ...anEnvironment(), port: 1n };
    // @ts-expect-error a bigint is no JSON: the write fails on the way
    expect(() => writeEnvironment(unwritable, file)).toThrow();
    expect(readFileSync(file, 'utf8')).toBe(before);
  });

  test('of a process that is gone, or whose pid now belongs to another one, means that nothing is up', () => {
    const file = join(temporaryFolder(), 'environment.json');
    writeEnvironment(anEnvironment({ process: { pid: process.pid, start: 'long ago' } }), file);
    expect(readEnvironment(file)).toBeUndefined();
  });

  test('no longer mentions a deployment whose stack was deleted', () => {
    const file = join(temporaryFolder(), 'environment.json');
    const deployed = { stack: 'tripcast-dev', at: '2026-11-21T11:01:00.000Z', sourcesHash: 'ab' };
    writeEnvironment(anEnvironment({ deployed }), file);
    forgetDeployment(file);
    expect(readEnvironment(file)).toEqual(anEnvironment());
  });

  test('that is missing, deleted or of another shape means that nothing is up', () => {
    const file = join(temporaryFolder(), 'environment.json');
    expect(readEnvironment(file)).toBeUndefined();
    writeEnvironment(anEnvironment(), file);
    forgetEnvironment(file);
    expect(readEnvironment(file)).toBeUndefined();
    writeFileSync(file, '{"endpointUrl":"http://127.0.0.1:4566","pid":1}');
    expect(readEnvironment(file)).toBeUndefined();
  });

  test.each(['', '{', '{"endpointUrl":', 'null', '[]', '\0\0\0\0'])(
    'that is damaged, %j, is discarded with a sentence, and nothing is up',
    (damaged) => {
      const file = join(temporaryFolder(), 'environment.json');
      writeFileSync(file, damaged);
      const said = vi.spyOn(console, 'error').mockReturnValue();
      expect(readEnvironment(file)).toBeUndefined();
      expect(readEnvironment(file)).toBeUndefined();
      expect(said.mock.calls).toEqual([[expect.stringMatching(/environment\.json was damaged .*tripcast down/)]]);
    },
  );
});

describe('the variables of a program that talks to the emulator', () => {
  test("name the emulator and remove the user's own account", () => {
    const variables = devEnvironmentVariables('http://127.0.0.1:4567', {
      PATH: '/usr/bin',
      AWS_PROFILE: 'work',
      AWS_SESSION_TOKEN: 'secret',
      AWS_ACCESS_KEY_ID: 'AKIA',
      AWS_ENDPOINT_URL_S3: 'https://minio.example',
      CDK_DEFAULT_ACCOUNT: '111111111111',
    });
    expect(variables).toMatchObject({
      AWS_ENDPOINT_URL: 'http://127.0.0.1:4567',
      AWS_ACCESS_KEY_ID: 'test',
      AWS_SECRET_ACCESS_KEY: 'test',
      AWS_REGION: 'us-east-1',
      AWS_EC2_METADATA_DISABLED: 'true',
      AWS_PROFILE: undefined,
      AWS_SESSION_TOKEN: undefined,
      AWS_ENDPOINT_URL_S3: undefined,
      CDK_DEFAULT_ACCOUNT: undefined,
    });
    expect(variables).not.toHaveProperty('PATH');
  });

  test('keep the emulator away from a proxy, once, however often they are applied', () => {
    const once = devEnvironmentVariables('http://127.0.0.1:4566', { NO_PROXY: '.corp.example' });
    expect(once.NO_PROXY).toBe('.corp.example,127.0.0.1,localhost');
    expect(devEnvironmentVariables('http://127.0.0.1:4566', once).NO_PROXY).toBe(once.NO_PROXY);
  });
});
