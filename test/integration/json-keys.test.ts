import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { devNull, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { CloudFormationClient, CreateStackCommand, waitUntilStackCreateComplete } from '@aws-sdk/client-cloudformation';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { z } from 'zod';
import { runBackfill } from '#cli/commands/backfill.ts';
import { replayMonth } from '#cli/commands/stream/replay.ts';
import { program } from '#cli/program.ts';
import { loadConfig } from '#lib/config/load.ts';
import { stackName } from '#lib/config/names.ts';
import { TEST_CREDENTIALS } from '#local/environment.ts';
import { CLONE } from '#setup/paths.mjs';
import { dataKeys } from '#storage/layout.ts';
import { newRunId, type RunId } from '#storage/run-id.ts';
import { parseMonth } from '#trips/month.ts';
import { aGreenChampion } from '../support/a-champion.ts';
import { aMlflow } from '../support/a-mlflow.ts';
import { registerRun, trainedRun } from '../support/deployed.ts';
import { differences } from '../support/documented-keys.ts';
import { endpointUrl } from '../support/endpoint-url.ts';
import { expectDocumentedJson, WITHOUT_ENVIRONMENT } from '../support/json-of.ts';
import { ingested, monthsOfTheirOwn } from '../support/months-of-their-own.ts';
import { commandNames } from '../support/run-command.ts';
import { silentTerminal } from '../support/silent-terminal.ts';
import { realMonth } from '../support/tlc-files.ts';

// Every command that needs an environment, once for each way to end that prints JSON. The others are in
// test/unit/cli/json-keys.test.ts. Promotions and rollbacks move the champion, so this file runs late (in-order.ts).

const TLC = dirname(realMonth('2023-04'));
const MONTHS = { scored: '2036-01', refused: '2036-02', missing: '2036-03' };
const own = await monthsOfTheirOwn('2023-04');
const { to, run } = own;
const folder = mkdtempSync(join(tmpdir(), 'tripcast té st-'));
let champion: RunId;
let unjudged: RunId;

afterAll(() => rmSync(folder, { recursive: true, force: true }));

beforeAll(async () => {
  champion = await aGreenChampion(to);
  unjudged = await registerRun(to);
  await to.registry.promote(run, 'test', new Date());
  const terminal = silentTerminal();
  const month = parseMonth(MONTHS.scored);
  await ingested(own, month);
  const options = { taxiType: 'green', from: month, to: month, maxConcurrency: 1, force: false, all: false } as const;
  await runBackfill(to, options, terminal);
  await to.data.put(dataKeys.raw('green', parseMonth(MONTHS.refused)), '<html>403 Forbidden</html>');
  await replayMonth(to, { taxiType: 'green', month, limit: 3 }, terminal);
  writeFileSync(
    join(folder, 'event.json'),
    JSON.stringify({ month: MONTHS.scored, scheduledTime: '2036-02-15T00:00:00Z' }),
  );
  writeFileSync(join(folder, 'labels.jsonl'), '{"ride_id":"json-keys","actual_duration":12.5}\nnot a label\n');
});

type Row = readonly [command: string, code: number, more: () => readonly string[]];

const month = (name: keyof typeof MONTHS) => ['--month', MONTHS[name]];
const range = (name: keyof typeof MONTHS) => ['--from', MONTHS[name], '--to', MONTHS[name]];

const ROWS: readonly Row[] = [
  ['up', 0, () => []],
  ['status', 0, () => []],
  ['ingest', 0, () => ['--from', '2023-04', '--to', '2023-04', '--source', TLC]],
  ['ingest', 1, () => [...range('missing'), '--source', TLC]],
  ['train', 0, () => ['--recipe', 'linear-pair', '--train', '2023-03']],
  ['retrain', 1, () => ['--as-of', '2036-09', '--windows', '1']], // 2036-07 is not there
  ['retrain', 0, () => ['--as-of', '2036-09', '--windows', '1', '--no-wait']],
  ['batch', 0, () => month('scored')],
  ['batch', 1, () => month('refused')],
  ['backfill', 0, () => range('scored')],
  ['backfill', 1, () => range('refused')],
  ['backfill', 0, () => [...range('missing'), '--preview']],
  ['models list', 0, () => []],
  ['models at', 0, () => [new Date().toISOString()]],
  ['models at', 0, () => ['2001-01-01']],
  ['models show', 0, () => ['champion']],
  ['models show', 0, () => [unjudged]],
  ['models compare', 0, () => [run, champion]],
  ['models recalibrate', 0, () => ['champion', '--months', '2023-04']],
  ['models promote', 0, () => [run]],
  ['models promote', 1, () => [unjudged]],
  ['models rollback', 0, () => []],
  ['models replay', 0, () => [run, '--against', unjudged, '--month', '2023-04']],
  ['models replay', 1, () => [run, '--against', unjudged, '--month', '2023-03']], // both were trained on it
  ['models shadow', 0, () => [unjudged, '--hours', '1']],
  ['models shadow', 0, () => []],
  ['models shadow', 0, () => ['--stop']],
  ['models sync', 0, () => []],
  ['stream replay', 0, () => [...month('scored'), '--limit', '2']],
  ['stream tail', 0, () => ['--from-start', '--limit', '1']],
  ['stream requeue', 0, () => ['--dry-run']],
  ['stream drift', 0, () => []],
  ['labels put', 0, () => [join(folder, 'labels.jsonl')]],
  ['labels show', 0, () => ['--from', '2020-01-01', '--to', '2020-01-01']], // the archive of today may be large
  ['monitor', 0, () => [...month('scored'), '--reference', MONTHS.scored]],
  ['report open', 0, () => [MONTHS.scored]],
  ['report index', 0, () => []],
  ['why', 0, () => ['month-harmed', ...month('scored')]],
  ['why', 0, () => ['month-drifted', ...month('scored')]],
  ['why', 0, () => ['stream-behind']],
  ['predict', 0, () => ['--pu', '130', '--do', '205']],
  ['explain', 0, () => [`${MONTHS.scored.replace('-', '/')}_0`]],
  ['invoke', 0, () => ['plan', join(folder, 'event.json')]],
  ['logs', 0, () => ['plan']],
  ['rollout', 0, () => ['--status']],
  ['rollout', 0, () => ['--check']],
  ['rollout', 1, () => ['--rollback']],
];

describe('a command prints the keys that docs/cli.md gives it', () => {
  test.each(ROWS)('%s, and exits with %i', async (command, code, more) => {
    await expectDocumentedJson(command, { words: [...command.split(' '), ...more()], code }, await withMlflow());
  });

  test('start', async () => {
    await promoteAsIfByStart();
    await expectDocumentedJson('start', { words: ['start'] }, await withMlflow());
  });

  test('console, whose page and questions it serves until it is stopped', async () => {
    const words = [join(CLONE, 'bin/tripcast.mjs'), 'console', '--port', '0', '--json'];
    const shown = spawn(process.execPath, words, { stdio: ['ignore', 'pipe', 'inherit'] });
    onTestFinished(() => void shown.kill('SIGKILL'));
    const [line = ''] = await once(createInterface({ input: shown.stdout }), 'line');
    const said: unknown = JSON.parse(line);
    expect(differences('console', said)).toEqual([]);
    const { url } = z.object({ url: z.url() }).parse(said);
    expect(await (await fetch(url)).text()).toContain('<script type="module" src="');
    const { run_id } = z.object({ run_id: z.string() }).parse(await (await fetch(`${url}/models/champion`)).json());
    expect(run_id).toBe((await to.registry.champion('green'))?.pointer.run_id);
    shown.kill('SIGTERM');
    expect(await once(shown, 'exit')).toEqual([0, null]);
  });

  test('models copy, to an environment that status shows and destroy deletes', async () => {
    await deployBuckets('staging');
    const there = inStaging();
    const commands: readonly (readonly [command: string, words: readonly string[]])[] = [
      ['models copy', ['models', 'copy', run, '--from', 'dev', '--to', 'staging']],
      ['status', ['status', '--env', 'staging']],
      ['destroy', ['destroy', '--env', 'staging', '--yes']],
      ['destroy', ['destroy', '--env', 'staging', '--yes']],
      ['status', ['status', '--env', 'staging']],
    ];
    for (const [command, words] of commands) await expectDocumentedJson(command, { words }, there);
  });

  test('and no command is left out', () => {
    const tried = new Set<string>([...ROWS.map(([command]) => command), 'start', 'console', 'models copy', 'destroy']);
    const names = commandNames(program());
    expect(names.filter((name) => !tried.has(name) && !WITHOUT_ENVIRONMENT.some((each) => each === name))).toEqual([]);
  });
});

/** An MLflow server of the test's own: no command starts one. */
const withMlflow = async () => ({ MLFLOW_TRACKING_URI: (await aMlflow()).url });

/** A champion that `start` takes for its own from an earlier time, so that it does not train for minutes. */
async function promoteAsIfByStart(): Promise<void> {
  const files = await trainedRun(newRunId());
  const [march] = files.card.train.months;
  if (march === undefined) throw new Error('It was trained on a month.');
  const months = ['2023-01', '2023-02', '2023-03'].map((each) => ({ ...march, month: parseMonth(each) }));
  const card = { ...files.card, recipe: 'zone-map', train: { ...files.card.train, months } } as const;
  await to.registry.register({ ...files, card });
  await to.registry.promote(card.run_id, 'test', new Date());
}

/** The stack of another environment, in which there are only its buckets. */
async function deployBuckets(env: string): Promise<void> {
  const { region } = loadConfig(env);
  const client = new CloudFormationClient({ endpoint: endpointUrl(), region, credentials: TEST_CREDENTIALS });
  const bucket = { Type: 'AWS::S3::Bucket' };
  const template = {
    Resources: { Data: bucket, Models: bucket },
    Outputs: {
      DataBucketName: { Value: { Ref: 'Data' } },
      ModelBucketName: { Value: { Ref: 'Models' } },
      ApiUrl: { Value: 'https://api.example' },
    },
  };
  const StackName = stackName(env);
  await client.send(new CreateStackCommand({ StackName, TemplateBody: JSON.stringify(template) }));
  await waitUntilStackCreateComplete({ client, maxWaitTime: 60, minDelay: 1, maxDelay: 1 }, { StackName });
  client.destroy();
}

/** The variables with which a command finds the emulator as it would find AWS: AWS_ENDPOINT_URL is refused there. */
function inStaging(): Readonly<Record<string, string | undefined>> {
  const { accessKeyId, secretAccessKey } = TEST_CREDENTIALS;
  const file = join(folder, 'aws-config');
  const keys = [`aws_access_key_id = ${accessKeyId}`, `aws_secret_access_key = ${secretAccessKey}`];
  writeFileSync(file, ['[default]', `endpoint_url = ${endpointUrl()}`, ...keys, ''].join('\n'));
  return {
    AWS_CONFIG_FILE: file,
    AWS_SHARED_CREDENTIALS_FILE: devNull,
    AWS_ENDPOINT_URL: undefined,
    AWS_ACCESS_KEY_ID: undefined,
    AWS_SECRET_ACCESS_KEY: undefined,
  };
}
