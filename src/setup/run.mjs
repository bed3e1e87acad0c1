// node src/setup/run.mjs [--quiet] [--without-mlflow] [--without-checks] [npm-script ...] -- command [argument ...]
// Sets the clone up, runs the named npm scripts, then the command with the clone's own Node 24 first on PATH.
// One process rather than `a && b` in a shell: a shell remembers where `node` was before setup, and dies of a signal
// without forwarding it.
import { delimiter, dirname, join } from 'node:path';
import { pinnedNode } from './pinned-node.mjs';
import { runInForeground } from './processes.mjs';
import { extrasOf, npmCommand, ROOT, setUpAsCommand } from './setup.mjs';

const args = process.argv.slice(2);
const separator = args.indexOf('--');
const before = args.slice(0, separator);
const [command, ...commandArgs] = args.slice(separator + 1);
if (separator < 0 || command === undefined)
  throw new Error(
    'usage: run.mjs [--quiet] [--without-mlflow] [--without-checks] [npm-script ...] -- command [argument ...]',
  );

process.exitCode = await setUpAsCommand({ quiet: before.includes('--quiet'), extras: extrasOf(before) });
if (process.exitCode === 0) process.exitCode = await runAll();

async function runAll() {
  const bin = join(ROOT, 'node_modules', '.bin');
  const path = [dirname(pinnedNode(ROOT) ?? bin), bin, process.env.PATH].join(delimiter);
  const options = { cwd: ROOT, env: { ...process.env, PATH: path } };
  for (const script of before.filter((name) => !name.startsWith('--'))) {
    const [npm, ...npmArgs] = npmCommand(process.env);
    const code = await runInForeground(npm, [...npmArgs, 'run', '--silent', script], options);
    if (code !== 0) return code;
  }
  return runInForeground(command ?? '', commandArgs, options);
}
