import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  copyFileSync,
  linkSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { beforeAll, describe, expect, test } from 'vitest';
import { DuckDB } from '#adapters/duckdb.ts';
import { type ScoreOptions, score } from '#cli/commands/score.ts';
import { train } from '#cli/commands/train.ts';
import { CLONE } from '#setup/paths.mjs';
import { sha256 } from '#storage/sha256.ts';
import { parseMonth } from '#trips/month.ts';
import { sqlText } from '#trips/sql.ts';
import { parseTaxiType } from '#trips/taxi-type.ts';
import { aLocalTraining } from '../../support/a-local-training.ts';
import { silentTerminal } from '../../support/silent-terminal.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import { readRows, realMonth, writeMonth } from '../../support/tlc-files.ts';

const MONTH = 'green_tripdata_2023-04.parquet';
const FILES = ['card.json', 'golden.json', 'model.onnx'] as const;
/** A trained model's files. */
const trained = new Map<string, Buffer>();

beforeAll(async () => {
  const out = mkdtempSync(join(tmpdir(), 'tripcast-trained-'));
  await train(aLocalTraining(out), silentTerminal());
  for (const name of FILES) trained.set(name, readFileSync(join(out, name)));
  rmSync(out, { recursive: true });
}, 120_000);

/** A folder with a month and a model in it. */
function aFolder() {
  const folder = temporaryFolder();
  const at = (name: string) => join(folder, name);
  copyFileSync(realMonth('2023-04'), at(MONTH));
  mkdirSync(at('model'));
  for (const [name, body] of trained) writeFileSync(at(`model/${name}`), body);
  const defaults = { input: at(MONTH), model: at('model/model.onnx'), all: false, env: 'dev', json: true };
  const scoreTo = async (output: string, changes: Partial<ScoreOptions> = {}) => {
    const terminal = silentTerminal();
    await score({ ...defaults, output: `${folder}/${output}`, ...changes }, terminal);
    return terminal.last;
  };
  return { at, scoreTo, contents: () => contentsOf(folder) };
}

/** Every name in a folder, with the sha256 of what is under it. */
const contentsOf = (folder: string) =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .toSorted()
    .map((name) => [name, statSync(join(folder, name)).isDirectory() || sha256(readFileSync(join(folder, name)))]);

describe('a score that would overwrite what it reads is refused, and nothing changes', () => {
  test.each([
    ['the input itself', MONTH, /is both input and output\. Give another path/],
    ['the input by another path', `model/../${MONTH}`, /is the same file as the input .*Give another path/],
    ['a symbolic link to the input', 'symbolic.parquet', /symbolic\.parquet is the same file as the input/],
    ['a hard link to the input', 'hard.parquet', /hard\.parquet is the same file as the input/],
    ['the model', 'model/model.onnx', /model\.onnx is both input and output/],
    ['a link to the model', 'a-model', /a-model is the same file as the input .*model\.onnx/],
    ["the model's card", 'model/card.json', /card\.json is both input and output/],
    ["the model's golden rides", 'model/golden.json', /golden\.json is both input and output/],
  ])('%s', async (_, output, says) => {
    const { at, scoreTo, contents } = aFolder();
    symlinkSync(MONTH, at('symbolic.parquet'));
    linkSync(at(MONTH), at('hard.parquet'));
    symlinkSync('model/model.onnx', at('a-model'));
    const before = contents();
    await expect(scoreTo(output)).rejects.toThrow(says);
    expect(contents()).toEqual(before);
  });
});

