import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { copyFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline/promises';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { train } from '#cli/commands/train.ts';
import { program } from '#cli/program.ts';
import { CLONE } from '#setup/paths.mjs';
import { monthFile } from '#storage/layout.ts';
import { aLocalTraining } from '../../support/a-local-training.ts';
import { differences, documentedCommands } from '../../support/documented-keys.ts';
import { expectDocumented, WITHOUT_ENVIRONMENT } from '../../support/json-of.ts';
import { commandNames } from '../../support/run-command.ts';
import { runProcess } from '../../support/run-process.ts';
import { silentTerminal } from '../../support/silent-terminal.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import { realMonth } from '../../support/tlc-files.ts';
import { aThinnedMonth } from '../../support/training.ts';

// The commands that need no environment. The others are in test/integration/json-keys.test.ts.

const APRIL = realMonth('2023-04');
const names = commandNames(program());
let trained: string;
let model: string;

beforeAll(async () => {
  trained = mkdtempSync(join(tmpdir(), 'tripcast-trained-'));
  await train(aLocalTraining(trained), silentTerminal());
  model = join(trained, 'model.onnx');
}, 60_000);

afterAll(() => rmSync(trained, { recursive: true, force: true }));

test('docs/cli.md has a row for each command, and no other', () => {
  expect(documentedCommands.toSorted()).toEqual(names.toSorted());
});

const ROWS: readonly (readonly [command: string, more: () => readonly string[]])[] = [
  ['status', () => []],
  ['down', () => []],
  ['doctor', () => []],
  ['cost', () => []],
  ['cost', () => ['--env', 'prod']],
  ['drift', () => [realMonth('2023-03'), APRIL]],
  ['drift', () => [realMonth('2023-03'), APRIL, '--preset', 'evidently', '--explain']],
  ['score', () => [APRIL, join(temporaryFolder(), 'out.parquet'), '--model', model]],
  [
    'train',
    () => {
      const what = ['--recipe', 'linear-pair', '--train', '2023-03', '--validate', 'split:0.2'];
      return ['--local', '--source', dirname(APRIL), ...what, '--out', join(temporaryFolder(), 'model')];
    },
  ],
];

describe('a command prints the keys that docs/cli.md gives it', { timeout: 60_000 }, () => {
  test.each(ROWS)('%s', async (command, more) => {
    expectDocumented(command, await runProcess([command, ...more(), '--json']));
  });

  test('backtest', async () => {
    const months = await Promise.all(['2023-01', '2023-02', '2023-03'].map((month) => aThinnedMonth(month, 40)));
    const data = temporaryFolder();
    for (const { month, path } of months) await copyFile(path, join(data, monthFile('green', month)));
    const walk = [
      '--from',
      '2023-02',
      '--to',
      '2023-03',
      '--late',
      '0',
      '--policy',
      'fixed:1',
      '--policy',
      'rolling:1',
    ];
    const words = ['backtest', '--data', data, '--recipe', 'linear-pair', ...walk, '--json'];
    expectDocumented('backtest', await runProcess(words));
  });

  test('serve', async () => {
    const args = [join(CLONE, 'bin/tripcast.mjs'), 'serve', '--model', model, '--port', '0', '--json'];
    const serve = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
    onTestFinished(() => void serve.kill('SIGKILL'));
    const [line = ''] = await once(createInterface({ input: serve.stdout }), 'line');
    expect(differences('serve', JSON.parse(line))).toEqual([]);
    serve.kill('SIGTERM');
    expect(await once(serve, 'exit')).toEqual([0, null]);
  });

  test('and no command that needs no environment is left out', () => {
    const tried = new Set([...ROWS.map(([command]) => command), 'backtest', 'serve']);
    expect(WITHOUT_ENVIRONMENT.filter((command) => !tried.has(command))).toEqual([]);
  });
});

describe('the comparison with docs/cli.md', () => {
  const FOUND = { stack: 's', outcome: 'deleted', stopped: 1, emptied: [], goes: [], stays: [] };
  test.each([
    ['cost', {}, 'cost.env: missing'],
    ['stream replay', { sent: 1, stream: 's', rate: 2 }, 'stream replay.rate: not documented'],
    ['stream replay', { sent: { green: 1 }, stream: 's' }, 'stream replay.sent: has keys of its own'],
    ['logs', [], 'logs: no object'],
    ['ingest', { months: {} }, 'ingest.months: no list'],
    ['ingest', { months: [{ month: 'm', outcome: 'o', rows: 1, uri: null }] }, 'ingest.months[].note: missing'],
    ['destroy', { ...FOUND, emptied: [{ bucket: 'b' }] }, 'destroy.emptied[].objects: missing'],
    ['predikt', {}, 'docs/cli.md does not say what predikt prints'],
  ])('of %s finds what differs: %j', (command, output, difference) => {
    expect(differences(command, output)).toContain(difference);
  });

  test.each([
    ['destroy', { stack: 's', outcome: 'kept' }],
    ['destroy', FOUND],
    ['status', { up: false }],
    ['invoke', { whatever: [{ is: 'there' }] }],
  ])('of %s accepts %j', (command, output) => {
    expect(differences(command, output)).toEqual([]);
  });
});
