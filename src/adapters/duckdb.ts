import {
  type DuckDBConnection,
  DuckDBDataChunk,
  DuckDBFloatVector,
  DuckDBInstance,
  FLOAT,
  version,
} from '@duckdb/node-api';

export interface DuckDBOptions {
  /** Where it spills to: the only writable place in a Lambda is /tmp. */
  readonly tempDirectory: string;
  /** Beyond it DuckDB spills to disk. */
  readonly memoryLimitMb?: number;
}

/** A batch of numeric columns: of each array, the first `rows` elements. */
export interface NumberBatch {
  readonly rows: number;
  readonly columns: readonly Float64Array[];
}

/** DuckDB's own vector size. */
const VECTOR_ROWS = 2048;

/**
 * An embedded DuckDB, empty: SQL over local Parquet files. It reaches no network: httpfs is not in the package.
 * Who disposes of it awaits its last query first (`return await` inside `await using`): closing it under a running one
 * ends the process.
 */
export class DuckDB implements AsyncDisposable {
  readonly connection: DuckDBConnection;
  /** Appends go through a connection of their own: a statement ends whatever its connection is still streaming. */
  readonly #appending: DuckDBConnection;
  readonly #instance: DuckDBInstance;

  private constructor(instance: DuckDBInstance, connection: DuckDBConnection, appending: DuckDBConnection) {
    this.#instance = instance;
    this.connection = connection;
    this.#appending = appending;
  }

  static async open({ tempDirectory, memoryLimitMb }: DuckDBOptions): Promise<DuckDB> {
    const instance = await DuckDBInstance.create(':memory:', {
      autoinstall_known_extensions: 'false',
      temp_directory: tempDirectory,
      home_directory: tempDirectory,
      ...(memoryLimitMb === undefined ? {} : { memory_limit: `${memoryLimitMb}MB` }),
    });
    return new DuckDB(instance, await instance.connect(), await instance.connect());
  }

  async run(sql: string): Promise<void> {
    await this.connection.run(sql);
  }

  /** All rows, as objects by column name; for small results. BIGINT comes as bigint. */
  async rows(sql: string): Promise<Record<string, unknown>[]> {
    const result = await this.connection.runAndReadAll(sql);
    return result.getRowObjectsJS();
  }

  /** The first row. @throws when there is none */
  async row(sql: string): Promise<Record<string, unknown>> {
    const [first] = await this.rows(sql);
    if (first === undefined) throw new Error(`A query that always has a row gave none: ${sql}`);
    return first;
  }

  /** Whole columns by name, as arrays of JavaScript values; for results that fit in memory. */
  async columns(sql: string): Promise<Record<string, readonly unknown[]>> {
    const result = await this.connection.runAndReadAll(sql);
    return result.getColumnsObjectJS() as Record<string, readonly unknown[]>;
  }

  /** Chunks of at most 2,048 rows, as they are produced. */
  async *chunks(sql: string): AsyncGenerator<DuckDBDataChunk> {
    const result = await this.connection.stream(sql);
    for (;;) {
      const chunk = await result.fetchChunk();
      if (chunk === null || chunk.rowCount === 0) return;
      yield chunk;
    }
  }

  /**
   * Numeric columns as they are produced, gathered into batches: one Float64Array a column, NaN for null. The arrays are
   * used again for the next batch.
   * @param batchRows rows a batch, at most; only the last may hold fewer
   */
  async *numbers(sql: string, batchRows: number): AsyncGenerator<NumberBatch> {
    let columns: Float64Array[] | undefined;
    let rows = 0;
    for await (const chunk of this.chunks(sql)) {
      columns ??= Array.from({ length: chunk.columnCount }, () => new Float64Array(batchRows));
      for (let from = 0; from < chunk.rowCount; ) {
        const taken = Math.min(chunk.rowCount - from, batchRows - rows);
        copyNumbers(chunk, from, taken, columns, rows);
        from += taken;
        rows += taken;
        if (rows === batchRows) {
          yield { rows, columns };
          rows = 0;
        }
      }
    }
    if (columns !== undefined && rows > 0) yield { rows, columns };
  }

  /** Appends rows to a table (no temporary one) whose columns are all FLOAT. @param columns one array a column, each at least `rows` long */
  async appendFloats(table: string, columns: readonly Float32Array[], rows: number): Promise<void> {
    const appender = await this.#appending.createAppender(table);
    const types = columns.map(() => FLOAT);
    for (let from = 0; from < rows; from += VECTOR_ROWS) {
      const size = Math.min(VECTOR_ROWS, rows - from);
      const chunk = DuckDBDataChunk.create(types, size);
      columns.forEach((column, c) => {
        const vector = chunk.getColumnVector(c);
        if (!(vector instanceof DuckDBFloatVector)) throw new TypeError(`${table} has a column that is not FLOAT.`);
        for (let i = 0; i < size; i++) vector.setItem(i, column[from + i] ?? Number.NaN);
        vector.flush();
      });
      appender.appendDataChunk(chunk);
    }
    appender.closeSync();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#appending.closeSync();
    this.connection.closeSync();
    this.#instance.closeSync();
  }
}

function copyNumbers(
  chunk: DuckDBDataChunk,
  from: number,
  rows: number,
  into: readonly Float64Array[],
  at: number,
): void {
  into.forEach((column, c) => {
    const vector = chunk.getColumnVector(c);
    for (let i = 0; i < rows; i++) {
      const value = vector.getItem(from + i);
      column[at + i] = value === null ? Number.NaN : Number(value);
    }
  });
}

/** The engine's own version, for receipts. */
export const duckdbVersion = (): string => version();
