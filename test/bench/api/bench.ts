/** `npm run bench:api`: `tripcast serve` next to the same model behind FastAPI and onnxruntime, in one run. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import autocannon from 'autocannon';
import { count, decimals, table } from '#cli/view/terminal.ts';
import { freePort } from '#local/ports.ts';
import { predictAnswerSchema } from '#serving/request.ts';
import { median } from '../figures.ts';
import { CLONE, folder, pythonWith, run, say, TLC } from '../side-by-side.ts';

const PEER = join(import.meta.dirname, 'peer');
const SECONDS = 8;
const ROUNDS = 3;
/** At the same time, each waiting for its answer before it asks again. */
const CONNECTIONS = 20;
const RIDE = { PULocationID: 130, DOLocationID: 205, trip_distance: 3.66, pickup_datetime: '2023-04-03T08:30:00' };
const RECIPE = 'zone-map-fast';

interface Round {
  readonly perSecond: number;
  readonly p99: number;
}

const model = join(folder, 'model');
const training = ['--train', '2023-01', '--validate', 'split:0.2', '--local', '--source', TLC, '--out', model];
run(process.execPath, ['bin/tripcast.mjs', 'train', '--recipe', RECIPE, ...training]);
const python = process.env.BENCH_PYTHON ?? pythonWith(join(PEER, 'requirements.txt'));
const onnx = join(model, 'model.onnx');

const sides = {
  'tripcast serve': (port: number) =>
    spawn(process.execPath, ['bin/tripcast.mjs', 'serve', '--model', onnx, '--port', String(port)], {
      cwd: CLONE,
      stdio: ['ignore', 'ignore', 'inherit'],
    }),
  'FastAPI and onnxruntime': (port: number) =>
    spawn(python, [join(PEER, 'serve.py'), onnx, String(port)], { stdio: ['ignore', 'ignore', 'inherit'] }),
};
type Side = keyof typeof sides;
const NAMES = Object.keys(sides) as Side[];

const rounds: Record<Side, Round[]> = { 'tripcast serve': [], 'FastAPI and onnxruntime': [] };
const answers = new Set<number>();
for (let round = 1; round <= ROUNDS; round++) {
  for (const name of NAMES) {
    say(`${name}, round ${round} of ${ROUNDS}`);
    rounds[name].push(await measured(sides[name]));
  }
}
if (answers.size !== 1) throw new Error(`The sides predict differently: ${[...answers].join(', ')} minutes`);

const of = (name: Side, figure: keyof Round) => median(rounds[name].map((round) => round[figure]));
const [ours, theirs] = NAMES;
console.log(
  table(
    ['', 'requests a second', 'p99 ms'],
    NAMES.map((name) => [name, count(Math.round(of(name, 'perSecond'))), decimals(of(name, 'p99'), 1)]),
  ),
);
if (ours !== undefined && theirs !== undefined) {
  const throughput = of(ours, 'perSecond') / of(theirs, 'perSecond');
  console.log(
    `\n${decimals(throughput, 1)} times the throughput; p99 is ${decimals(of(ours, 'p99') / of(theirs, 'p99'), 2)} of theirs.`,
  );
}

async function measured(start: (port: number) => ChildProcess): Promise<Round> {
  const port = await freePort(8900);
  const server = start(port);
  try {
    const url = `http://127.0.0.1:${port}/predict`;
    answers.add(await firstAnswer(url));
    const request = {
      url,
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(RIDE),
      connections: CONNECTIONS,
    } as const;
    await autocannon({ ...request, duration: 2 }); // both warm up
    const { requests, latency, non2xx, errors } = await autocannon({ ...request, duration: SECONDS });
    if (non2xx + errors > 0) throw new Error(`${non2xx + errors} requests failed`);
    return { perSecond: requests.average, p99: latency.p99 };
  } finally {
    server.kill('SIGTERM');
    await once(server, 'exit');
  }
}

/** Waits until the server answers. @returns the minutes that it predicts, as a 32-bit number */
async function firstAnswer(url: string): Promise<number> {
  const request = { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(RIDE) };
  for (let attempt = 0; attempt < 150; attempt++) {
    const response = await fetch(url, request).catch(() => undefined);
    if (response?.ok)
      return Math.fround(
        predictAnswerSchema.pick({ predicted_duration: true }).parse(await response.json()).predicted_duration,
      );
    await sleep(100);
  }
  throw new Error(`${url} did not answer within 15 seconds`);
}
