/** Training: whole ones, zone-map as it was and as it is, and the Python peers. See README.md. */
import { dirname, join } from 'node:path';
import { z } from 'zod';
import { decimals, table } from '#cli/view/terminal.ts';
import { monthFile } from '#storage/layout.ts';
import { parseMonth } from '#trips/month.ts';
import { type Python, python } from '../python.ts';
import { folder, run, TLC } from '../side-by-side.ts';
import { yellowMonth } from '../suite/prepared.ts';

const MARCH = parseMonth('2023-03');
const job = (name: string, ...args: string[]): unknown =>
  JSON.parse(run(process.execPath, [join(import.meta.dirname, name), ...args]));

const linearSchema = z.object({
  rows: z.number(),
  rmse: z.number(),
  intercept: z.number(),
  fit_seconds: z.number(),
  seconds: z.number(),
  peak_mib: z.number(),
});
const trainSchema = z.object({
  rmse: z.number(),
  coverage_90: z.number(),
  typical_rmse: z.number(),
  typical_coverage_90: z.number(),
  seconds: z.number(),
  boosting_seconds: z.number().nullable(),
  cpu_seconds: z.number(),
  peak_mib: z.number(),
});

const sections: string[] = [];
const section = (title: string, head: readonly string[], rows: readonly (readonly string[])[]) =>
  sections.push(`${title}\n${table(head, rows)}`);

const peerSchema = z.object({ rmse: z.number(), seconds: z.number(), peak_mib: z.number() });
const zonesSchema = peerSchema.extend({ intercept: z.number() });
const boostedSchema = peerSchema.extend({ boosting_seconds: z.number() });

const peers = python();
const yellow = await yellowMonth();
const green = join(TLC, monthFile('green', MARCH));
compareLinear(peers);

/** The linear recipes and the same jobs in Python. */
function compareLinear(peer: Python): void {
  const linearRows = (['green', 'yellow'] as const).map((taxiType) => {
    const [file, prefix] = taxiType === 'green' ? [green, 'lpep_'] : [yellow, 'tpep_'];
    const ours = linearSchema.parse(job('linear-job.ts', 'linear-pair', taxiType, file));
    const theirs = peerSchema.parse(peer.run('train_linear.py', file, prefix, join(folder, 'peer.pkl')));
    return [
      `${ours.rows} ${taxiType} rides`,
      `${decimals(ours.seconds, 2)} s (fit ${decimals(ours.fit_seconds, 2)})`,
      `${decimals(theirs.seconds, 2)} s`,
      `x ${decimals(theirs.seconds / ours.seconds, 1)}`,
      `${decimals(ours.peak_mib, 0)} MiB`,
      `${decimals(theirs.peak_mib, 0)} MiB`,
      `${decimals(ours.rmse, 6)} / ${decimals(theirs.rmse, 6)}`,
    ];
  });
  section(
    'linear-pair: read, clean, fit, RMSE on the same rides (scikit-learn stops early)',
    ['', 'tripcast', 'Python', 'ratio', 'peak', 'Python', 'RMSE, Python'],
    linearRows,
  );

  const zonesRows = (['green', 'yellow'] as const).map((taxiType) => {
    const [file, prefix] = taxiType === 'green' ? [green, 'lpep_'] : [yellow, 'tpep_'];
    const ours = linearSchema.parse(job('linear-job.ts', 'linear-zones', taxiType, file));
    const theirs = zonesSchema.parse(peer.run('linear_zones.py', file, prefix));
    return [
      `${ours.rows} ${taxiType} rides`,
      `${decimals(ours.seconds, 2)} s`,
      `${decimals(theirs.seconds, 2)} s`,
      `x ${decimals(theirs.seconds / ours.seconds, 1)}`,
      `${decimals(ours.peak_mib, 0)} MiB`,
      Math.abs(ours.rmse - theirs.rmse).toExponential(1),
      Math.abs(ours.intercept - theirs.intercept).toExponential(1),
    ];
  });
  section(
    'linear-zones: the same, against LinearRegression(tol=1e-13)',
    ['', 'tripcast', 'Python', 'ratio', 'peak', 'RMSE differs by', 'intercept by'],
    zonesRows,
  );
}

