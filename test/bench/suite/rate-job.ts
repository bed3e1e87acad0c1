/**
 * What a model alone takes for rides ready in typed arrays, in calls of so many rides.
 * usage: rate-job.ts MODEL.onnx MONTH_FILE tripcast|onnxruntime THREADS RIDES; prints microseconds a ride
 */
import { readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { DuckDB } from '#adapters/duckdb.ts';
import { loadScorer } from '#adapters/onnxruntime.ts';
import { onThreads } from '#adapters/scoring-threads.ts';
import { loadEngine } from '#engine/engine.ts';
import type { RideInputs } from '#model/rides/ride-batch.ts';
import { batchOf } from '#model/rides/rides.ts';
import { loadRides, readRides } from '#model/rides/training-rides.ts';
import type { Scorer } from '#model/scorer.ts';
import { parseMonth } from '#trips/month.ts';
import { median } from '../figures.ts';

const ROUNDS = 7;

const [file = '', path = '', engine = '', threads = '1', call = ''] = process.argv.slice(2);
await using database = await DuckDB.open({ tempDirectory: tmpdir() });
await loadRides(database, 'rides', 'green', [{ month: parseMonth('2023-04'), path, sha256: '' }]);
const chunks: RideInputs[] = [];
for await (const rides of readRides(database, 'rides', Number(call))) chunks.push(batchOf(rides).inputs);
const rides = chunks.reduce((sum, { trip_distance }) => sum + trip_distance.length, 0);

async function scorerOf(model: Uint8Array): Promise<Scorer> {
  if (engine === 'onnxruntime') return loadScorer(model);
  const loaded = loadEngine(model);
  if (loaded.outcome === 'refused') throw new Error(loaded.reason);
  return onThreads(loaded.scorer, loaded.program, { threads: Number(threads), worthSeconds: 0 });
}

const scorer = await scorerOf(new Uint8Array(await readFile(file)));
const times: number[] = [];
for (let round = -2; round < ROUNDS; round += 1) {
  const started = performance.now();
  for (const chunk of chunks) scorer.scoreNow(chunk);
  if (round >= 0) times.push(((performance.now() - started) * 1000) / rides);
  await sleep(100); // the first rounds start the threads
}
await scorer.close();
console.log(JSON.stringify({ microseconds: median(times) }));
