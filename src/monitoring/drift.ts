import { TripcastError } from '#errors.ts';
import { sameName } from '#trips/inspect-file.ts';
import type { Preset } from './presets.ts';
import type { DayCounts } from './statistics/day-counts.ts';
import { driftEffect } from './statistics/drift-effect.ts';
import { evidentlyDrift } from './statistics/evidently.ts';
import { holm } from './statistics/holm.ts';
import { type TwoSamples, total } from './statistics/two-samples.ts';
import type { ColumnSamples, ComparedColumn, TablePair } from './table-pair.ts';

export interface ColumnDrift {
  readonly column: string;
  /** Null, like score and threshold, when there is not enough data to say anything. */
  readonly method: string | null;
  readonly score: number | null;
  readonly threshold: number | null;
  readonly verdict: 'drifted' | 'steady' | 'not-enough-data';
  readonly drifted: boolean;
  /** Preset tripcast: the 95% interval of the score, and Holm's p-value of "no more than the threshold". */
  readonly interval?: readonly [low: number, high: number];
  readonly p?: number;
  /** Shares of the rows without a value, 0..1. */
  readonly missing: { readonly reference: number; readonly current: number };
}

export interface DriftReport {
  readonly preset: Preset;
  readonly rows: { readonly reference: number; readonly current: number };
  readonly columns: readonly ColumnDrift[];
  /** Of the columns with enough data; null when none has. */
  readonly drifted_share: number | null;
  readonly dataset_drift: boolean;
  readonly schema: {
    readonly only_in_reference: readonly string[];
    readonly only_in_current: readonly string[];
    /** In both files, but neither numbers nor text. */
    readonly not_comparable: readonly string[];
  };
}

export interface DriftLimits {
  /** The effect that matters: a normed Wasserstein or a Jensen-Shannon distance. */
  readonly effect: number;
  /** The chance of a false alarm in any column. */
  readonly significance: number;
}

export interface JudgeOptions {
  readonly preset: Preset;
  readonly limits: DriftLimits;
  /** Tested like the others, and listed first: what a drift does to the predictions is what matters (Rabanser et al.,
   * "Failing loudly", arXiv 1810.11953). */
  readonly predictionColumn?: string;
}

export interface DriftOptions extends JudgeOptions {
  /** The column whose days are resampled. Needed for preset tripcast. */
  readonly timeColumn?: string;
  /** Columns that are not compared. */
  readonly leftOut?: readonly string[];
  readonly onProgress?: (done: number, columns: number) => void;
  /** Gets each column's values too, for charts. */
  readonly onSamples?: (column: string, samples: TwoSamples) => void;
}

/** Half of the columns: Evidently's `drift_share`. */
const EVIDENTLY_SHARE = 0.5;
/** Or the prediction itself drifted, by Evidently's own limit of 0.1. Missing: the share of all values. */
const CLASSIC = { driftedColumns: 3, missing: 0.05 } as const;
/** Below these an interval over days says nothing. */
const LEAST_ROWS = 100;
const LEAST_DAYS = 7;

/** @throws TripcastError when preset tripcast has no time column whose days it could resample */
export async function measureDrift(pair: TablePair, options: DriftOptions): Promise<DriftReport> {
  const compared = columnsToCompare(pair, options);
  const measured: ColumnDrift[] = [];
  const daysOf = options.preset === 'tripcast' ? timeColumnOf(options) : undefined;
  for await (const column of readAhead(compared, (each) => pair.read(each, daysOf))) {
    options.onProgress?.(measured.length, compared.length);
    options.onSamples?.(column.name, column.samples);
    measured.push(measureColumn(column, options));
  }
  options.onProgress?.(compared.length, compared.length);
  const { onlyInReference, onlyInCurrent, notComparable } = pair.schema;
  return {
    preset: options.preset,
    rows: pair.rows,
    ...judge(measured, options),
    schema: { only_in_reference: onlyInReference, only_in_current: onlyInCurrent, not_comparable: notComparable },
  };
}

/** The prediction first. */
export function columnsToCompare(
  { schema }: TablePair,
  { timeColumn, predictionColumn, leftOut = [] }: Pick<DriftOptions, 'timeColumn' | 'predictionColumn' | 'leftOut'>,
): readonly ComparedColumn[] {
  const not = [...leftOut, ...(timeColumn === undefined ? [] : [timeColumn])];
  const isPrediction = ({ name }: ComparedColumn) => predictionColumn !== undefined && sameName(name, predictionColumn);
  return schema.compared
    .filter(({ name }) => !not.some((each) => sameName(each, name)))
    .toSorted((a, b) => Number(isPrediction(b)) - Number(isPrediction(a)));
}

