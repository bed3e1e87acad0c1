import { type TwoSamples, total } from './two-samples.ts';

/**
 * One column of two samples, counted day by day. Rides of one day share weather, traffic and events, so days are what can
 * be resampled; two random halves of one month are alike by construction and prove nothing.
 */
export interface DayCounts {
  readonly kind: 'numeric' | 'categorical';
  /** `[cells]`, ascending: the middle one of a numeric cell's values, which an absurd distance does not move. */
  readonly positions: Float64Array;
  /** A day each: how many of its rows fall into each cell. */
  readonly reference: readonly Float64Array[];
  readonly current: readonly Float64Array[];
}

/**
 * Rows of a column: `value[i]` was seen `count[i]` times on `day[i]` (NaN = on an unknown one), in the current sample if
 * `isCurrent[i]` is 1. Sorted by value; values of text are its levels' numbers, from 1.
 */
export interface CountedRows {
  readonly value: Float64Array;
  readonly day: Float64Array;
  readonly isCurrent: Float64Array;
  readonly count: Float64Array;
}

/** Enough for a distance: see test/unit/monitoring/day-counts.test.ts, which compares it with that of all values. */
const MOST_CELLS = 256;

/** @param levels the texts that the values number; undefined for numbers */
export function samplesOf(kind: DayCounts['kind'], rows: CountedRows, levels?: readonly string[]): TwoSamples {
  const cellOf = cellPerValue(rows);
  const cells = (cellOf.at(-1) ?? -1) + 1;
  const [values, reference, current] = [new Float64Array(cells), new Float64Array(cells), new Float64Array(cells)];
  cellOf.forEach((cell, i) => {
    const side = rows.isCurrent[i] === 1 ? current : reference;
    side[cell] = (side[cell] ?? 0) + (rows.count[i] ?? 0);
    values[cell] = rows.value[i] ?? 0;
  });
  if (levels !== undefined) return { kind: 'categorical', values: levels, reference, current };
  return { kind, values, reference, current };
}

/** Rows of an unknown day are left out. A numeric column with more than 256 distinct values is cut into cells of about equally many rows. */
export function dayCounts(kind: DayCounts['kind'], all: CountedRows): DayCounts {
  const rows = withDay(all);
  const cellOf = kind === 'categorical' ? cellPerValue(rows) : cellPerShare(rows);
  const cells = (cellOf.at(-1) ?? -1) + 1;
  const days = [new Map<number, Float64Array>(), new Map<number, Float64Array>()] as const;
  for (let i = 0; i < cellOf.length; i += 1) {
    const side = days[rows.isCurrent[i] === 1 ? 1 : 0];
    const [day, cell] = [rows.day[i] ?? 0, cellOf[i] ?? 0];
    let ofDay = side.get(day);
    if (ofDay === undefined) {
      ofDay = new Float64Array(cells);
      side.set(day, ofDay);
    }
    ofDay[cell] = (ofDay[cell] ?? 0) + (rows.count[i] ?? 0);
  }
  const inOrder = (side: ReadonlyMap<number, Float64Array>) =>
    [...side].sort(([a], [b]) => a - b).map(([, ofDay]) => ofDay);
  return {
    kind,
    positions: middles(cellOf, cells, rows),
    reference: inOrder(days[0]),
    current: inOrder(days[1]),
  };
}

function withDay(rows: CountedRows): CountedRows {
  if (!rows.day.some(Number.isNaN)) return rows;
  const kept = (values: Float64Array) => values.filter((_, i) => !Number.isNaN(rows.day[i]));
  return { value: kept(rows.value), day: kept(rows.day), isCurrent: kept(rows.isCurrent), count: kept(rows.count) };
}

/** The value at the middle row of each cell. */
function middles(cellOf: Uint32Array, cells: number, { value, count }: CountedRows): Float64Array {
  const rows = new Float64Array(cells);
  cellOf.forEach((cell, i) => {
    rows[cell] = (rows[cell] ?? 0) + (count[i] ?? 0);
  });
  const [before, middle] = [new Float64Array(cells), new Float64Array(cells)];
  cellOf.forEach((cell, i) => {
    if ((before[cell] ?? 0) * 2 < (rows[cell] ?? 0)) middle[cell] = value[i] ?? 0;
    before[cell] = (before[cell] ?? 0) + (count[i] ?? 0);
  });
  return middle;
}

function cellPerValue({ value }: CountedRows): Uint32Array {
  const cells = new Uint32Array(value.length);
  let cell = 0;
  for (let i = 1; i < value.length; i += 1) {
    if (value[i] !== value[i - 1]) cell += 1;
    cells[i] = cell;
  }
  return cells;
}

/** A cell begins where another 1/256 of all rows is reached; equal values share one. */
function cellPerShare(rows: CountedRows): Uint32Array {
  const perValue = cellPerValue(rows);
  const values = (perValue.at(-1) ?? 0) + 1;
  if (values <= MOST_CELLS) return perValue;
  const perCell = total(rows.count) / MOST_CELLS;
  const cellOfValue = new Uint32Array(values);
  let [before, cell, next] = [0, -1, 0];
  for (let i = 0; i < perValue.length; i += 1) {
    const value = perValue[i] ?? 0;
    if (value !== perValue[i - 1] && before >= next) {
      cell += 1;
      next = (Math.floor(before / perCell) + 1) * perCell;
    }
    cellOfValue[value] = cell;
    before += rows.count[i] ?? 0;
  }
  for (let i = 0; i < perValue.length; i += 1) perValue[i] = cellOfValue[perValue[i] ?? 0] ?? 0;
  return perValue;
}
