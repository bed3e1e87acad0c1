import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { main } from '../../aws/main.ts';

// There are no credentials, and no such region: a run that is not refused fails differently.
beforeEach(() => {
  const theirs = Object.keys(process.env).filter((name) => name.startsWith('AWS_'));
  for (const name of theirs) vi.stubEnv(name, undefined);
  vi.stubEnv('AWS_REGION', 'nowhere-1');
  vi.stubEnv('AWS_EC2_METADATA_DISABLED', 'true');
});

afterEach(() => {
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
});

/** The exit code, and everything that the command prints. */
async function testAws(...args: readonly string[]) {
  const said = vi.spyOn(console, 'error').mockImplementation(() => {});
  const printed = vi.spyOn(console, 'log').mockImplementation(() => {});
  const code = await main(args);
  expect(printed).not.toHaveBeenCalled();
  return { code, text: said.mock.calls.flat().join('\n') };
}

test('without consent, prints what a run would create and cost, and creates nothing', async () => {
  const { code, text } = await testAws();
  expect(code).toBe(2);
  expect(text).toMatch(/creates {2}one CloudFormation stack of 1\d\d resources/);
  expect(text).toMatch(/takes {4}10 to 15 minutes, 25 at most/);
  expect(text).toMatch(/costs {4}less than 1\.\d\d dollars/);
  expect(text).toContain('Nothing was created.');
});

test('estimates less for fewer rows', async () => {
  const { text } = await testAws('--only', 's3-');
  expect(text).toMatch(/one CloudFormation stack of \d resources/);
  expect(text).toMatch(/less than 0\.\d\d dollars/);
});

describe.each([['AWS_ENDPOINT_URL'], ['AWS_ENDPOINT_URL_S3']])('while %s points elsewhere', (name) => {
  test.each([[['--yes-this-costs-money']], [['--clean-up', 'tripcast-probe-00000000']]])('refuses %s', async (args) => {
    vi.stubEnv(name, 'http://127.0.0.1:1');
    const { code, text } = await testAws(...args);
    expect(code).toBe(2);
    expect(text).toContain(`${name} is http://127.0.0.1:1, so this would not be AWS`);
  });
});

test.each([
  ['a foreign prefix', ['--clean-up', 'tripcast-prod'], 'tripcast-prod is not the prefix of a run'],
  ['unknown rows', ['--yes-this-costs-money', '--only', 'dynamodb'], 'No row starts with dynamodb'],
])('refuses %s', async (_, args, reason) => {
  const { code, text } = await testAws(...args);
  expect(code).toBe(2);
  expect(text).toContain(reason);
});

test('refuses a misspelled consent', async () => {
  await expect(main(['--yes-this-cost-money'])).rejects.toThrow("Unknown option '--yes-this-cost-money'");
});
