import {
  BIGINT,
  DOUBLE,
  type DuckDBConnection,
  type DuckDBDataChunk,
  DuckDBInstance,
  DuckDBScalarFunction,
  DuckDBStructVector,
  type DuckDBVector,
  FLOAT,
  STRUCT,
  version,
} from '@duckdb/node-api';
import { TransientError } from '#errors.ts';
import type { ArgumentArrays, SqlFunction, SqlFunctions } from '#trips/database.ts';

export interface DuckDBOptions {
  /** Where it spills to: in a Lambda, only /tmp is writable. */
  readonly tempDirectory: string;
  /** Above this, DuckDB spills to disk. */
  readonly memoryLimitMb?: number;
}

/** A batch of numeric columns: the first `rows` elements of each array. */
export interface NumberBatch {
  readonly rows: number;
  readonly columns: readonly Float64Array[];
}

/**
 * An empty embedded DuckDB: SQL over local Parquet files. It has no network access: httpfs is not in the package.
 * Await its last query before disposing of it (`return await` inside `await using`): closing it during a query ends
 * the process.
 * @example
 * await using database = await DuckDB.open({ tempDirectory: folder.path });
 * return await database.rows("SELECT count(*)::DOUBLE AS n FROM read_parquet('month.parquet')"); // [{ n }]
 */
export class DuckDB implements SqlFunctions, AsyncDisposable {
  readonly connection: DuckDBConnection;
  readonly #instance: DuckDBInstance;
  #functions = 0;

  private constructor(instance: DuckDBInstance, connection: DuckDBConnection) {
    this.#instance = instance;
    this.connection = connection;
  }

  static async open({ tempDirectory, memoryLimitMb }: DuckDBOptions): Promise<DuckDB> {
    const instance = await DuckDBInstance.create(':memory:', {
      autoinstall_known_extensions: 'false',
      temp_directory: tempDirectory,
      home_directory: tempDirectory,
      ...(memoryLimitMb === undefined ? {} : { memory_limit: `${memoryLimitMb}MB` }),
    });
    const connection = await instance.connect();
    // TLC's times are wall-clock times, even if a file says UTC: the machine's own zone must not shift them.
    await connection.run("SET TimeZone = 'UTC'");
    return new DuckDB(instance, connection);
  }

  /** @throws TransientError when the disk that the query writes to is full */
  async run(sql: string): Promise<void> {
    try {
      await this.connection.run(sql);
    } catch (error) {
      throw error instanceof Error && DISK_FULL.test(error.message) ? diskFull(error) : error;
    }
  }

  /** All rows, as objects keyed by column name; for small results. BIGINT comes back as bigint. */
  async rows(sql: string): Promise<Record<string, unknown>[]> {
    const result = await this.connection.runAndReadAll(sql);
    return result.getRowObjectsJS();
  }

  /** The first row. @throws when there is none */
  async row(sql: string): Promise<Record<string, unknown>> {
    const [first] = await this.rows(sql);
    if (first === undefined) throw new Error(`A query that always returns a row returned none: ${sql}`);
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
   * Numeric columns as they are produced, gathered into batches: one Float64Array per column, NaN for null. The arrays
   * are reused for the next batch.
   * @param batchRows maximum rows per batch; only the last may hold fewer
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

  define<P extends Readonly<Record<string, keyof ArgumentArrays>>>({
    parameters,
    fields,
    compute,
  }: SqlFunction<P>): string {
    this.#functions += 1;
    const name = `defined_${this.#functions}`;
    const types = Object.values(parameters);
    const scalar = DuckDBScalarFunction.create({
      name,
      parameterTypes: types.map((type) => SQL_TYPES[type]),
      returnType: STRUCT(Object.fromEntries(fields.map((field) => [field, FLOAT]))),
      volatile: true, // it may count what it sees: called once per row, not moved below a filter, not folded
      mainFunction: (_, chunk, output) => {
        const columns = Object.keys(parameters).map((parameter, i) => [parameter, argument(chunk, i, types[i])]);
        giveBack(output, compute(Object.fromEntries(columns), chunk.rowCount));
      },
    });
    this.connection.registerScalarFunction(scalar);
    scalar.destroySync(); // the connection has its own copy
    return name;
  }

  async [Symbol.asyncDispose](): Promise<void> {
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

const DISK_FULL = /no space left on device|disk quota exceeded/i;

const diskFull = (cause: Error) =>
  new TransientError(
    `The disk is full (${cause.message.split('\n', 1)[0]})`,
    'Free some space there, and run it again.',
    { cause },
  );

const SQL_TYPES = { BIGINT, FLOAT, DOUBLE } as const;
const ARRAYS = { BIGINT: BigInt64Array, FLOAT: Float32Array, DOUBLE: Float64Array } as const;

function argument(chunk: DuckDBDataChunk, index: number, type: keyof ArgumentArrays = 'DOUBLE') {
  const items = itemsOf(chunk.getColumnVector(index));
  if (items instanceof ARRAYS[type]) return items;
  throw new TypeError(`DuckDB did not pass argument ${index} as a ${ARRAYS[type].name}.`);
}

function giveBack(output: DuckDBVector, columns: readonly Float32Array[]): void {
  if (!(output instanceof DuckDBStructVector)) throw new TypeError('DuckDB asked for something other than a struct.');
  columns.forEach((column, i) => {
    const entry = output.entryVectorAt(i);
    const items = itemsOf(entry);
    if (!(items instanceof Float32Array)) throw new TypeError(`DuckDB does not take field ${i} as a Float32Array.`);
    items.set(column);
    entry.flush();
  });
}

/** A vector's values as one array, which the package hides from TypeScript; one by one takes ten times as long. */
const itemsOf = (vector: DuckDBVector): unknown => Reflect.get(vector, 'items');

/** The engine's own version, for receipts. */
export const duckdbVersion = (): string => version();
