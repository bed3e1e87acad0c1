import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { fileProblems } from '#checks/file-problems.ts';
import { CLONE } from '#setup/paths.mjs';
import { temporaryFolder } from '../support/temporary-folder.ts';

/** The format of GitHub's tokens (https://github.blog/engineering/behind-githubs-new-authentication-token-formats). */
const token = ['ghp', 'abcdefghijklmnopqrstuvwxyz0123456789'].join('_');

const git = (args: readonly string[], env: NodeJS.ProcessEnv = {}, input = '') =>
  execFileSync('git', args, { cwd: CLONE, encoding: 'utf8', env: { ...process.env, ...env }, input });

test('no file of this repository is large or contains what looks like a secret', () => {
  const files = git(['ls-files', '--cached', '--others', '--exclude-standard', '-z']).split('\0');
  const present = files.filter((file) => file !== '' && existsSync(join(CLONE, file)));
  expect(present).toContain('package.json');
  expect(fileProblems(CLONE, present)).toEqual([]);
});

describe('of files to be committed', () => {
  test('a secret is reported by line, and masked; the others pass', () => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, 'fine (1).txt'), 'nothing to see\n');
    writeFileSync(join(folder, 'settings [old].json'), `{\n  "token": "${token}"\n}\n`);
    const problems = fileProblems(folder, ['fine (1).txt', 'settings [old].json']);
    expect(problems).toEqual([expect.stringMatching(/^settings \[old\]\.json:2: .*GitHub Token.*\*{40}$/)]);
  });

  test('half a megabyte is the limit, except for the bundled months', () => {
    const folder = temporaryFolder();
    const large = ['notes.bin', 'data/tlc/green_tripdata_2023-05.parquet', 'data/other.parquet'];
    mkdirSync(join(folder, 'data/tlc'), { recursive: true });
    for (const file of large) writeFileSync(join(folder, file), Buffer.alloc(512 * 1024 + 1));
    writeFileSync(join(folder, 'just.bin'), Buffer.alloc(512 * 1024));
    expect(fileProblems(folder, [...large, 'just.bin'])).toEqual([
      'notes.bin has 524289 bytes; the limit is 524288',
      'data/other.parquet has 524289 bytes; the limit is 524288',
    ]);
  });
});

describe('the pre-commit hook', () => {
  /** Runs the hook on the test's own index and objects: nothing in the clone changes. */
  function commitWith(content: string) {
    const folder = temporaryFolder();
    const objects = join(folder, 'objects');
    mkdirSync(objects);
    const env = {
      GIT_INDEX_FILE: join(folder, 'index'),
      GIT_OBJECT_DIRECTORY: objects,
      GIT_ALTERNATE_OBJECT_DIRECTORIES: git(['rev-parse', '--path-format=absolute', '--git-path', 'objects']).trim(),
    };
    git(['read-tree', 'HEAD'], env);
    const blob = git(['hash-object', '-w', '--stdin'], env, content).trim();
    git(['update-index', '--add', '--cacheinfo', `100644,${blob},docs/new file.md`], env);
    const { status, stderr } = spawnSync(join(CLONE, '.githooks/pre-commit'), {
      cwd: CLONE,
      encoding: 'utf8',
      env: { ...process.env, ...env },
    });
    return { status, stderr };
  }

  test('lets a commit pass', () => {
    expect(commitWith('# A page\n')).toEqual({ status: 0, stderr: '' });
  });

  test('refuses a staged secret, whatever is in the folder', () => {
    const { status, stderr } = commitWith(`# A page\n\n${token}\n`);
    expect(stderr).toMatch(/^docs\/new file\.md:3: .*GitHub Token/);
    expect(stderr).not.toContain(token);
    expect(status).toBe(1);
  });
});

test('a codespace has Node, Python and an engine for containers in fixed versions, and sets the clone up', () => {
  const text = readFileSync(join(CLONE, '.devcontainer/devcontainer.json'), 'utf8').replaceAll(/^\s*\/\/.*$/gm, '');
  const { image, features, postCreateCommand } = z
    .object({ image: z.string(), features: z.record(z.string(), z.unknown()), postCreateCommand: z.string() })
    .parse(JSON.parse(text));
  expect(image).toMatch(/javascript-node:\d+\.\d+\.\d+-24-bookworm$/);
  const names = Object.keys(features).map((name) => /([\w-]+):\d+\.\d+\.\d+$/.exec(name)?.[1]);
  expect(names).toEqual(['python', 'docker-in-docker']);
  expect(postCreateCommand).toBe('npm run setup');
});
