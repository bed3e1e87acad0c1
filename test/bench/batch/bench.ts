/** Scoring a month next to the Python peer, in one run. See README.md. */
import { join } from 'node:path';
import { z } from 'zod';
import { count, decimals, table } from '#cli/view/terminal.ts';
import { median } from '../figures.ts';
import { folder, run, whole } from '../side-by-side.ts';
import { prepare } from '../suite/prepared.ts';
import { tripcast } from '../suite/processes.ts';

const { python, march, yellow, six, model } = await prepare();
/** One for green and yellow rides: what it predicts does not matter here. */
const MODEL = join(await model('linear-pair'), 'model.onnx');
const PICKLE = join(folder, 'peer.pkl');
python.run('train_linear.py', march, 'lpep_', PICKLE);

interface Month {
  readonly taxiType: 'green' | 'yellow';
  readonly prefix: string;
  readonly file: string;
}

const scoreSchema = z.object({ rows_in: z.number(), rows_scored: z.number(), peak_rss_mb: z.number() });
const peerSchema = z.object({ rows: z.number(), seconds: z.number(), peak_mib: z.number() });
const jobSchema = z.object({
  runs: z.array(z.object({ score: z.number(), copy: z.number(), copy_default: z.number() })),
  peak_mib: z.number(),
});

const score = (file: string) =>
  scoreSchema.parse(tripcast('score', file, join(folder, 'output.parquet'), '--model', MODEL, '--any-taxi-type'));

/** Scores in one process, that many times. */
const job = ({ taxiType, file }: Month, times: number) =>
  jobSchema.parse(
    JSON.parse(
      run(process.execPath, [join(import.meta.dirname, 'score-job.ts'), MODEL, taxiType, file, folder, String(times)]),
    ),
  );

interface Side {
  readonly whole: number;
  readonly inProcess: number;
  /** The month once more, in the same process; Python's is read once. */
  readonly again: number;
  readonly peak: number;
  readonly rows: number;
}

/** Alternating, a process a run on each side; here also one that scores the month twice. */
function sideBySide(month: Month, times: number) {
  const ours: Side[] = [];
  const theirs: Side[] = [];
  score(month.file); // the first run compiles
  for (let i = 0; i < times; i++) {
    const { runs } = job(month, 2);
    const here = whole(() => score(month.file));
    ours.push({
      whole: here.seconds,
      inProcess: runs[0]?.score ?? Number.NaN,
      again: runs[1]?.score ?? Number.NaN,
      peak: here.said.peak_rss_mb,
      rows: here.said.rows_scored,
    });
    const there = whole(() =>
      python.run('score_month.py', month.file, month.prefix, PICKLE, join(folder, 'peer.parquet')),
    );
    const { rows, seconds, peak_mib } = peerSchema.parse(there.said);
    theirs.push({ whole: there.seconds, inProcess: seconds, again: seconds, peak: peak_mib, rows });
  }
  return { ours, theirs };
}

const MEASURES = ['whole', 'inProcess', 'again', 'peak'] as const;
const figures = (sides: readonly Side[]) =>
  Object.fromEntries(MEASURES.map((name) => [name, median(sides.map((side) => side[name]))]));

function comparison(title: string, { ours, theirs }: ReturnType<typeof sideBySide>): readonly string[] {
  const [here, there] = [figures(ours), figures(theirs)];
  const times = (name: 'whole' | 'inProcess' | 'again') => `x ${decimals((there[name] ?? 0) / (here[name] ?? 1), 1)}`;
  const seconds = (value = Number.NaN) => `${decimals(value, 2)} s`;
  return [
    `${title}, ${count(ours[0]?.rows ?? 0)} scored`,
    ...[seconds(here.whole), seconds(there.whole), times('whole')],
    ...[seconds(here.inProcess), seconds(there.inProcess), times('inProcess')],
    ...[seconds(here.again), times('again')],
    `${decimals(here.peak ?? 0, 0)} MiB`,
    `${decimals(there.peak ?? 0, 0)} MiB`,
  ];
}

const sections: string[] = [];
const section = (title: string, head: readonly string[], rows: readonly (readonly string[])[]) =>
  sections.push(`${title}\n${table(head, rows)}`);

const YELLOW: Month = { taxiType: 'yellow', prefix: 'tpep_', file: yellow };
const small = sideBySide({ taxiType: 'green', prefix: 'lpep_', file: march }, 5);
const large = sideBySide(YELLOW, 3);
section(
  'tripcast score compared with score_month.py',
  ['', 'whole process', 'Python', 'ratio', 'in process', 'Python', 'ratio', 'again', 'ratio', 'peak', 'Python'],
  [comparison('a real green month', small), comparison('3.4M yellow rides', large)],
);

const { runs } = job(YELLOW, 5);
const of = (name: 'score' | 'copy' | 'copy_default') => median(runs.map((each) => each[name]));
const ratio = (name: 'copy' | 'copy_default') => median(runs.map((each) => each.score / each[name]));
section(
  "Scoring compared with DuckDB's COPY of the scored file, in one process",
  ['', 'seconds', 'scoring takes'],
  [
    ['scoring 3.4M rides', decimals(of('score'), 2), ''],
    ['COPY as the scorer writes', decimals(of('copy'), 2), `x ${decimals(ratio('copy'), 2)}`],
    ['COPY by default', decimals(of('copy_default'), 2), `x ${decimals(ratio('copy_default'), 2)}`],
  ],
);

const sixFold = Array.from({ length: 3 }, () => {
  const { said, seconds } = whole(() => score(six));
  return { seconds, ...said };
});
const once = figures(large.ours);
const sixSeconds = median(sixFold.map(({ seconds }) => seconds));
section(
  'Six times the rides',
  ['', 'whole process', 'peak'],
  [
    [count(large.ours[0]?.rows ?? 0), `${decimals(once.whole ?? 0, 2)} s`, `${decimals(once.peak ?? 0, 0)} MiB`],
    [
      count(sixFold[0]?.rows_scored ?? 0),
      `${decimals(sixSeconds, 2)} s`,
      `${decimals(median(sixFold.map((each) => each.peak_rss_mb)), 0)} MiB`,
    ],
    ['', `x ${decimals(sixSeconds / (once.whole ?? 1), 2)}`, ''],
  ],
);
console.log(sections.join('\n\n'));