const MONTHS = ['2023-03', '2023-01,2023-02,2023-03'] as const;
const wanted = [
  ['linear-pair', 'green', TLC, MONTHS[0], '2023-04'],
  ['linear-zones', 'green', TLC, MONTHS[0], '2023-04'],
  ['xgboost-pair', 'green', TLC, MONTHS[0], '2023-04'],
  ['zone-map-before', 'green', TLC, MONTHS[1], '2023-04'],
  ...(['zone-map-fast', 'zone-map'] as const).flatMap((recipe) =>
    MONTHS.map((months) => [recipe, 'green', TLC, months, '2023-04'] as const),
  ),
  ['linear-pair', 'yellow', dirname(yellow), '2023-03', 'split:0.2'],
] as const;
const trained = wanted.map((args) => ({ args, ...trainSchema.parse(job('train-job.ts', ...args)) }));
section(
  'Whole trainings: fit, intervals out of fold, graph, golden rides, validation',
  ['', 'RMSE', 'in 90%', 'no distance: RMSE', 'in 90%', 'seconds', 'boosting', 'peak'],
  trained.map(({ args: [recipe, taxiType, , months, validation], ...each }) => [
    `${recipe} ${taxiType} ${months} -> ${validation}`,
    decimals(each.rmse, 4),
    `${decimals(each.coverage_90 * 100, 1)}%`,
    decimals(each.typical_rmse, 4),
    `${decimals(each.typical_coverage_90 * 100, 1)}%`,
    decimals(each.seconds, 1),
    each.boosting_seconds === null ? '–' : decimals(each.boosting_seconds, 2),
    `${decimals(each.peak_mib, 0)} MiB`,
  ]),
);

const zoneMap = (name: string) =>
  trained.find(({ args: [recipe, , , months] }) => recipe === name && months === MONTHS[1]);
const [before, now] = [zoneMap('zone-map-before'), zoneMap('zone-map')];
if (before !== undefined && now !== undefined) {
  const row = (name: string, b: number, n: number, digits: number) => [name, decimals(b, digits), decimals(n, digits)];
  section(
    'zone-map on 2023-01..03 -> 2023-04: as it was (metered rides only), and as it is (both questions, in one run)',
    ['', 'before', 'now'],
    [
      row('RMSE, metered', before.rmse, now.rmse, 4),
      row('RMSE, no distance', before.typical_rmse, now.typical_rmse, 4),
      row('in 90%, metered', before.coverage_90 * 100, now.coverage_90 * 100, 1),
      row('in 90%, no distance', before.typical_coverage_90 * 100, now.typical_coverage_90 * 100, 1),
      row('seconds', before.seconds, now.seconds, 1),
      row('times as long', 1, now.seconds / before.seconds, 2),
      row('CPU seconds', before.cpu_seconds, now.cpu_seconds, 1),
      row('times as much', 1, now.cpu_seconds / before.cpu_seconds, 2),
    ],
  );
}
comparePair(peers);

/** xgboost-pair and the same in Python. */
function comparePair(peer: Python): void {
  const april = join(TLC, monthFile('green', parseMonth('2023-04')));
  const theirs = boostedSchema.parse(peer.run('train_xgboost.py', green, april, 'lpep_'));
  const pair = trained.find(({ args: [recipe] }) => recipe === 'xgboost-pair');
  section(
    'xgboost-pair: thirty rounds with both errors after each, no matrix building',
    ['', 'seconds', 'RMSE'],
    [
      [
        'tripcast, through koffi',
        decimals(pair?.boosting_seconds ?? Number.NaN, 2),
        decimals(pair?.rmse ?? Number.NaN, 7),
      ],
      ['Python', decimals(theirs.boosting_seconds, 2), decimals(theirs.rmse, 7)],
    ],
  );
}

console.log(sections.join('\n\n'));
