/** The false-alarm ledger: how often each alarm is raised without a reason, and with one. */
import { DuckDB } from '#adapters/duckdb.ts';
import { workFolder } from '#adapters/work-folder.ts';
import type { Preset } from '#monitoring/presets.ts';
import type { Table } from '#monitoring/table-pair.ts';
import { type Month, parseMonth } from '#trips/month.ts';
import { say } from '../side-by-side.ts';
import {
  type Alarm,
  alarmOf,
  type DriftRates,
  driftRates,
  type HarmRates,
  harmAlarms,
  harmRates,
  monthlyLook,
  type Quarter,
  quietQuarter,
} from './alarms.ts';
import { samplesOfAllDays } from './day-blocks.ts';
import { ADJACENT, type Model, ScoredMonths, SHIFTS, trainLinearPair } from './scored-months.ts';
import { quietStream } from './stream-quarter.ts';

export interface LedgerSize {
  /** Repetitions of each drift rate; the harm test, which is quick, gets ten times as many. */
  readonly repetitions: number;
  readonly shiftRepetitions: number;
  readonly quarters: number;
  /** Of the stream's own test, which takes longer. */
  readonly streamQuarters: number;
}

export interface Ledger {
  readonly size: LedgerSize;
  /** Two draws of the same month's days, by month. */
  readonly sameMonth: readonly { readonly month: Month; readonly drift: DriftRates; readonly harm: HarmRates }[];
  readonly pairs: readonly PairAlarms[];
  readonly quarters: readonly Quarter[];
  readonly streamQuarters: readonly Quarter[];
  readonly shifts: readonly { readonly name: string; readonly drift: DriftRates; readonly harm: HarmRates }[];
}

export interface PairAlarms {
  readonly reference: Month;
  readonly current: Month;
  readonly drift: Readonly<Record<Preset, Alarm>>;
  readonly harm: boolean;
  readonly estimate: boolean;
}

/** A month of each year with bundled months. */
const RESAMPLED = ['2021-01', '2022-04', '2023-03'].map(parseMonth);
/** The month that is shifted. */
const SHIFTED = parseMonth('2023-03');
const SEED = 15;

/** No model is judged on a month that it was trained on. */
export async function makeLedger(size: LedgerSize): Promise<Ledger> {
  await using folder = await workFolder();
  await using database = await DuckDB.open({ tempDirectory: folder.path });
  const months = new ScoredMonths(database, folder.path);
  say('training linear-pair on 2022-02 and on 2023-01');
  const early = await trainLinearPair(database, [parseMonth('2022-02')], parseMonth('2022-03'));
  const late = await trainLinearPair(database, [parseMonth('2023-01')], parseMonth('2023-02'));
  const modelFor = (...unseen: readonly Month[]) => (unseen.some((month) => month.startsWith('2022')) ? late : early);

  const sameMonth = [];
  for (const month of RESAMPLED) {
    const table = await months.score(modelFor(month), month);
    const days = await months.errorDays(table);
    const drift = driftRates(await months.dayBlocks(table, table), {
      repetitions: size.repetitions,
      seed: SEED,
      onProgress: counting(`${month} against itself`, size.repetitions),
    });
    sameMonth.push({ month, drift, harm: harmRates(days, days, { repetitions: 10 * size.repetitions, seed: SEED }) });
  }

  const pairs: PairAlarms[] = [];
  for (const { reference, current } of ADJACENT) {
    say(`${current} against ${reference}`);
    pairs.push(await alarmsOfPair(months, modelFor(reference, current), reference, current));
  }

  const shifted = await months.score(early, SHIFTED);
  const quiet = await months.dayBlocks(shifted, shifted);
  const quarters = Array.from({ length: size.quarters }, (_, i) => {
    say(`quiet quarter ${i + 1} of ${size.quarters}`);
    return quietQuarter(quiet, monthlyLook, { seed: SEED + i });
  });

  const ofStream = await trainLinearPair(
    database,
    ['2023-01', '2023-02', '2023-03'].map(parseMonth),
    parseMonth('2023-04'),
  );
  ofStream.scorer.close();
  const streamQuarters = Array.from({ length: size.streamQuarters }, (_, i) => {
    say(`quiet quarter of the stream ${i + 1} of ${size.streamQuarters}`);
    return quietStream(ofStream.profile, { seed: SEED + i });
  });

  const shifts = [];
  for (const { name, change } of SHIFTS) {
    const table = await months.score(early, SHIFTED, change);
    shifts.push({
      name,
      drift: driftRates(await months.dayBlocks(shifted, table), {
        repetitions: size.shiftRepetitions,
        seed: SEED,
        onProgress: counting(name, size.shiftRepetitions),
      }),
      harm: await harmOf(months, shifted, table, size),
    });
  }
  early.scorer.close();
  late.scorer.close();
  return { size, sameMonth, pairs, quarters, streamQuarters, shifts };
}

const counting = (what: string, of: number) => (done: number) => {
  if (done % 20 === 0) say(`${what}: ${done} of ${of}`);
};

async function harmOf(months: ScoredMonths, reference: Table, current: Table, size: LedgerSize): Promise<HarmRates> {
  const [before, now] = [await months.errorDays(reference), await months.errorDays(current)];
  return harmRates(before, now, { repetitions: 10 * size.shiftRepetitions, seed: SEED });
}

async function alarmsOfPair(months: ScoredMonths, model: Model, reference: Month, current: Month): Promise<PairAlarms> {
  const [before, now] = [await months.score(model, reference), await months.score(model, current)];
  const samples = samplesOfAllDays(await months.dayBlocks(before, now));
  const { harm, estimate } = harmAlarms(await months.errorDays(before), await months.errorDays(now));
  return {
    reference,
    current,
    drift: {
      tripcast: alarmOf(samples, 'tripcast'),
      evidently: alarmOf(samples, 'evidently'),
      classic: alarmOf(samples, 'classic'),
    },
    harm: harm.verdict === 'harm',
    estimate: estimate.verdict === 'harm',
  };
}
