import { readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { train } from '#cli/commands/train.ts';
import { modelCardSchema } from '#model/card/card.ts';
import { sha256 } from '#storage/sha256.ts';
import { aLocalTraining } from '../../support/a-local-training.ts';
import { silentTerminal } from '../../support/silent-terminal.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import { realMonth } from '../../support/tlc-files.ts';

const SOURCE = join(realMonth('2023-03'), '..');

/** Trains on this machine. @returns what it has said of its progress */
async function trainTo(out: string, source = SOURCE) {
  const steps: string[] = [];
  const terminal = {
    ...silentTerminal(),
    progress: () => ({ update: (_: number, note = '') => void steps.push(note), done: () => {} }),
  };
  const ended = await train(aLocalTraining(out, source), terminal).then(
    () => 'done' as const,
    (error: unknown) => String(error),
  );
  return { ended, steps };
}

describe('an output folder that cannot be is found out before the training', () => {
  test.each([
    ['is a file', 'file', /file is a file, not a folder\. Give another output folder/],
    ['is in a file', 'file/a/b', /file is a file, not a folder\. Give another output folder/],
    ['cannot be written into', 'read-only', /The folder .*read-only is not writable \(E[A-Z]+\)/],
    ['cannot be made', 'read-only/a/b', /The folder .*read-only is not writable \(E[A-Z]+\)/],
  ])('it %s', async (_, out, says) => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, 'file'), 'mine');
    symlinkSync('/proc', join(folder, 'read-only')); // nobody makes a file there, root included
    const { ended, steps } = await trainTo(join(folder, out));
    expect(ended).toMatch(says);
    expect(steps).toEqual([]);
    expect(readdirSync(folder)).toEqual(['file', 'read-only']);
    expect(readFileSync(join(folder, 'file'), 'utf8')).toBe('mine');
  });

  test.each([
    ['is not there', 'nowhere', /There is no folder .*nowhere\. Give the folder of TLC's files with --source/],
    ['is a file', 'file', /file is a file, not a folder\. Give the folder of TLC's files with --source/],
  ])('and so is a source that %s', async (_, source, says) => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, 'file'), '');
    const { ended } = await trainTo(join(folder, 'model'), join(folder, source));
    expect(ended).toMatch(says);
    expect(readdirSync(folder)).toEqual(['file']);
  });
});

test('a model takes the place of an earlier one in its folder, and leaves what is not its own', async () => {
  const folder = temporaryFolder();
  for (const name of ['model.onnx', 'card.json', 'notes.txt']) writeFileSync(join(folder, name), 'earlier');
  expect((await trainTo(folder)).ended).toBe('done');
  const card = modelCardSchema.parse(JSON.parse(readFileSync(join(folder, 'card.json'), 'utf8')));
  expect(sha256(readFileSync(join(folder, 'model.onnx')))).toBe(card.model.sha256);
  expect(readFileSync(join(folder, 'notes.txt'), 'utf8')).toBe('earlier');
  expect(readdirSync(folder).filter((name) => name.startsWith('.'))).toEqual([]);
}, 60_000);