describe('a score that cannot be done says so before it starts, and leaves nothing', () => {
  test.each([
    [
      'an output in no folder',
      'gone/o.parquet',
      /There is no folder .*gone\. Give an output path in an existing folder/,
    ],
    ['an output in a file', `${MONTH}/o.parquet`, /2023-04\.parquet is a file, not a folder\. Give an output path/],
    ['a folder as output', 'model', /model is a folder\. Give the output a file name in it/],
    ['a folder to be as output', 'gone/', /gone\/ is a folder\. Give the output a file name in it/],
  ])('%s', async (_, output, says) => {
    const { scoreTo, contents } = aFolder();
    const before = contents();
    await expect(scoreTo(output)).rejects.toThrow(says);
    expect(contents()).toEqual(before);
  });

  test('an output that no file can replace', async () => {
    const { scoreTo, at } = aFolder();
    symlinkSync('/dev/null', at('null'));
    await expect(scoreTo('null')).rejects.toThrow(/null is not a regular file\. Give another path/);
    expect(statSync('/dev/null').isCharacterDevice()).toBe(true);
  });

  test('an output folder that cannot be written into', async () => {
    const { at, scoreTo } = aFolder();
    symlinkSync('/proc', at('read-only')); // nobody makes a file there, root included
    await expect(scoreTo('read-only/o.parquet')).rejects.toThrow(/The folder .*read-only is not writable \(E[A-Z]+\)/);
  });

  test.each([
    ['no input', { input: 'gone' }, /There is no file .*gone\. Give the path of a Parquet file/],
    ['a folder as input', { input: 'model' }, /model is a folder, not a file\. Give the path of a Parquet file/],
    ['an empty input', { input: 'empty' }, /empty: The file is not readable as Parquet.*Give one of TLC's month files/],
    ['an input that is not Parquet', { input: 'model/card.json' }, /card\.json: The file is not readable as Parquet/],
    ['an input that is cut', { input: 'cut' }, /cut: The file is not readable as Parquet/],
    ['no model', { model: 'gone.onnx' }, /There is no model file .*gone\.onnx\. Give a run id/],
    ['a folder as model', { model: 'model' }, /model is a folder, not a file\. Give the path of the model\.onnx in it/],
    ['a model that is none', { model: MONTH }, /These \d+ bytes are not an ONNX model.*Give a model\.onnx/],
  ])('%s', async (_, given, says) => {
    const { at, scoreTo, contents } = aFolder();
    writeFileSync(at('empty'), '');
    writeFileSync(at('cut'), readFileSync(at(MONTH)).subarray(0, 800_000));
    const before = contents();
    const changes = Object.fromEntries(Object.entries(given).map(([name, value]) => [name, at(value)]));
    const named = { taxiType: parseTaxiType('green'), month: parseMonth('2023-04') };
    await expect(scoreTo('out.parquet', { ...named, ...changes })).rejects.toThrow(says);
    expect(contents()).toEqual(before);
  });

  test.each([
    ['card.json', '', /card\.json is damaged: it is not a model card \(.*JSON.*\)\. Restore it, or move model\.onnx/],
    ['card.json', '{}', /card\.json is damaged: it is not a model card \(schema_version: .*\)\. Restore it/],
    ['golden.json', '{"rides":', /golden\.json is damaged: it is not a file of golden rides \(.*JSON.*\)\. Restore/],
    ['golden.json', '{"rides":[]}', /golden\.json is damaged: it is not a file of golden rides \(\w+: .*\)\. Restore/],
  ])('a model next to a %s of %s', async (name, body, says) => {
    const { at, scoreTo, contents } = aFolder();
    writeFileSync(at(`model/${name}`), body);
    const before = contents();
    await expect(scoreTo('out.parquet')).rejects.toThrow(says);
    expect(contents()).toEqual(before);
  });

  test('a month of which nothing can be scored', async () => {
    const { at, scoreTo, contents } = aFolder();
    await writeMonth(at(MONTH), [{}, {}], { lpep_pickup_datetime: 'NULL::TIMESTAMP' });
    const before = contents();
    await expect(scoreTo('out.parquet')).rejects.toThrow(/None of its 2 rides can be scored: 2 duration-missing\./);
    expect(contents()).toEqual(before);
  });
});

describe('a score', () => {
  test("leaves what is next to its output: the user's own files, whatever they are called", async () => {
    const { at, scoreTo, contents } = aFolder();
    const own = ['out.parquet.rides', 'out.parquet.partial', 'rides.parquet', 'scores.parquet'];
    for (const name of own) writeFileSync(at(name), `my ${name}`);
    const before = contents();
    expect(await scoreTo('out.parquet')).toMatchObject({ rows_in: 65_392, rows_scored: 62_979 });
    expect(contents().filter(([name]) => name !== 'out.parquet')).toEqual(before);
  });

  test('replaces an earlier output, and follows a link to it', async () => {
    const { at, scoreTo } = aFolder();
    mkdirSync(at('disk'));
    writeFileSync(at('disk/april.parquet'), 'an earlier output');
    symlinkSync('disk/april.parquet', at('latest.parquet'));
    await scoreTo('latest.parquet');
    expect(lstatSync(at('latest.parquet')).isSymbolicLink()).toBe(true);
    expect(await readRows(at('disk/april.parquet'), 'count(*)::INT AS n')).toEqual([{ n: 62_979 }]);
    expect(readdirSync(at('disk'))).toEqual(['april.parquet']);
  });

  test('to the output of another at the same time: both succeed, and the output is whole', async () => {
    const { at, scoreTo, contents } = aFolder();
    const before = contents();
    const results = await Promise.all([scoreTo('out.parquet'), scoreTo('out.parquet'), scoreTo('out.parquet')]);
    for (const result of results) expect(result).toMatchObject({ rows_scored: 62_979 });
    expect(await readRows(at('out.parquet'), 'count(*)::INT AS n')).toEqual([{ n: 62_979 }]);
    expect(contents().filter(([name]) => name !== 'out.parquet')).toEqual(before);
  });

  test.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)(
    'that %s ends in the middle leaves nothing, and the earlier output as it was',
    async (signal) => {
      const { at, contents } = aFolder();
      mkdirSync(at('out'));
      const TMPDIR = temporaryFolder();
      await manyRides(at(MONTH), 30);
      writeFileSync(at('out/april.parquet'), 'an earlier output');
      const before = contents();
      const args = ['score', at(MONTH), at('out/april.parquet'), '--model', at('model/model.onnx')];
      const env = { ...process.env, TMPDIR };
      const child = spawn(process.execPath, [join(CLONE, 'bin/tripcast.mjs'), ...args], { env, stdio: 'ignore' });
      const ended = once(child, 'exit');
      await seen(child, () => readdirSync(at('out'), { recursive: true }).some((name) => /scores/.test(String(name))));
      child.kill(signal);
      expect(await ended).toEqual([null, signal]);
      expect(contents()).toEqual(before);
      expect(readdirSync(TMPDIR).filter((name) => name.includes('tripcast'))).toEqual([]);
    },
    60_000,
  );
});

/** Puts a month of so many Aprils at the path. */
async function manyRides(path: string, aprils: number): Promise<void> {
  await using database = await DuckDB.open({ tempDirectory: temporaryFolder() });
  const april = `read_parquet(${sqlText(realMonth('2023-04'))})`;
  await database.run(
    `COPY (SELECT rides.* FROM ${april} AS rides, range(${aprils})) TO ${sqlText(path)} (FORMAT parquet)`,
  );
}

async function seen(child: ChildProcess, what: () => boolean): Promise<void> {
  while (!what()) {
    if (child.exitCode !== null) throw new Error(`It ended with ${child.exitCode} before that was seen.`);
    await setTimeout(5);
  }
}
