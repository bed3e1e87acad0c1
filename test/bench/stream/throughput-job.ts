/** Events a second, warm, on one core. usage: throughput-job.ts MODEL_FOLDER MONTH_FILE FORM BATCH_SIZE ROUNDS */
import { decode } from '#streaming/decode.ts';
import { scoreBatch } from '#streaming/score-batch.ts';
import { median, percentile } from '../figures.ts';
import { benchFunction } from './bench-function.ts';
import { FORMS, realEvents } from './real-events.ts';

const EVENTS = 20_000;
const WARM_UP_ROUNDS = 3;

const [folder = '', month = '', given, size, roundsGiven] = process.argv.slice(2);
const form = FORMS.find((each) => each === given) ?? 'contract';
const batchSize = Number(size);
const rounds = Number(roundsGiven);

const deps = await benchFunction(folder);
const { scorer } = await deps.model.current();
const events = await realEvents(month, EVENTS, batchSize, form);
const rides = events.map((event) => decode(event).rides);
const count = events.length * batchSize;

/** All that the handler does to its event, publishing into memory. @returns milliseconds of each batch */
async function ours(): Promise<readonly number[]> {
  const times: number[] = [];
  for (const event of events) {
    const start = performance.now();
    const { scored } = await scoreBatch(event, deps, Date.now() + 60_000);
    times.push(performance.now() - start);
    if (scored !== batchSize) throw new Error(`${scored} of ${batchSize} events were scored.`);
  }
  return times;
}

/** What the engine alone takes for the same rows, ready in typed arrays. */
async function engine(): Promise<void> {
  for (const each of rides) await scorer.score(each);
}

/** Seconds of the core and on the wall; on a busy machine only the first tell what the work costs. */
interface Timed<T> {
  readonly cpu: number;
  readonly wall: number;
  readonly result: T;
}

async function timed<T>(work: () => Promise<T>): Promise<Timed<T>> {
  const before = process.cpuUsage();
  const start = performance.now();
  const result = await work();
  const { user, system } = process.cpuUsage(before);
  return { cpu: (user + system) / 1e6, wall: (performance.now() - start) / 1000, result };
}

const pairs: { readonly whole: Timed<readonly number[]>; readonly engine: Timed<void> }[] = [];
for (let round = 0; round < WARM_UP_ROUNDS + rounds; round++) {
  const pair = { whole: await timed(ours), engine: await timed(engine) };
  if (round >= WARM_UP_ROUNDS) pairs.push(pair);
}
const batches = pairs.flatMap(({ whole }) => whole.result);
console.log(
  JSON.stringify({
    events_per_second: count / median(pairs.map(({ whole }) => whole.wall)),
    events_per_core_second: count / median(pairs.map(({ whole }) => whole.cpu)),
    engine_per_core_second: count / median(pairs.map(({ engine: alone }) => alone.cpu)),
    share_of_engine: median(pairs.map(({ whole, engine: alone }) => alone.cpu / whole.cpu)),
    p50_ms: percentile(batches, 50),
    p99_ms: percentile(batches, 99),
  }),
);
