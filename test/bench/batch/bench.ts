/** Scoring a month beside the Python peer, in one run. See README.md. */
import { dirname, join } from 'node:path';
import { z } from 'zod';
import { count, decimals, table } from '#cli/view/terminal.ts';
import { monthFile } from '#storage/layout.ts';
import { median } from '../figures.ts';
import { CLONE, findPeers, folder, type Peers, run, TLC, whole } from '../side-by-side.ts';
import { kept, MARCH, makeYellow, sixTimes } from './months.ts';

const CACHE = join(CLONE, '.tripcast/bench/batch');
const peers = findPeers();

const node = (...args: readonly string[]) => run(process.execPath, args);
const tripcast = (...args: readonly string[]) => node(join(CLONE, 'bin/tripcast.mjs'), ...args, '--json');

interface Month {
  readonly taxiType: 'green' | 'yellow';
  readonly prefix: string;
  readonly file: string;
}
const green = { taxiType: 'green', prefix: 'lpep_', file: join(TLC, monthFile('green', MARCH)) } as const;
const madeBy = peers ? 'peers' : 'here';
const yellowFile = await kept(join(CACHE, madeBy, monthFile('yellow', MARCH)), (to) =>
  peers ? peers.run('make_yellow.py', TLC, to) : makeYellow(TLC, to),
);
const yellow = { taxiType: 'yellow', prefix: 'tpep_', file: yellowFile } as const;
const sixFile = await kept(join(CACHE, madeBy, 'six', monthFile('yellow', MARCH)), (to) => sixTimes(yellowFile, to));

/** linear-pair, trained on the month itself: what it predicts does not matter here. */
const modelOf = ({ taxiType, file }: Month) =>
  kept(join(CACHE, madeBy, `${taxiType}.onnx`), (to) => {
    const out = join(folder, taxiType);
    tripcast(
      'train',
      '--recipe',
      'linear-pair',
      '--taxi-type',
      taxiType,
      '--train',
      MARCH,
      '--validate',
      'split:0.2',
      '--local',
      '--source',
      dirname(file),
      '--out',
      out,
    );
    run('cp', [join(out, 'model.onnx'), to]);
  });
const pickleOf = ({ taxiType, prefix, file }: Month, python: Peers) =>
  kept(join(CACHE, madeBy, `${taxiType}.pkl`), (to) => python.run('train_linear.py', file, prefix, to));

const scoreSchema = z.object({ rows_in: z.number(), rows_scored: z.number(), peak_rss_mb: z.number() });
const jobSchema = z.object({
  runs: z.array(z.object({ score: z.number(), copy: z.number(), copy_default: z.number() })),
  peak_mib: z.number(),
});

interface Side {
  readonly whole: number;
  readonly inProcess: number;
  /** The month once more, in the same process; Python's is read once. */
  readonly again: number;
  readonly peak: number;
  readonly rows: number;
}

/** Alternating, a process a run on each side; here also one that scores the month twice. */
async function sideBySide(month: Month, times: number) {
  const model = await modelOf(month);
  const pickle = peers && (await pickleOf(month, peers));
  const ours: Side[] = [];
  const theirs: Side[] = [];
  tripcast('score', month.file, join(folder, 'output.parquet'), '--model', model); // the first run compiles
  for (let i = 0; i < times; i++) {
    const job = jobSchema.parse(
      JSON.parse(node(join(import.meta.dirname, 'score-job.ts'), model, month.taxiType, month.file, folder, '2')),
    );
    const here = whole(() => tripcast('score', month.file, join(folder, 'output.parquet'), '--model', model));
    const { rows_scored, peak_rss_mb } = scoreSchema.parse(JSON.parse(here.said));
    ours.push({
      whole: here.seconds,
      inProcess: job.runs[0]?.score ?? Number.NaN,
      again: job.runs[1]?.score ?? Number.NaN,
      peak: peak_rss_mb,
      rows: rows_scored,
    });
    if (peers === undefined || pickle === undefined) continue;
    const there = whole(() => peers.run('batch.py', month.file, month.prefix, pickle, join(folder, 'peer.parquet')));
    const number = (pattern: RegExp) => Number(pattern.exec(there.said)?.[1]);
    const inProcess = number(/without import ([\d.]+)/);
    theirs.push({
      whole: there.seconds,
      inProcess,
      again: inProcess,
      peak: number(/peakRSS_MiB (\d+)/),
      rows: number(/^(\d+)/),
    });
  }
  return { ours, theirs };
}

