import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { FUNCTIONS } from '#lib/config/functions.ts';
import { CLONE } from '#setup/paths.mjs';
import { BASE_IMAGE, docker, IMAGE, LIKE_LAMBDA, SERVING_IMAGE } from './function-in-image.ts';

const imageSchema = z.object({
  Size: z.int(),
  Os: z.string(),
  Architecture: z.string(),
  RootFS: z.object({ Layers: z.array(z.string()) }),
  Config: z.object({ User: z.string().default(''), WorkingDir: z.string() }),
});
const inspect = async (image: string) => {
  const [found] = z.array(imageSchema).parse(JSON.parse(await docker.run('inspect', image)));
  if (found === undefined) throw new Error(`There is no image ${image}`);
  return found;
};

/** Files below /var/task as Lambda's own user sees them: each one's mode, and its first bytes, which show its type. */
const LIST = `
  const { readdirSync, statSync, openSync, readSync, closeSync } = require('node:fs');
  const files = readdirSync('/var/task', { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  console.log(JSON.stringify(files.map((entry) => {
    const path = entry.parentPath + '/' + entry.name;
    const head = Buffer.alloc(20);
    const file = openSync(path);
    readSync(file, head, 0, 20, 0);
    closeSync(file);
    return { path, mode: statSync(path).mode & 0o777, head: head.toString('hex') };
  })));`;
const filesSchema = z.array(z.object({ path: z.string(), mode: z.int(), head: z.string() }));

let image: z.infer<typeof imageSchema>;
let files: z.infer<typeof filesSchema>;
beforeAll(async () => {
  image = await inspect(IMAGE);
  const listed = await docker.run('run', '--rm', ...LIKE_LAMBDA, '--entrypoint', 'node', IMAGE, '-e', LIST);
  files = filesSchema.parse(JSON.parse(listed));
});

const paths = () => files.map(({ path }) => path);

describe('the image', () => {
  test('is for linux/amd64, adds at most 250 MB to its base, and lets Lambda choose the user', async () => {
    const base = await inspect(BASE_IMAGE);
    expect(`${image.Os}/${image.Architecture}`).toBe('linux/amd64');
    expect((image.Size - base.Size) / 1e6).toBeLessThan(250);
    expect((image.Size - base.Size) / 1e6).toBeGreaterThan(100); // the natives alone: or this measures nothing
    expect(image.Config.User).toBe('');
    expect(image.Config.WorkingDir).toBe('/var/task');
  });

  test('only copies onto its base: two layers, and no instruction that runs anything', async () => {
    const base = await inspect(BASE_IMAGE);
    expect(image.RootFS.Layers.slice(0, base.RootFS.Layers.length)).toEqual(base.RootFS.Layers);
    expect(image.RootFS.Layers.length - base.RootFS.Layers.length).toBe(2);
    expect(readFileSync(join(CLONE, 'docker/Dockerfile'), 'utf8')).not.toMatch(/^\s*(RUN|USER|ADD)\b/m);
  });

  test('has the handler of every function', () => {
    expect(paths()).toEqual(expect.arrayContaining(FUNCTIONS.map((name) => `/var/task/${name}/index.js`)));
  });

  test('lets every user read every file, and none write it', () => {
    expect(files.filter(({ mode }) => (mode & 0o444) !== 0o444 || (mode & 0o022) !== 0)).toEqual([]);
  });

  test('has only linux-x64 binaries, including the three engines and libgomp', () => {
    // ELF, or Mach-O in either byte order, fat Mach-O, and Windows' MZ.
    const binaries = files.filter(({ head }) => /^(7f454c46|cffaedfe|cefaedfe|feedfac|cafebabe|4d5a)/.test(head));
    // 64 bits, little endian; machine 62 is x86-64 (elf.h).
    const foreign = binaries.filter(({ head }) => !/^7f454c460201/.test(head) || head.slice(36, 40) !== '3e00');
    expect(foreign.map(({ path }) => path)).toEqual([]);
    const names = binaries.map(({ path }) => path.split('/').at(-1));
    for (const engine of [
      /^onnxruntime_binding/,
      /^libonnxruntime/,
      /^duckdb/,
      /^libduckdb/,
      /^koffi/,
      /^libxgboost/,
      /^libgomp/,
    ]) {
      expect(names).toContainEqual(expect.stringMatching(engine));
    }
    // And nothing for another platform in a format that this test does not know.
    expect(paths().filter((path) => /darwin|win32|musl|arm64|aarch64|\.(dylib|dll|exe)$/.test(path))).toEqual([]);
  });

  test('is at least 40 MB larger than the one for functions that serve without onnxruntime', async () => {
    expect((image.Size - (await inspect(SERVING_IMAGE)).Size) / 1e6).toBeGreaterThan(40);
  });

  test('contains no development packages, sources, tests or data', () => {
    const { devDependencies } = z
      .object({ devDependencies: z.record(z.string(), z.string()) })
      .parse(JSON.parse(readFileSync(join(CLONE, 'package.json'), 'utf8')));
    const packages = paths().flatMap((path) => /\/node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(path)?.[1] ?? []);
    expect([...new Set(packages)].filter((name) => name in devDependencies)).toEqual([]);
    expect(
      paths().filter((path) =>
        /\.(ts|map|md|parquet|py)$|\/(test|lib|env|\.tripcast)\//.test(path.replace('/lib/', '/')),
      ),
    ).toEqual([]);
  });
});
