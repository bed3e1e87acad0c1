/** The API over loopback, next to the same model behind FastAPI and onnxruntime. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import autocannon from 'autocannon';
import { freePort } from '#local/ports.ts';
import { CLONE } from '../../side-by-side.ts';
import type { Contest, Side } from '../contest.ts';
import type { Prepared } from '../prepared.ts';

const RIDE = { PULocationID: 130, DOLocationID: 205, trip_distance: 3.66, pickup_datetime: '2023-04-03T08:30:00' };
const CONNECTIONS = 10;
const SECONDS = 5;
const START_SECONDS = 60;

export async function api({ python, model }: Prepared): Promise<readonly Contest[]> {
  const path = join(await model('zone-map'), 'model.onnx');
  const ours = () =>
    measured((port) =>
      spawned(process.execPath, [join(CLONE, 'bin/tripcast.mjs'), 'serve', '--model', path, '--port', port]),
    );
  const theirs = () => measured((port) => spawned(python.interpreter, [python.path('serve.py'), path, port]));
  const contest = (title: string, unit: string, better: Contest['better'], figure: (load: Load) => number): Contest => {
    const side = (name: string, run: () => Promise<Load>): Side => ({
      name,
      run: async () => ({ value: figure(await run()) }),
    });
    return {
      title,
      unit,
      better,
      digits: better === 'more' ? 0 : 1,
      sides: [side('tripcast', ours), side('FastAPI, onnxruntime', theirs)],
      most: { rounds: 2, seconds: 30 },
    };
  };
  return [
    contest(`POST /predict with zone-map, ${CONNECTIONS} connections`, 'requests/s', 'more', (load) => load.perSecond),
    contest(`POST /predict with zone-map, ${CONNECTIONS} connections, p99`, 'ms', 'less', (load) => load.p99),
  ];
}

interface Load {
  readonly perSecond: number;
  readonly p99: number;
}

const spawned = (program: string, args: readonly string[]) =>
  spawn(program, args, { cwd: CLONE, stdio: ['ignore', 'ignore', 'inherit'] });

/** Starts a server, warms it up, measures it and stops it. @throws when an answer is not a 200 */
async function measured(start: (port: string) => ChildProcess): Promise<Load> {
  const port = await freePort(18_000);
  const server = start(String(port));
  try {
    const url = `http://127.0.0.1:${port}/predict`;
    await answering(url, server);
    const fire = (duration: number) =>
      autocannon({
        url,
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(RIDE),
        connections: CONNECTIONS,
        duration,
      });
    await fire(2);
    const { requests, latency, non2xx, errors } = await fire(SECONDS);
    if (non2xx + errors > 0)
      throw new Error(`${non2xx} answers of ${url} were not 200, and ${errors} requests failed.`);
    return { perSecond: requests.average, p99: latency.p99 };
  } finally {
    const gone = once(server, 'exit');
    server.kill();
    await gone;
  }
}

async function answering(url: string, server: ChildProcess): Promise<void> {
  for (const end = Date.now() + START_SECONDS * 1000; Date.now() < end; ) {
    if (server.exitCode !== null) throw new Error(`The server for ${url} ended with ${server.exitCode}.`);
    const answer = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(RIDE),
    }).catch(
      () => undefined, // it does not listen yet
    );
    if (answer?.ok) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error(`Nothing answered at ${url} for ${START_SECONDS} seconds.`);
}
