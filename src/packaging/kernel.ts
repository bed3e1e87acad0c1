import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { TripcastError } from '#errors.ts';
import { CLONE } from '#setup/paths.mjs';

const COMPILER = join(CLONE, 'node_modules/assemblyscript/bin/asc.js');
const SOURCE = 'src/engine/kernel/trees.as.ts';
const COMPILED = join(CLONE, 'src/engine/gen/trees.ts');
const FLAGS = ['-O3', '--runtime', 'stub', '--importMemory', '--noAssert', '--enable', 'simd'];

/**
 * The engine's kernel, compiled, as a module that holds its WebAssembly. The compiler's version is pinned, so the same
 * source gives the same bytes. They are committed, so that neither a clone nor a page needs the compiler to run the
 * engine; a test compares them with a fresh compilation.
 * @throws TripcastError with the compiler's words
 */
export async function compiledKernel(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'tripcast-kernel-'));
  try {
    const output = join(folder, 'trees.wasm');
    await compile(output);
    const lines = (await readFile(output)).toString('base64').match(/.{1,112}/g) ?? [];
    return [
      '// Generated from ../kernel/trees.as.ts by `npm run build:kernel`. Do not edit.',
      'export const TREES_WASM =',
      `${lines.map((line) => `  '${line}'`).join(' +\n')};`,
      '',
    ].join('\n');
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function compile(output: string): Promise<void> {
  try {
    await promisify(execFile)(process.execPath, [COMPILER, SOURCE, ...FLAGS, '--outFile', output], { cwd: CLONE });
  } catch (cause) {
    const words = cause instanceof Error ? cause.message : String(cause);
    throw new TripcastError(`${SOURCE} does not compile: ${words}`, 'Fix what the compiler says.', { cause });
  }
}

export const committedKernel = (): Promise<string> => readFile(COMPILED, 'utf8');

if (import.meta.main) await writeFile(COMPILED, await compiledKernel());
