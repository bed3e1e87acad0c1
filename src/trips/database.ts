/** What the rooms need of a database; src/adapters/duckdb.ts has all of it. */
export interface Queries {
  rows(sql: string): Promise<Record<string, unknown>[]>;
}

/** A database that rides are worked on in. */
export interface RideQueries extends Queries {
  run(sql: string): Promise<void>;
  /** Numeric columns in batches, NaN for null; the arrays are used again. */
  numbers(
    sql: string,
    batchRows: number,
  ): AsyncIterable<{ readonly rows: number; readonly columns: readonly Float64Array[] }>;
}
