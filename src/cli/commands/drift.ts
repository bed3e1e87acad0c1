import { DuckDB } from '#adapters/duckdb.ts';
import { checkInputFile } from '#adapters/files.ts';
import { workFolder } from '#adapters/work-folder.ts';
import { TripcastError } from '#errors.ts';
import { type ColumnDrift, type DriftReport, measureDrift } from '#monitoring/drift.ts';
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
}

/** As in env/*.json, which are about an environment's months; two files need none. */
const LIMITS = { effect: 0.1, significance: 0.05 };
const PICKUPS = Object.values(TIME_COLUMNS).map(({ pickup }) => pickup);
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
  progress.done(`${report.columns.length} columns`);
  terminal.result(report, () => describe(report));
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
