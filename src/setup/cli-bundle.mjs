// The command line as one bundle: its packages are hundreds of small files, and reading those takes longer than most
// commands take to run. It is only a fast copy: once a file it was made from has changed, the sources run until the
// next setup. Plain JavaScript, since both its maker and its user may run before there is a node_modules.
import { mkdirSync, readdirSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { readCached } from './cached.mjs';
import { LEAN_ZOD } from './lean-zod.mjs';

const ENTRY = 'tripcast';
const FOLDER = 'cli-';
/** What `import.meta.url` becomes in a CommonJS module. */
const URL_OF_FILE = 'urlOfThisFile';
/** Running commands still import from an older bundle; none runs for a day. */
const KEPT_MS = 24 * 3600 * 1000;

/**
 * What `@duckdb/node-bindings` would load here: a bundle is for this machine alone. The package itself spends 6 ms to find
 * out whether the C library is musl, with which tripcast does not run.
 */
const BINDINGS = `@duckdb/node-bindings-${process.platform}-${process.arch}/duckdb.node`;

/** Packages that find their own files next to themselves, and those that must share a copy with them. */
const NOT_BUNDLED = ['onnxruntime-*', '@duckdb/node-bindings*', 'koffi', 'esbuild', 'aws-cdk-lib', 'constructs'];

/**
 * @typedef {{ entry: string, madeOf: Record<string, string> }} Bundle entry: its path in the clone. madeOf: what was seen of
 *   each source and of its own files, by path in the clone
 */

/** @param {string} root the clone */
const record = (root) => join(root, '.tripcast', 'cli.json');

/**
 * Where the bundle starts.
 * @param {string} root the clone
 * @returns {string | undefined} undefined: there is none, or it no longer matches the sources
 */
export function freshBundle(root) {
  const bundle = readCached(record(root), parseBundle, 'The sources run until `npm run setup` bundles them again.');
  if (bundle === undefined) return undefined;
  const { entry, madeOf } = bundle;
  const isFresh = entry in madeOf && Object.entries(madeOf).every(([file, seen]) => seenOf(root, file) === seen);
  return isFresh ? join(root, entry) : undefined;
}

/**
 * @param {string} text
 * @returns {Bundle}
 */
function parseBundle(text) {
  /** @type {Partial<Bundle>} */
  const { entry, madeOf } = JSON.parse(text);
  if (typeof entry === 'string' && typeof madeOf === 'object' && madeOf !== null) return { entry, madeOf };
  throw new TypeError('not the record of a bundle');
}

/**
 * Bundles bin/tripcast.ts into its own folder; the record that names it is written last.
 * @param {string} root the clone
 * @returns {Promise<void>}
 */
export async function bundleCommandLine(root) {
  const [{ build, transform }, { createHash }] = await Promise.all([import('esbuild'), import('node:crypto')]);
  const { outputFiles, metafile } = await build({
    absWorkingDir: root,
    // The worker's file is looked for next to the bundle.
    entryPoints: { [ENTRY]: 'bin/tripcast.ts', 'scoring-worker': 'src/adapters/scoring-worker.ts' },
    outdir: join(root, '.tripcast', 'cli'),
    write: false,
    metafile: true,
    bundle: true,
    splitting: true,
    platform: 'node',
    target: 'node24',
    format: 'esm',
    mainFields: ['module', 'main'],
    external: NOT_BUNDLED,
    alias: { '@duckdb/node-bindings': BINDINGS },
    plugins: [LEAN_ZOD],
    define: { 'import.meta.dirname': '__dirname', 'import.meta.main': 'false', 'import.meta.url': URL_OF_FILE },
    legalComments: 'none',
    logLevel: 'silent',
  });
  // esbuild splits ES modules alone; what it then makes of them are CommonJS modules, which Node finds, reads and links in
  // a third of the time.
  const parts = await Promise.all(
    outputFiles.map(async ({ path, text }) => {
      const banner = text.includes(URL_OF_FILE)
        ? `const ${URL_OF_FILE} = require('node:url').pathToFileURL(__filename).href;`
        : '';
      const { code } = await transform(text, {
        format: 'cjs',
        platform: 'node',
        target: 'node24',
        supported: { 'dynamic-import': false },
        banner,
      });
      return { name: basename(path), code };
    }),
  );
  parts.push({ name: 'package.json', code: '{ "type": "commonjs" }\n' });
  const hash = createHash('sha256');
  for (const { name, code } of parts) hash.update(`${name} ${code}\n`);
  // As deep below the clone as src/local and lib/config, so that code that locates the clone from its own path works.
  const folder = `${FOLDER}${hash.digest('hex').slice(0, 16)}`;
  const to = join(root, '.tripcast', folder);
  mkdirSync(to, { recursive: true });
  for (const { name, code } of parts) writeFileSync(join(to, name), code);

  const sources = Object.keys(metafile.inputs).filter((file) => !file.startsWith('node_modules/'));
  // Its own files too: a bundle damaged since then is not run.
  const own = parts.map(({ name }) => join('.tripcast', folder, name));
  // npm's own record stands for everything that it installed.
  const files = [...sources, 'node_modules/.package-lock.json', ...own];
  const madeOf = Object.fromEntries(files.map((file) => [file, seenOf(root, file)]));
  const bundle = { entry: join('.tripcast', folder, `${ENTRY}.js`), madeOf };
  writeFileSync(`${record(root)}.new`, JSON.stringify(bundle));
  renameSync(`${record(root)}.new`, record(root));
  removeOld(join(root, '.tripcast'), folder);
}

/**
 * Its size and modification time: a content that changes without either goes unnoticed. Every command looks at some 650
 * files before it starts, so the path is not put together by `join`, which takes longer than the look.
 * @param {string} root
 * @param {string} file
 */
function seenOf(root, file) {
  const seen = statSync(`${root}/${file}`, { throwIfNoEntry: false });
  return seen === undefined ? 'missing' : `${seen.size} ${seen.mtimeMs}`;
}

/**
 * @param {string} folder
 * @param {string} current
 */
function removeOld(folder, current) {
  const others = readdirSync(folder).filter((name) => name.startsWith(FOLDER) && name !== current);
  for (const path of others.map((name) => join(folder, name))) {
    if (Date.now() - statSync(path).mtimeMs > KEPT_MS) rmSync(path, { recursive: true, force: true });
  }
}
