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

/** The arrays in which a function's arguments arrive, by their SQL type. */
export interface ArgumentArrays {
  readonly BIGINT: BigInt64Array;
  readonly FLOAT: Float32Array;
  readonly DOUBLE: Float64Array;
}

export interface SqlFunction<P extends Readonly<Record<string, keyof ArgumentArrays>>> {
  /** Their types, in SQL's order. No argument may be null. */
  readonly parameters: P;
  /** Names of what it gives back, each a FLOAT. */
  readonly fields: readonly string[];
  /**
   * Called with some rows at a time, in no order of theirs, while the query waits: it cannot await. What it throws fails the
   * query. The arrays are the database's own, valid until it returns.
   * @returns a column of `rows` values for each field
   */
  compute(columns: { readonly [K in keyof P]: ArgumentArrays[P[K]] }, rows: number): readonly Float32Array[];
}

/** A database that computes with functions of ours. */
export interface SqlFunctions {
  /** @returns the name by which SQL calls it */
  define<P extends Readonly<Record<string, keyof ArgumentArrays>>>(definition: SqlFunction<P>): string;
}
