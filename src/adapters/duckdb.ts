import { type DuckDBConnection, type DuckDBDataChunk, DuckDBInstance } from '@duckdb/node-api';

export interface DuckDBOptions {
  /** Where spilled data, the home directory and the database file go: the only writable place in a Lambda is /tmp. */
  readonly tempDirectory: string;
  readonly memoryLimitMb?: number;
  readonly threads?: number;
  /** A database file (removed by the caller); in memory without one. */
  readonly file?: string;
}

/** An embedded DuckDB: SQL over local Parquet files. It reaches no network: httpfs is not in the package. */
export class DuckDB implements AsyncDisposable {
  readonly connection: DuckDBConnection;
  readonly #instance: DuckDBInstance;

  private constructor(instance: DuckDBInstance, connection: DuckDBConnection) {
    this.#instance = instance;
    this.connection = connection;
  }

  static async open(options: DuckDBOptions): Promise<DuckDB> {
    const instance = await DuckDBInstance.create(options.file ?? ':memory:', {
      autoinstall_known_extensions: 'false',
      temp_directory: options.tempDirectory,
      home_directory: options.tempDirectory,
      ...(options.memoryLimitMb === undefined ? {} : { memory_limit: `${options.memoryLimitMb}MB` }),
      ...(options.threads === undefined ? {} : { threads: String(options.threads) }),
    });
    return new DuckDB(instance, await instance.connect());
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

  async [Symbol.asyncDispose](): Promise<void> {
    this.connection.closeSync();
    this.#instance.closeSync();
  }
}

/** A SQL string literal. */
export const sqlText = (text: string) => `'${text.replaceAll("'", "''")}'`;
