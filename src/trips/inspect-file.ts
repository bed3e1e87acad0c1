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
  | { readonly outcome: 'refused'; readonly reason: string };

/** Looks at a file before anything is done with it: is it Parquet, and has it the columns that are needed? */
export async function inspectFile(
  database: Queries,
  path: string,
  taxiType: TaxiType,
  use: 'score' | 'train',
): Promise<Inspection> {
  const description = await describe(database, path);
  if ('reason' in description) return { outcome: 'refused', reason: description.reason };
  const columns = description.rows.map((row) => ({ name: String(row.column_name), type: String(row.column_type) }));
  const missing = neededColumns(taxiType, use).filter((name) => !columns.some((column) => column.name === name));
  if (missing.length > 0) {
    const reason = `The file lacks the column${missing.length > 1 ? 's' : ''} ${missing.join(', ')}, needed to ${use} ${taxiType} rides`;
    return { outcome: 'refused', reason };
  }
  const [count] = await database.rows(`SELECT num_rows::DOUBLE AS n FROM parquet_file_metadata(${sqlText(path)})`);
  return { outcome: 'readable', columns, rows: Number(count?.n) };
}

/** DuckDB's complaint about a file that it cannot open is the reason; anything else it throws is a failure. */
async function describe(database: Queries, path: string) {
  try {
    return { rows: await database.rows(`DESCRIBE SELECT * FROM read_parquet(${sqlText(path)})`) };
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    if (!/parquet|invalid input|magic bytes|too small/i.test(message)) throw error;
    return { reason: `The file is not readable as Parquet (${message.split('\n')[0]?.replaceAll(path, 'it')})` };
  }
}