const MEASURES = ['whole', 'inProcess', 'again', 'peak'] as const;
const figures = (sides: readonly Side[]) =>
  Object.fromEntries(MEASURES.map((name) => [name, median(sides.map((side) => side[name]))]));

function comparison(title: string, { ours, theirs }: Awaited<ReturnType<typeof sideBySide>>): readonly string[] {
  const [here, there] = [figures(ours), figures(theirs)];
  const pair = (name: 'whole' | 'inProcess' | 'again') =>
    theirs.length === 0
      ? [`${decimals(here[name] ?? 0, 3)} s`, '–', '–']
      : [
          `${decimals(here[name] ?? 0, 3)} s`,
          `${decimals(there[name] ?? 0, 2)} s`,
          `x ${decimals((there[name] ?? 0) / (here[name] ?? 1), 1)}`,
        ];
  return [
    `${title}, ${count(ours[0]?.rows ?? 0)} scored`,
    ...pair('whole'),
    ...pair('inProcess'),
    ...pair('again').toSpliced(1, 1),
    `${decimals(here.peak ?? 0, 0)} MiB`,
    theirs.length === 0 ? '–' : `${decimals(there.peak ?? 0, 0)} MiB`,
  ];
}

const sections: string[] = [];
const section = (title: string, head: readonly string[], rows: readonly (readonly string[])[]) =>
  sections.push(`${title}\n${table(head, rows)}`);

const small = await sideBySide(green, 5);
const large = await sideBySide(yellow, 3);
section(
  'tripcast score compared with batch.py',
  ['', 'whole process', 'Python', 'ratio', 'in process', 'Python', 'ratio', 'again', 'ratio', 'peak', 'Python'],
  [comparison('a real green month', small), comparison('3.4M yellow rides', large)],
);

const yellowModel = await modelOf(yellow);
const job = jobSchema.parse(
  JSON.parse(node(join(import.meta.dirname, 'score-job.ts'), yellowModel, 'yellow', yellowFile, folder, '5')),
);
const of = (name: 'score' | 'copy' | 'copy_default') => median(job.runs.map((each) => each[name]));
const ratio = (name: 'copy' | 'copy_default') => median(job.runs.map((each) => each.score / each[name]));
section(
  "Scoring compared with DuckDB's COPY of the scored file, in one process",
  ['', 'seconds', 'scoring takes'],
  [
    ['scoring 3.4M rides', decimals(of('score'), 2), ''],
    ['COPY as the scorer writes', decimals(of('copy'), 2), `x ${decimals(ratio('copy'), 2)}`],
    ['COPY by default', decimals(of('copy_default'), 2), `x ${decimals(ratio('copy_default'), 2)}`],
  ],
);

const six = [];
for (let i = 0; i < 3; i++) {
  const { said, seconds } = whole(() =>
    tripcast('score', sixFile, join(folder, 'output.parquet'), '--model', yellowModel),
  );
  six.push({ seconds, ...scoreSchema.parse(JSON.parse(said)) });
}
const once = figures(large.ours);
const sixSeconds = median(six.map(({ seconds }) => seconds));
section(
  'Six times the rides',
  ['', 'whole process', 'peak'],
  [
    [count(large.ours[0]?.rows ?? 0), `${decimals(once.whole ?? 0, 2)} s`, `${decimals(once.peak ?? 0, 0)} MiB`],
    [
      count(six[0]?.rows_scored ?? 0),
      `${decimals(sixSeconds, 2)} s`,
      `${decimals(median(six.map((each) => each.peak_rss_mb)), 0)} MiB`,
    ],
    ['', `x ${decimals(sixSeconds / (once.whole ?? 1), 2)}`, ''],
  ],
);
console.log(sections.join('\n\n'));
