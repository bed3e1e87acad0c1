import type { Queries } from './database.ts';
import { sqlText } from './sql.ts';
import type { TaxiType } from './taxi-type.ts';
import { neededColumns } from './tlc-file.ts';

export interface Column {
  readonly name: string;
  /** DuckDB's name of the type. */
  readonly type: string;
}

export type Inspection =
  | { readonly outcome: 'readable'; readonly columns: readonly Column[]; readonly rows: number }
  | {
      readonly outcome: 'refused';
      readonly reason: string;
      /** The needed columns that are gone; none when the file cannot be read at all. */
      readonly missing: readonly string[];
    };

/** Looks at a file before anything is done with it: is it Parquet, and has it the columns that are needed? */
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

/** Whether the file has the column, in whatever case. */
export const hasColumn = (columns: readonly Column[], name: string): boolean =>
  columns.some((column) => sameName(column.name, name));

/** SQL's names have no case, and TLC's have changed theirs (`Airport_fee`, `airport_fee`). */
export const sameName = (a: string, b: string): boolean => a.toLowerCase() === b.toLowerCase();

/** The file's columns, in their order. */
export async function columnsOf(database: Queries, path: string): Promise<readonly Column[]> {
  const rows = await database.rows(`DESCRIBE SELECT * FROM read_parquet(${sqlText(path)})`);
  return rows.map((row) => ({ name: String(row.column_name), type: String(row.column_type) }));
}

/**
 * Does work that reads the file. What DuckDB calls invalid in it, or cannot convert while it reads, is the reason why it is
 * not readable; anything else that the work throws (a full disk, a missing file) is a failure.
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
