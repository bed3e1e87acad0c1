/** Streaming compared with a Python handler, in one run. See README.md. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { count, decimals, table } from '#cli/view/terminal.ts';
import { bundleFunctions } from '#packaging/bundle.ts';
import { monthFile } from '#storage/layout.ts';
import { parseMonth } from '#trips/month.ts';
import { median } from '../figures.ts';
import { python } from '../python.ts';
import { folder, onOneCore, run, TLC } from '../side-by-side.ts';
import { modelFolder } from '../suite/models.ts';
import { coldStarts } from './cold-starts.ts';

const APRIL = join(TLC, monthFile('green', parseMonth('2023-04')));
const peers = python();

const LINEAR = await modelFolder('linear-pair');
const CHAMPION = await modelFolder('zone-map');
const CHAMPION_FAST = await modelFolder('zone-map-fast');

const throughputSchema = z.object({
  events_per_second: z.number(),
  events_per_core_second: z.number(),
  engine_per_core_second: z.number(),
  share_of_engine: z.number(),
  p50_ms: z.number(),
  p99_ms: z.number(),
});

function throughput(models: string, form: string, batchSize: number, rounds: number) {
  const args = [models, APRIL, form, String(batchSize), String(rounds)];
  return throughputSchema.parse(
    JSON.parse(onOneCore(process.execPath, join(import.meta.dirname, 'throughput-job.ts'), ...args)),
  );
}

const PICKLE = join(folder, 'peer.pkl');
peers.run('train_linear.py', join(TLC, monthFile('green', parseMonth('2023-03'))), 'lpep_', PICKLE);
const rateSchema = z.object({ events_per_second: z.number() });

/** Events a second of the Python handler, which predicts record by record and puts nothing. */
const theirRate = () =>
  rateSchema.parse(JSON.parse(onOneCore(peers.interpreter, peers.path('handler.py'), PICKLE, '3000')))
    .events_per_second;

const PAIRS = 3;
const pairs = Array.from({ length: PAIRS }, () => ({
  theirs: theirRate(),
  ours: throughput(LINEAR, 'contract', 500, 15),
}));
const FUNCTIONS = join(folder, 'functions');
const sections: string[] = [];
const perSecond = (events: number) => count(Math.round(events));
const perCent = (share: number) => `${decimals(share * 100, 0)}%`;

const ratio = median(pairs.map(({ theirs, ours }) => ours.events_per_second / theirs));
const rows = [
  ...pairs.map(({ ours }, i) => ({ what: `linear-pair, batches of 500, run ${i + 1}`, ours })),
  { what: 'the same, as `stream replay` sends events', ours: throughput(LINEAR, 'replay', 500, 15) },
  { what: 'linear-pair, batches of 10,000', ours: throughput(LINEAR, 'contract', 10_000, 15) },
  { what: 'linear-pair, batches of 100', ours: throughput(LINEAR, 'contract', 100, 15) },
  { what: 'zone-map, the champion, batches of 500', ours: throughput(CHAMPION, 'replay', 500, 5) },
  { what: 'zone-map-fast, batches of 500', ours: throughput(CHAMPION_FAST, 'replay', 500, 5) },
];
sections.push(
  `Kinesis event to PutRecords entries, one core, warm, publishing into memory\n${table(
    ['', 'events/s', 'by core time', 'engine alone', 'of it', 'batch p50', 'p99'],
    rows.map(({ what, ours }) => [
      what,
      perSecond(ours.events_per_second),
      perSecond(ours.events_per_core_second),
      perSecond(ours.engine_per_core_second),
      perCent(ours.share_of_engine),
      `${decimals(ours.p50_ms, 2)} ms`,
      `${decimals(ours.p99_ms, 2)} ms`,
    ]),
  )}`,
);
sections.push(
  `Compared with Python, record by record (DictVectorizer, LinearRegression), alternating\n${table(
    ['run', 'tripcast', 'Python', 'ratio'],
    [
      ...pairs.map(({ theirs, ours }, i) => [
        String(i + 1),
        perSecond(ours.events_per_second),
        perSecond(theirs),
        `x ${decimals(ours.events_per_second / theirs, 0)}`,
      ]),
      ['median', '', '', `x ${decimals(ratio, 0)}`],
    ],
  )}`,
);

const profiledSchema = z.object({
  without_per_core_second: z.number(),
  with_per_core_second: z.number(),
  throughput_ratio: z.number(),
});
const profiling = [500, 100].map((batchSize) => {
  const args = [LINEAR, APRIL, String(batchSize), '30', '60'];
  const job = join(import.meta.dirname, 'profile-job.ts');
  return { batchSize, ...profiledSchema.parse(JSON.parse(onOneCore(process.execPath, job, ...args))) };
});
sections.push(
  `With and without profiles of the rides, by core time, alternating (linear-pair)\n${table(
    ['', 'without', 'with', 'throughput kept'],
    profiling.map((each) => [
      `batches of ${each.batchSize}`,
      perSecond(each.without_per_core_second),
      perSecond(each.with_per_core_second),
      `${decimals(each.throughput_ratio * 100, 1)}%`,
    ]),
  )}`,
);

const { readings } = z
  .object({ readings: z.array(z.object({ rss: z.number(), heap: z.number() })) })
  .parse(JSON.parse(run(process.execPath, ['--expose-gc', join(import.meta.dirname, 'memory-job.ts'), LINEAR, APRIL])));
sections.push(
  `Memory after each 100,000 events (MiB; heap and buffers after a collection)\n${table(
    ['events', 'resident', 'heap'],
    readings.map(({ rss, heap }, i) => [count((i + 1) * 100_000), decimals(rss, 0), decimals(heap, 1)]),
  )}`,
);

await bundleFunctions(FUNCTIONS);
const bundleMib = readFileSync(join(FUNCTIONS, 'stream-score/index.js')).length / 2 ** 20;
const cold = [
  { what: 'linear-pair', starts: await coldStarts(FUNCTIONS, LINEAR, 11) },
  { what: 'zone-map, the champion', starts: await coldStarts(FUNCTIONS, CHAMPION, 11) },
];
sections.push(
  `Cold start, milliseconds: a fresh process to its first prediction, the model read from 127.0.0.1 (bundle ${decimals(bundleMib, 1)} MiB)\n${table(
    ['median of 11', 'node boots', 'import', 'first prediction', 'all', 'of it fetch', 'without fetch', 'best'],
    cold.map(({ what, starts }) => [
      what,
      ...(['boot', 'import', 'first', 'total', 'fetch', 'without'] as const).map((part) =>
        decimals(median(starts.map((each) => each[part])), 0),
      ),
      decimals(Math.min(...starts.map(({ without }) => without)), 0),
    ]),
  )}`,
);
console.log(sections.join('\n\n'));
