import { join } from 'node:path';
import { expect, inject, test } from 'vitest';
import { devEnvironmentVariables } from '#local/environment.ts';
import { runCommand } from '#packaging/command.ts';
import { CLONE } from '#setup/paths.mjs';
import { installLocalStack } from './install.ts';
import { answerOf } from './tripcast.ts';

const RIDES = 25;

test('a Python process without our code sends rides through localstack-client, and reads each prediction back', async () => {
  const { python } = await installLocalStack(console.log);
  const env = devEnvironmentVariables(inject('localstackUrl'));
  const out = await runCommand(python, [join(CLONE, 'examples', 'producer.py'), String(RIDES)], { env, fix: '' });
  const records = out
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  expect(new Set(records.map(({ prediction }) => prediction.ride_id)).size).toBe(RIDES);
  const { runs } = (await answerOf('models list')) as { runs: readonly { run_id: string; champion: boolean }[] };
  const champion = runs.find((run) => run.champion)?.run_id;
  expect(new Set(records.map(({ version }) => version))).toEqual(new Set([champion]));
});
