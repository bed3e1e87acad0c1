/** `tripcast drift` compared with Evidently, in one run: a real month, and 3.4 million rows. */
import { join } from 'node:path';
import { z } from 'zod';
import { count, decimals } from '#cli/view/terminal.ts';
import { makeYellow } from '../batch/months.ts';
import { median } from '../figures.ts';
import { interpreterWith } from '../python.ts';
import { CLONE, folder, run, TLC } from '../side-by-side.ts';
import { markdownTable } from './document.ts';

const PEER = join(import.meta.dirname, 'peer');
const jobSchema = z.object({
  seconds: z.array(z.number()),
  cpu_seconds: z.array(z.number()),
  columns: z.number(),
  peak_mib: z.number(),
});
const peerSchema = z.object({ seconds: z.number(), whole: z.number(), columns: z.number(), peak_mib: z.number() });

interface Pair {
  readonly title: string;
  readonly reference: string;
  readonly current: string;
  readonly rounds: number;
}

/** Sides alternate, a process each; the median counts, or of 3.4M rows the only round. "In process" is without loading the libraries, on both sides. */
export async function speedMarkdown(): Promise<string> {
  const python = interpreterWith(join(PEER, 'requirements.txt'));
  const month = (name: string) => join(TLC, `green_tripdata_${name}.parquet`);
  const large = join(folder, 'large.parquet');
  await makeYellow(TLC, large);
  const pairs: readonly Pair[] = [
    { title: '2023-04 against 2023-01', reference: month('2023-01'), current: month('2023-04'), rounds: 3 },
    { title: `${count(3_400_000)} rows against as many`, reference: large, current: large, rounds: 1 },
  ];
  const rows = pairs.flatMap((pair) => measured(pair, python));
  const head = ['', 'columns', 'whole process', 'in process', 'of CPUs', 'peak', 'Evidently takes'];
  return markdownTable(head, rows);
}

function measured({ title, reference, current, rounds }: Pair, python: string): readonly (readonly string[])[] {
  const presets = ['tripcast', 'evidently'] as const;
  const jobs = { tripcast: [] as Measured[], evidently: [] as Measured[] };
  const theirs: Measured[] = [];
  for (let round = 0; round < rounds; round += 1) {
    for (const preset of presets) jobs[preset].push(ours(preset, reference, current));
    const there = peerSchema.parse(
      JSON.parse(run(python, ['-W', 'ignore', join(PEER, 'evidently_drift.py'), reference, current])),
    );
    theirs.push({ ...there, inProcess: there.seconds, cpu: Number.NaN });
  }
  const of = (all: readonly Measured[], name: keyof Measured) => median(all.map((each) => each[name]));
  const inProcess = of(theirs, 'inProcess');
  const line = (name: string, all: readonly Measured[], isPeer: boolean) => [
    `${title}: ${name}`,
    String(of(all, 'columns')),
    `${decimals(of(all, 'whole'), 2)} s`,
    `${decimals(of(all, 'inProcess'), 2)} s`,
    isPeer ? '–' : `${decimals(of(all, 'cpu'), 2)} s`,
    `${decimals(of(all, 'peak_mib'), 0)} MiB`,
    isPeer ? '' : `x ${decimals(inProcess / of(all, 'inProcess'), 1)}`,
  ];
  return [
    ...presets.map((preset) => line(`\`${preset}\``, jobs[preset], false)),
    line('Evidently 0.7.23', theirs, true),
  ];
}

interface Measured {
  readonly whole: number;
  readonly inProcess: number;
  readonly cpu: number;
  readonly columns: number;
  readonly peak_mib: number;
}

function ours(preset: string, reference: string, current: string): Measured {
  const job = jobSchema.parse(
    JSON.parse(run(process.execPath, [join(import.meta.dirname, 'drift-job.ts'), preset, reference, current, '1'])),
  );
  const started = performance.now();
  run(process.execPath, [join(CLONE, 'bin/tripcast.mjs'), 'drift', reference, current, '--preset', preset, '--json']);
  const whole = (performance.now() - started) / 1000;
  return { whole, inProcess: median(job.seconds), cpu: median(job.cpu_seconds), ...job };
}
