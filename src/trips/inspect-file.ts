import type { Queries } from './database.ts';
import { sqlText } from './sql.ts';
import type { TaxiType } from './taxi-type.ts';
import { neededColumns } from './tlc-file.ts';

export interface Column {
  readonly name: string;
  /** DuckDB's name for the type. */
  readonly type: string;
}

export type Inspection =
  | { readonly outcome: 'readable'; readonly columns: readonly Column[]; readonly rows: number }
  | {
      readonly outcome: 'refused';
      readonly reason: string;
      /** The needed columns that are missing; empty when the file cannot be read at all. */
      readonly missing: readonly string[];
    };

/** Checks a file before anything is done with it: is it Parquet, and does it have the needed columns? */
export async function inspectFile(
  database: Queries,
  path: string,
  taxiType: TaxiType,
  use: 'score' | 'train',
): Promise<Inspection> {
  const described = await readable(path, () => columnsOf(database, path));
  if (described.outcome === 'refused') return { ...described, missing: [] };
  const columns = described.value;
  const missing = neededColumns(taxiType, use).filter((name) => !hasColumn(columns, name));
  if (missing.length > 0) {
    const reason = `The file lacks the column${missing.length > 1 ? 's' : ''} ${missing.join(', ')}, needed to ${use} ${taxiType} rides`;
    return { outcome: 'refused', reason, missing };
  }
  const [count] = await database.rows(`SELECT num_rows::DOUBLE AS n FROM parquet_file_metadata(${sqlText(path)})`);
  return { outcome: 'readable', columns, rows: Number(count?.n) };
}

/** Whether the file has the column, ignoring case. */
export const hasColumn = (columns: readonly Column[], name: string): boolean =>
  columns.some((column) => sameName(column.name, name));

/** SQL names are case-insensitive, and TLC has changed the case of its own (`Airport_fee`, `airport_fee`). */
export const sameName = (a: string, b: string): boolean => a.toLowerCase() === b.toLowerCase();

/** A Parquet file's columns, in order. */
export const columnsOf = (database: Queries, path: string): Promise<readonly Column[]> =>
  columnsOfTable(database, `read_parquet(${sqlText(path)})`);

/** A table's columns, in order. @param table what stands behind FROM */
export async function columnsOfTable(database: Queries, table: string): Promise<readonly Column[]> {
  const rows = await database.rows(`DESCRIBE SELECT * FROM ${table}`);
  return rows.map((row) => ({ name: String(row.column_name), type: String(row.column_type) }));
}

/**
 * Runs work that reads the file. If DuckDB calls something in it invalid, or cannot convert it while reading, the file
 * is unreadable for that reason; anything else that the work throws (a full disk, a missing file) is a failure.
 */
export async function readable<T>(
  path: string,
  work: () => Promise<T>,
): Promise<{ readonly outcome: 'read'; readonly value: T } | { readonly outcome: 'refused'; readonly reason: string }> {
  try {
    return { outcome: 'read', value: await work() };
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    if (!/^(Invalid |Conversion )/.test(message)) throw error;
    const said = message.split('\n')[0]?.replaceAll(path, 'it');
    return { outcome: 'refused', reason: `The file is not readable as Parquet (${said})` };
  }
}
