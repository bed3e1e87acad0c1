/** What the rooms need from a database; src/adapters/duckdb.ts implements all of it. */
export interface Queries {
  rows(sql: string): Promise<Record<string, unknown>[]>;
}

/** A database for working on rides. */
export interface RideQueries extends Queries {
  run(sql: string): Promise<void>;
  /** Numeric columns in batches, NaN for null; the arrays are reused. */
  numbers(
    sql: string,
    batchRows: number,
  ): AsyncIterable<{ readonly rows: number; readonly columns: readonly Float64Array[] }>;
}

/** The arrays that hold a function's arguments, by their SQL type. */
export interface ArgumentArrays {
  readonly BIGINT: BigInt64Array;
  readonly FLOAT: Float32Array;
  readonly DOUBLE: Float64Array;
}

/** A function of ours that a query calls, many rows at a time. */
export interface SqlFunction<P extends Readonly<Record<string, keyof ArgumentArrays>>> {
  /** Their types, in SQL's order. No argument may be null. */
  readonly parameters: P;
  /** Names of the returned fields, each a FLOAT. */
  readonly fields: readonly string[];
  /**
   * Called with some rows at a time, in no particular order, while the query waits: it cannot await. If it throws, the
   * query fails. The arrays belong to the database and are valid until it returns.
   * @returns a column of `rows` values for each field
   */
  compute(columns: { readonly [K in keyof P]: ArgumentArrays[P[K]] }, rows: number): readonly Float32Array[];
}

/** A database that can call our functions. */
export interface SqlFunctions {
  /** @returns the name that SQL calls it by */
  define<P extends Readonly<Record<string, keyof ArgumentArrays>>>(definition: SqlFunction<P>): string;
}
