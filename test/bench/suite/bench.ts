/** `npm run bench`: all claims about speed in one run. usage: bench.ts [--only PART]; writes docs/benchmarks.md if it ran whole */
import { readFileSync } from 'node:fs';
import { cpus, totalmem } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { codeVersion } from '#adapters/git.ts';
import { table } from '#cli/view/terminal.ts';
import { TripcastError } from '#errors.ts';
import { say } from '../side-by-side.ts';
import { type Contest, type ContestResult, hold } from './contest.ts';
import { HEAD, rowsOf, writeDocument } from './document.ts';
import { api } from './parts/api.ts';
import { coldStart } from './parts/cold-start.ts';
import { rates } from './parts/rates.ts';
import { scoring } from './parts/scoring.ts';
import { start } from './parts/start.ts';
import { streaming } from './parts/streaming.ts';
import { training } from './parts/training.ts';
import { type Prepared, prepare } from './prepared.ts';

const PARTS: Readonly<Record<string, (prepared: Prepared) => readonly Contest[] | Promise<readonly Contest[]>>> = {
  rates,
  scoring,
  training,
  streaming,
  'cold-start': coldStart,
  api,
  start,
};

const { only } = parseArgs({ options: { only: { type: 'string' } } }).values;
if (only !== undefined && PARTS[only] === undefined) {
  throw new TripcastError(`There is no part ${only}`, `Give one of ${Object.keys(PARTS).join(', ')}.`);
}
const started = performance.now();
const prepared = await prepare();
const results: ContestResult[] = [];
for (const [name, part] of Object.entries(PARTS)) {
  if (only !== undefined && only !== name) continue;
  for (const contest of await part(prepared)) {
    say(contest.title);
    const result = await hold(contest);
    results.push(result);
    for (const row of rowsOf(result)) say(row.join('  ')); // a later part may fail
  }
}
console.log(table(HEAD, results.flatMap(rowsOf)));
if (only === undefined) {
  writeDocument(results, {
    cores: cpus().length,
    cpu: cpus()[0]?.model ?? 'unknown',
    memoryGib: totalmem() / 2 ** 30,
    system: `${process.platform} ${process.arch}`,
    node: process.versions.node,
    peers: readFileSync(join(import.meta.dirname, '../peers/requirements.txt'), 'utf8')
      .trim()
      .split('\n'),
    codeVersion: await codeVersion(import.meta.dirname),
    minutes: (performance.now() - started) / 60_000,
  });
}
