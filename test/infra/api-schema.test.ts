import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { CHECKS_PYTHON } from '#setup/paths.mjs';
import { anApiWithRecords, listening } from '../support/an-api.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const run = promisify(execFile);

/** A ride of a batch that breaks a rule is refused by itself, in an answer with status 200. */
const CONFIG = `
checks.positive_data_acceptance.enabled = false # an ISO time is not a JSON Schema, so some strings are refused
checks.ignored_auth.enabled = false
[[operations]]
include-path = "/predict/batch"
checks.negative_data_rejection.enabled = false
`;

test('schemathesis finds nothing in the API that openapi.json does not describe', async () => {
  const { app, complaints } = await anApiWithRecords();
  const url = await listening(app);
  const folder = temporaryFolder();
  const config = join(folder, 'schemathesis.toml');
  writeFileSync(config, CONFIG);
  const what = [`${url}/openapi.json`, '--url', url];
  const bounds = ['--max-examples', '60', '--max-time', '60', '--phases', 'examples,coverage,fuzzing'];
  const { stdout } = await run(
    CHECKS_PYTHON,
    ['-I', '-m', 'schemathesis.cli', '--config-file', config, 'run', ...what, ...bounds, '--generation-deterministic'],
    { cwd: folder, env: { PATH: process.env.PATH, NO_COLOR: '1' }, timeout: 110_000 },
  ).catch((error: { readonly stdout: string; readonly stderr: string }) => error);
  expect(stdout).not.toMatch(/FAILURES|ERRORS/);
  expect(stdout).toMatch(/Tested: 7/);
  expect(Number(/(\d+) generated/.exec(stdout)?.[1])).toBeGreaterThan(100);
  expect(complaints).toEqual([]);
});
