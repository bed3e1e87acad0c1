/** A month's columns day by day, and samples of whole days drawn from it. */

import { type CountedRows, type DayCounts, dayCounts } from '#monitoring/statistics/day-counts.ts';
import { total } from '#monitoring/statistics/two-samples.ts';
import type { ColumnSamples, TablePair } from '#monitoring/table-pair.ts';
import { sameName } from '#trips/inspect-file.ts';

/** A column's days on both sides. */
export interface DayBlocks {
  readonly name: string;
  readonly missing: ColumnSamples['missing'];
  /** As preset tripcast counts them. */
  readonly cells: DayCounts;
  /** The same days with a cell for every value, as Evidently counts. */
  readonly values: DayCounts;
  /** Of each weekday, which of the days above can be drawn. */
  readonly byWeekday: { readonly reference: DaysOfWeek; readonly current: DaysOfWeek };
}

/** For each weekday, counted from that of 1970-01-01, positions in a list of days. */
type DaysOfWeek = readonly (readonly number[])[];

const WEEKDAYS = 7;
/** Days with fewer are strays: TLC's months hold single rides of other years. */
const LEAST_ROWS = 100;

/** @param leftOut columns that monitoring does not compare */
export async function readDayBlocks(
  pair: TablePair,
  timeColumn: string,
  leftOut: readonly string[],
): Promise<readonly DayBlocks[]> {
  const blocks: DayBlocks[] = [];
  for (const column of pair.schema.compared) {
    if ([timeColumn, ...leftOut].some((each) => sameName(each, column.name))) continue;
    const { missing } = await pair.read(column);
    const rows = await pair.count(column, timeColumn);
    const [cells, values] = [dayCounts(column.kind, rows), dayCounts('categorical', rows)];
    const byWeekday = {
      reference: daysOfWeek(rows, 0, values.reference),
      current: daysOfWeek(rows, 1, values.current),
    };
    blocks.push({ name: column.name, missing, cells, values: { ...values, kind: column.kind }, byWeekday });
  }
  return blocks;
}

/** @param counts of the side's days, in order of time */
function daysOfWeek({ day, isCurrent }: CountedRows, side: 0 | 1, counts: readonly Float64Array[]): DaysOfWeek {
  const numbers = [...new Set(day.filter((number, i) => isCurrent[i] === side && !Number.isNaN(number)))].sort(
    (a, b) => a - b,
  );
  return Array.from({ length: WEEKDAYS }, (_, weekday) =>
    numbers.flatMap((number, i) =>
      number % WEEKDAYS === weekday && total(counts[i] ?? new Float64Array()) >= LEAST_ROWS ? [i] : [],
    ),
  );
}

/** Days that follow each other, each drawn from the days of its weekday: a number in 0..1, the same for all columns. */
export type Draws = readonly { readonly weekday: number; readonly at: number }[];

export const draw = (days: number, random: () => number): Draws =>
  Array.from({ length: days }, (_, i) => ({ weekday: i % WEEKDAYS, at: random() }));

/** What monitoring would read of the days drawn. A column of which a side has no day at all stays empty. */
export function samplesOfDays(
  blocks: readonly DayBlocks[],
  reference: Draws,
  current: Draws,
): readonly ColumnSamples[] {
  return blocks.map((block) =>
    samplesOf(block, drawn(block.byWeekday.reference, reference), drawn(block.byWeekday.current, current)),
  );
}

/** What monitoring would read of all days, each once. */
export const samplesOfAllDays = (blocks: readonly DayBlocks[]): readonly ColumnSamples[] =>
  blocks.map((block) => samplesOf(block, [...block.cells.reference.keys()], [...block.cells.current.keys()]));

/** Positions of days. */
const drawn = (days: DaysOfWeek, draws: Draws): readonly number[] =>
  draws.flatMap(({ weekday, at }) => {
    const candidates = days[weekday] ?? [];
    return candidates[Math.floor(at * candidates.length)] ?? [];
  });

function samplesOf(
  { name, missing, cells, values: { kind, positions, ...values } }: DayBlocks,
  reference: readonly number[],
  current: readonly number[],
): ColumnSamples {
  const some = (days: readonly Float64Array[], which: readonly number[]) => which.flatMap((i) => days[i] ?? []);
  return {
    name,
    missing,
    samples: {
      kind,
      values: positions,
      reference: sumOf(some(values.reference, reference), positions.length),
      current: sumOf(some(values.current, current), positions.length),
    },
    days: { ...cells, reference: some(cells.reference, reference), current: some(cells.current, current) },
  };
}

function sumOf(days: readonly Float64Array[], cells: number): Float64Array {
  const sum = new Float64Array(cells);
  for (const day of days) {
    day.forEach((count, i) => {
      sum[i] = (sum[i] ?? 0) + count;
    });
  }
  return sum;
}
