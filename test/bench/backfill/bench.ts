/**
 * A backfill of all bundled months on an emulator of its own: one month at a time and four at a time, turn about, all
 * scored anew each time; then once more with nothing left to do. Prints a table.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { silentTerminal } from '../../support/silent-terminal.ts';
import { median } from '../figures.ts';

const ROUNDS = 3;
const dir = mkdtempSync(join(import.meta.dirname, '../../../.tripcast/bench-'));
process.env.TRIPCAST_LOCAL = dir; // before anything reads it
const [{ startEmulator }, { writeEnvironment }, { deployStack }] = await Promise.all([
  import('#local/emulator.ts'),
  import('#local/environment.ts'),
  import('#local/deploy.ts'),
]);
const [{ connect }, { ingestMonths }, { runBackfill }] = await Promise.all([
  import('#cli/context.ts'),
  import('#cli/commands/ingest.ts'),
  import('#cli/commands/backfill.ts'),
]);
const { parseMonth, parseMonths } = await import('#trips/month.ts');
const { registerRun } = await import('../../support/deployed.ts');
const { table } = await import('#cli/view/terminal.ts');

/** In two ranges, since a backfill has no gaps and the years before and between them are not bundled. */
const RANGES = [
  ['2022-02', '2022-05'],
  ['2023-01', '2023-04'],
] as const;
const MONTHS = parseMonths(RANGES.map((range) => range.join('..')).join());

const emulator = await startEmulator({ port: 4780, dir, env: { SFN_WAIT_SCALE: '0' } });
try {
  const { stop: _, ...mark } = emulator;
  writeEnvironment({ ...mark, startedAt: new Date().toISOString() }, join(dir, 'environment.json'));
  await deployStack({ endpointUrl: emulator.endpointUrl, dir });
  const to = await connect('dev');
  const runId = await registerRun(to);
  const source = join(import.meta.dirname, '../../../data/tlc');
  await ingestMonths(to, MONTHS, { taxiType: 'green', source }, silentTerminal());

  const backfill = async (maxConcurrency: number, force: boolean) => {
    const started = performance.now();
    let scoring = 0;
    for (const [from, to_] of RANGES) {
      const range = { from: parseMonth(from), to: parseMonth(to_) };
      const options = { taxiType: 'green', ...range, maxConcurrency, runId, force, all: false } as const;
      const months = await runBackfill(to, options, silentTerminal());
      scoring += months.reduce((sum, { seconds }) => sum + (seconds ?? 0), 0);
    }
    const seconds = (performance.now() - started) / 1000;
    return { seconds, scoring };
  };
  await backfill(4, true); // starts the functions
  const rounds: { one: Awaited<ReturnType<typeof backfill>>; four: Awaited<ReturnType<typeof backfill>> }[] = [];
  for (let i = 0; i < ROUNDS; i += 1) rounds.push({ one: await backfill(1, true), four: await backfill(4, true) });
  const nothing = await backfill(1, false);

  const one = median(rounds.map((round) => round.one.seconds));
  const four = median(rounds.map((round) => round.four.seconds));
  const overhead = median(rounds.map((round) => (round.one.seconds - round.one.scoring) / MONTHS.length));
  const rows = [
    ['one at a time', one.toFixed(1), (one / MONTHS.length).toFixed(2)],
    ['of it beyond scoring', (overhead * MONTHS.length).toFixed(1), overhead.toFixed(2)],
    ['four at a time', four.toFixed(1), (four / MONTHS.length).toFixed(2)],
    ['nothing to do', nothing.seconds.toFixed(1), (nothing.seconds / MONTHS.length).toFixed(2)],
  ];
  console.log(table([`${MONTHS.length} months`, 'seconds', 'a month'], rows));
  const slowed = median(rounds.map((round) => round.four.scoring / round.one.scoring));
  const ratio = median(rounds.map((round) => round.one.seconds / round.four.seconds));
  console.log(
    `Four at a time is ${ratio.toFixed(2)} times as fast (median of ${ROUNDS} pairs); each month's scoring then takes ${slowed.toFixed(2)} times as long, on ${availableParallelism()} cores.`,
  );
} finally {
  await emulator.stop();
  rmSync(dir, { recursive: true, force: true });
}
