import { TripcastError } from '#errors.ts';
import { sameName } from '#trips/inspect-file.ts';
import type { Preset } from './presets.ts';
import { driftEffect } from './statistics/drift-effect.ts';
import { evidentlyDrift } from './statistics/evidently.ts';
import { holm } from './statistics/holm.ts';
import { type TwoSamples, total } from './statistics/two-samples.ts';
import type { ComparedColumn, TablePair } from './table-pair.ts';

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

export interface DriftOptions {
  readonly preset: Preset;
  readonly limits: DriftLimits;
  /** The column whose days are resampled. Needed for preset tripcast. */
  readonly timeColumn?: string;
  /** Tested like the others, and listed first: what a drift does to the predictions is what matters (Rabanser et al.,
   * "Failing loudly", arXiv 1810.11953). */
  readonly predictionColumn?: string;
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
  const leftOut = [...(options.leftOut ?? []), ...(options.timeColumn === undefined ? [] : [options.timeColumn])];
  const compared = pair.schema.compared
    .filter(({ name }) => !leftOut.some((each) => sameName(each, name)))
    .toSorted((a, b) => Number(isPrediction(b, options)) - Number(isPrediction(a, options)));
  const measured: ColumnDrift[] = [];
  for (const [done, column] of compared.entries()) {
    options.onProgress?.(done, compared.length);
    measured.push(await measureColumn(pair, column, options));
  }
  options.onProgress?.(compared.length, compared.length);
  const columns = options.preset === 'tripcast' ? adjusted(measured, options.limits) : measured;
  const known = columns.filter(({ verdict }) => verdict !== 'not-enough-data');
  const drifted = known.filter((column) => column.drifted);
  const { onlyInReference, onlyInCurrent, notComparable } = pair.schema;
  return {
    preset: options.preset,
    rows: pair.rows,
    columns,
    drifted_share: known.length === 0 ? null : drifted.length / known.length,
    dataset_drift: isDatasetDrift(columns, known.length, drifted.length, options),
    schema: { only_in_reference: onlyInReference, only_in_current: onlyInCurrent, not_comparable: notComparable },
  };
}

async function measureColumn(pair: TablePair, column: ComparedColumn, options: DriftOptions): Promise<ColumnDrift> {
  const { samples, missing } = await pair.read(column);
  options.onSamples?.(column.name, samples);
  if (options.preset === 'tripcast') return measureEffect(pair, column, samples, missing, options);
  if (!hasRows(samples, 1)) return notEnough(column, missing);
  const { drifted, ...found } = evidentlyDrift(samples);
  return { column: column.name, ...found, verdict: drifted ? 'drifted' : 'steady', drifted, missing };
}

async function measureEffect(
  pair: TablePair,
  column: ComparedColumn,
  samples: TwoSamples,
  missing: ColumnDrift['missing'],
  { limits, timeColumn }: DriftOptions,
): Promise<ColumnDrift> {
  if (timeColumn === undefined) {
    throw new TripcastError(
      'Preset tripcast resamples whole days, and no time column is given',
      'Name one with --time COLUMN, or choose --preset evidently.',
    );
  }
  if (!hasRows(samples, LEAST_ROWS)) return notEnough(column, missing);
  const days = await pair.readDays(column, timeColumn);
  if (days.reference.length < LEAST_DAYS || days.current.length < LEAST_DAYS) return notEnough(column, missing);
  const { effect, low, high, p } = driftEffect(days, { threshold: limits.effect });
  return {
    column: column.name,
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

const hasRows = ({ reference, current }: TwoSamples, least: number) =>
  total(reference) >= least && total(current) >= least;

const notEnough = ({ name }: ComparedColumn, missing: ColumnDrift['missing']): ColumnDrift => ({
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

const isPrediction = ({ name }: { readonly name: string }, { predictionColumn }: DriftOptions) =>
  predictionColumn !== undefined && sameName(name, predictionColumn);

function isDatasetDrift(
  columns: readonly ColumnDrift[],
  known: number,
  drifted: number,
  options: DriftOptions,
): boolean {
  switch (options.preset) {
    case 'evidently':
      return known > 0 && drifted / known >= EVIDENTLY_SHARE;
    case 'tripcast':
      return drifted > 0;
    case 'classic': {
      const prediction = columns.find(({ column }) => isPrediction({ name: column }, options));
      const missing = columns.reduce((sum, column) => sum + column.missing.current, 0) / columns.length;
      return (prediction?.drifted ?? false) || drifted >= CLASSIC.driftedColumns || missing > CLASSIC.missing;
    }
  }
}
