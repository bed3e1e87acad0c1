import { DuckDB } from '#adapters/duckdb.ts';
import { checkInputFile } from '#adapters/files.ts';
import { workFolder } from '#adapters/work-folder.ts';
import { TripcastError } from '#errors.ts';
import { type DriftExplanation, explainDrift } from '#monitoring/classifier/explain-drift.ts';
import { type ColumnDrift, columnsToCompare, type DriftReport, measureDrift } from '#monitoring/drift.ts';
import type { Preset } from '#monitoring/presets.ts';
import { fileTable, TablePair } from '#monitoring/table-pair.ts';
import { TIME_COLUMNS } from '#trips/tlc-file.ts';
import type { CommonOptions } from '../options.ts';
import { count, decimals, type Terminal, table } from '../view/terminal.ts';

export interface DriftOptions {
  readonly reference: string;
  readonly current: string;
  readonly preset: Preset;
  readonly categorical?: readonly string[];
  readonly time?: string;
  readonly prediction?: string;
  /** Train a classifier that tells which columns set the files apart. */
  readonly explain?: boolean;
}

/** As in env/*.json, which are about an environment's months; two files need none. */
const LIMITS = { effect: 0.1, significance: 0.05 };
const PICKUPS = Object.values(TIME_COLUMNS).map(({ pickup }) => pickup);
const MOST_FEATURES = 8;
const PREDICTIONS = ['predicted_duration', 'prediction'];

/** `tripcast drift`: how far the columns of two Parquet or CSV files are apart, on this machine alone. */
export async function drift(options: DriftOptions & CommonOptions, terminal: Terminal): Promise<void> {
  for (const path of [options.reference, options.current]) {
    await checkInputFile(path, 'Give the path of a Parquet or CSV file.');
  }
  await using folder = await workFolder();
  await using database = await DuckDB.open({ tempDirectory: folder.path });
  const pair = await TablePair.open(
    database,
    { reference: fileTable(options.reference), current: fileTable(options.current) },
    options.categorical,
  );
  const timeColumn = columnFor(pair, options.time, PICKUPS);
  const predictionColumn = columnFor(pair, options.prediction, PREDICTIONS);
  const progress = terminal.progress('drift');
  const report = await measureDrift(pair, {
    preset: options.preset,
    limits: LIMITS,
    ...(timeColumn && { timeColumn }),
    ...(predictionColumn && { predictionColumn }),
    onProgress: (done, columns) => progress.update(done, `${done} of ${columns} columns`),
  });
  const compared = { ...(timeColumn && { timeColumn }), ...(predictionColumn && { predictionColumn }) };
  const classifier = options.explain ? await explain(pair, compared) : undefined;
  progress.done(`${report.columns.length} columns`);
  const explained = { ...report, ...(classifier && { classifier }) };
  terminal.result(explained, () => [describe(report), ...explanation(classifier)].join('\n\n'));
}

async function explain(
  pair: TablePair,
  compared: { readonly timeColumn?: string; readonly predictionColumn?: string },
): Promise<DriftExplanation> {
  if (compared.timeColumn === undefined) {
    throw new TripcastError(
      '--explain compares whole days, and no time column is given',
      'Name one with --time COLUMN, or leave out --explain.',
    );
  }
  const [{ openXGBoost }, { xgboostLibrary }] = await Promise.all([
    import('#adapters/xgboost.ts'),
    import('#packaging/natives.ts'),
  ]);
  const columns = columnsToCompare(pair, compared);
  return await explainDrift(pair, columns, compared.timeColumn, () => openXGBoost(xgboostLibrary()));
}

function explanation(found: DriftExplanation | undefined): readonly string[] {
  if (found === undefined) return [];
  if (found.outcome === 'not-enough-data') return ['There is not enough data for a classifier.'];
  const [low, high] = found.interval;
  const auc = `A classifier tells the files apart with an AUC of ${decimals(found.auc, 3)} (95% interval ${decimals(low, 3)} to ${decimals(high, 3)}; 0.5 = not at all), on ${count(found.rows.current)} rows against ${count(found.rows.reference)}. It explains; the verdict is the one above.`;
  const rows = found.features.slice(0, MOST_FEATURES).map(({ column, gain }) => [column, percent(gain)]);
  return rows.length === 0 ? [auc] : [auc, table(['column', 'share of the gain'], rows)];
}

function columnFor(pair: TablePair, given: string | undefined, usual: readonly string[]): string | undefined {
  const found = pair.columnNamed(given === undefined ? usual : [given]);
  if (given === undefined || found !== undefined) return found;
  throw new TripcastError(`The files do not both have a column ${given}`, 'Check its spelling.');
}

function describe(report: DriftReport): string {
  const rows = report.columns.map((column) => [
    column.column,
    column.verdict === 'not-enough-data' ? 'not enough data' : column.verdict,
    decimals(column.score, 4),
    intervalOf(column),
    decimals(column.threshold, 2),
    column.method ?? '–',
    percent(column.missing.reference),
    percent(column.missing.current),
  ]);
  const headings = ['column', 'verdict', 'score', '95% interval', 'limit', 'method', 'missing before', 'missing now'];
  return [verdictOf(report), table(headings, rows), ...schemaChanges(report)].join('\n\n');
}

const intervalOf = ({ interval }: ColumnDrift) =>
  interval ? `${decimals(interval[0], 4)} to ${decimals(interval[1], 4)}` : '–';
const percent = (share: number) => `${decimals(100 * share, 1)}%`;

function verdictOf({ columns, dataset_drift, rows }: DriftReport): string {
  const drifted = columns.filter((column) => column.drifted).map(({ column }) => column);
  const which =
    drifted.length === 0 ? 'no column did' : `${drifted.length} of ${columns.length}: ${drifted.join(', ')}`;
  const compared = `${count(rows.current)} rows against ${count(rows.reference)}`;
  return `${dataset_drift ? 'The data drifted' : 'The data did not drift'} (${which}; ${compared}).`;
}

function schemaChanges({ schema }: DriftReport): readonly string[] {
  const listed = (what: string, names: readonly string[]) =>
    names.length === 0 ? [] : [`${what}: ${names.join(', ')}`];
  return [
    ...listed('Only in the reference', schema.only_in_reference),
    ...listed('Only in the current file', schema.only_in_current),
    ...listed('Not compared (neither numbers nor text)', schema.not_comparable),
  ];
}