function timeColumnOf({ timeColumn }: DriftOptions): string {
  if (timeColumn !== undefined) return timeColumn;
  throw new TripcastError(
    'Preset tripcast resamples whole days, and no time column is given',
    'Name one with --time COLUMN, or choose --preset evidently.',
  );
}

/** Reads the next while the caller works on the last: the database has threads of its own. */
async function* readAhead<From, To>(all: readonly From[], read: (each: From) => Promise<To>): AsyncGenerator<To> {
  let next: Promise<To> | undefined;
  try {
    for (const [i, each] of all.entries()) {
      const found: To = await (next ?? read(each));
      const following = all[i + 1];
      next = following === undefined ? undefined : read(following);
      yield found;
    }
  } finally {
    await Promise.allSettled([next]); // a database must not be closed during a query
  }
}

/** How far one column's samples are apart. Preset tripcast's verdict needs all columns: see {@link judge}. */
export function measureColumn(column: ColumnSamples, { preset, limits }: JudgeOptions): ColumnDrift {
  const { name, samples, missing, days } = column;
  if (preset !== 'tripcast') {
    if (!hasRows(samples, 1)) return notEnough(column);
    const { drifted, ...found } = evidentlyDrift(samples);
    return { column: name, ...found, verdict: drifted ? 'drifted' : 'steady', drifted, missing };
  }
  if (days === undefined || !hasRows(samples, LEAST_ROWS) || !hasDays(days, LEAST_DAYS)) return notEnough(column);
  const { effect, low, high, p } = driftEffect(days, { threshold: limits.effect });
  return {
    column: name,
    method: days.kind === 'numeric' ? 'Wasserstein effect (normed)' : 'Jensen-Shannon effect',
    score: effect,
    threshold: limits.effect,
    verdict: 'steady',
    drifted: false,
    interval: [low, high],
    p,
    missing,
  };
}

/** What all columns together say. */
export function judge(
  measured: readonly ColumnDrift[],
  options: JudgeOptions,
): Pick<DriftReport, 'columns' | 'drifted_share' | 'dataset_drift'> {
  const columns = options.preset === 'tripcast' ? adjusted(measured, options.limits) : measured;
  const known = columns.filter(({ verdict }) => verdict !== 'not-enough-data');
  const drifted = known.filter((column) => column.drifted);
  return {
    columns,
    drifted_share: known.length === 0 ? null : drifted.length / known.length,
    dataset_drift: isDatasetDrift(columns, known.length, drifted.length, options),
  };
}

const hasRows = ({ reference, current }: TwoSamples, least: number) =>
  total(reference) >= least && total(current) >= least;

const hasDays = ({ reference, current }: DayCounts, least: number) =>
  reference.length >= least && current.length >= least;

const notEnough = ({ name, missing }: ColumnSamples): ColumnDrift => ({
  column: name,
  method: null,
  score: null,
  threshold: null,
  verdict: 'not-enough-data',
  drifted: false,
  missing,
});

/** With Holm's correction over all columns. */
function adjusted(columns: readonly ColumnDrift[], { significance }: DriftLimits): readonly ColumnDrift[] {
  const tested = columns.filter(({ p }) => p !== undefined);
  const pValues = new Map(holm(tested.map(({ p = 1 }) => p)).map((p, i) => [tested[i]?.column, p] as const));
  return columns.map((column) => {
    const p = pValues.get(column.column);
    if (p === undefined) return column;
    const drifted = p <= significance;
    return { ...column, p, drifted, verdict: drifted ? 'drifted' : 'steady' };
  });
}

function isDatasetDrift(
  columns: readonly ColumnDrift[],
  known: number,
  drifted: number,
  options: JudgeOptions,
): boolean {
  switch (options.preset) {
    case 'evidently':
      return known > 0 && drifted / known >= EVIDENTLY_SHARE;
    case 'tripcast':
      return drifted > 0;
    case 'classic': {
      const { predictionColumn = '' } = options;
      const prediction = columns.find(({ column }) => sameName(column, predictionColumn));
      const missing = columns.reduce((sum, column) => sum + column.missing.current, 0) / columns.length;
      return (prediction?.drifted ?? false) || drifted >= CLASSIC.driftedColumns || missing > CLASSIC.missing;
    }
  }
}
