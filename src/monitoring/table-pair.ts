/** Two files with rides, or with any other rows, and the columns that can be compared. */
import { extname } from 'node:path';
import { TripcastError } from '#errors.ts';
import type { RideQueries } from '#trips/database.ts';
import { type Column, columnsOfTable, sameName } from '#trips/inspect-file.ts';
import { sqlName, sqlText } from '#trips/sql.ts';
import { type CountedRows, type DayCounts, dayCounts, samplesOf } from './statistics/day-counts.ts';
import { type TwoSamples, total } from './statistics/two-samples.ts';

export interface ComparedColumn {
  readonly name: string;
  readonly kind: 'numeric' | 'categorical';
  /** Text, or numbers on one side only: both are compared as text. */
  readonly isText: boolean;
}

/** The columns of two files. */
export interface SchemaComparison {
  readonly compared: readonly ComparedColumn[];
  readonly onlyInReference: readonly string[];
  readonly onlyInCurrent: readonly string[];
  /** In both files, but neither numbers nor text: times, for example. */
  readonly notComparable: readonly string[];
}

/** A column of both samples with what is missing in it. */
export interface ColumnSamples {
  readonly name: string;
  readonly samples: TwoSamples;
  /** Shares of the rows whose value is missing: null, NaN, or (of numbers) infinite or beyond 1e150. */
  readonly missing: { readonly reference: number; readonly current: number };
  /** The same counts day by day, if a time column was named. */
  readonly days?: DayCounts;
}

/** Some rows of both samples that have a time; `[rows]` each. */
export interface DayRows {
  readonly isCurrent: Float64Array;
  /** Counted from 1970-01-01. */
  readonly day: Float64Array;
  /** By column; of text, the number of its level; NaN = missing. */
  readonly columns: readonly Float64Array[];
}

const NUMBER = /^(U?(TINY|SMALL|BIG|HUGE)?INT(EGER)?|FLOAT|DOUBLE|DECIMAL.*)$/;
const TEXT = /^(VARCHAR|BOOLEAN|ENUM.*|UUID)$/;
const BATCH_ROWS = 65_536;
const NONE = new Float64Array();
const TLC_CATEGORIES = ['PULocationID', 'DOLocationID', 'VendorID', 'RatecodeID', 'payment_type', 'store_and_fwd_flag'];

/** Something with rows: a file, or a query. */
export interface Table {
  /** What errors call it. */
  readonly name: string;
  /** What stands behind FROM. */
  readonly sql: string;
}

/** A Parquet file, or (if its name ends in .csv) CSV with a header line, where an empty field is missing. */
export function fileTable(path: string): Table {
  const isCsv = extname(path).toLowerCase() === '.csv';
  return { name: path, sql: isCsv ? `read_csv(${sqlText(path)}, header = true)` : `read_parquet(${sqlText(path)})` };
}

/** Two tables whose columns can be compared, read by a database. */
export class TablePair {
  readonly schema: SchemaComparison;
  readonly rows: { readonly reference: number; readonly current: number };
  readonly #database: RideQueries;
  readonly #tables: { readonly reference: Table; readonly current: Table };

  private constructor(
    database: RideQueries,
    tables: { readonly reference: Table; readonly current: Table },
    schema: SchemaComparison,
    rows: { readonly reference: number; readonly current: number },
  ) {
    this.#database = database;
    this.#tables = tables;
    this.schema = schema;
    this.rows = rows;
  }

  /**
   * @param categorical names of columns to compare as categories although they are numbers. Default: TLC's zones and codes
   * @throws TripcastError when a file cannot be read, or a name of `categorical` is in neither
   */
  static async open(
    database: RideQueries,
    tables: { readonly reference: Table; readonly current: Table },
    categorical?: readonly string[],
  ): Promise<TablePair> {
    const [reference, current] = [await describe(database, tables.reference), await describe(database, tables.current)];
    const unknown = (categorical ?? []).filter(
      (name) => ![...reference, ...current].some((each) => sameName(each.name, name)),
    );
    if (unknown.length > 0) {
      throw new TripcastError(
        `Neither file has a column ${unknown.join(', ')}`,
        `Choose among ${reference.map(({ name }) => name).join(', ')}.`,
      );
    }
    const rows = {
      reference: await rowsOf(database, tables.reference),
      current: await rowsOf(database, tables.current),
    };
    return new TablePair(database, tables, compareColumns(reference, current, categorical ?? TLC_CATEGORIES), rows);
  }

  /**
   * Counts a column's values on both sides, in one pass over each.
   * @param timeColumn the column whose days are counted apart; rows without a time belong to no day
   */
  async read(column: ComparedColumn, timeColumn?: string): Promise<ColumnSamples> {
    const rows = await this.count(column, timeColumn);
    const levels = column.isText ? await this.#levels(column) : undefined;
    const samples = samplesOf(column.kind, rows, levels);
    return {
      name: column.name,
      samples,
      missing: {
        reference: share(this.rows.reference - total(samples.reference), this.rows.reference),
        current: share(this.rows.current - total(samples.current), this.rows.current),
      },
      ...(timeColumn !== undefined && { days: dayCounts(column.kind, rows) }),
    };
  }

  /** How often each value occurs on each day; of text, the number of its level. */
  async count(column: ComparedColumn, timeColumn?: string): Promise<CountedRows> {
    const day = timeColumn === undefined ? 'NULL::DATE' : `${sqlName(timeColumn)}::DATE`;
    const side = ({ sql }: Table, current: number) => `SELECT *, ${current}::DOUBLE AS current FROM (
        SELECT ${valueSql(column)} AS value, ${day} AS day, count(*)::DOUBLE AS n FROM ${sql}
        WHERE ${isPresentSql(column)} GROUP BY ALL)`;
    const value = column.isText ? 'dense_rank() OVER (ORDER BY value)::DOUBLE' : 'value';
    const counted = `SELECT ${value} AS value, (epoch_us(day::TIMESTAMP) // 86400000000)::DOUBLE AS day, current, n
      FROM (${side(this.#tables.reference, 0)} UNION ALL ${side(this.#tables.current, 1)}) ORDER BY 1`;
    return await gather(this.#database.numbers(counted, BATCH_ROWS), ['value', 'day', 'isCurrent', 'count']);
  }

  /**
   * Some rows of both sides: always the same ones, and of each day its share.
   * @param most about how many of each side
   */
  async sampleDays(columns: readonly ComparedColumn[], timeColumn: string, most: number): Promise<DayRows> {
    const values = columns.map((column, i) => `${valueSql(column)} AS c${i}`);
    const side = (name: 'reference' | 'current') => {
      const share = Math.min(1, most / Math.max(1, this.rows[name]));
      return `SELECT * FROM (
          SELECT ${name === 'current' ? 1 : 0} AS side, epoch_us(${sqlName(timeColumn)}::DATE::TIMESTAMP) // 86400000000 AS day,
            row_number() OVER () AS row, ${values.join(', ')} FROM ${this.#tables[name].sql})
        WHERE hash(row) % 1000000 < ${Math.ceil(1e6 * share)} AND day IS NOT NULL`;
    };
    const numbers = columns.map(({ isText }, i) =>
      isText ? `if(c${i} IS NULL, NULL, dense_rank() OVER (ORDER BY c${i}))::DOUBLE` : `c${i}`,
    );
    const sql = `SELECT side::DOUBLE, day::DOUBLE, ${numbers.join(', ')}
      FROM (${side('reference')} UNION ALL ${side('current')}) ORDER BY side, row`;
    const [isCurrent = NONE, day = NONE, ...gathered] = await columnsOf(this.#database.numbers(sql, BATCH_ROWS));
    return { isCurrent, day, columns: columns.map((_, i) => gathered[i] ?? NONE) };
  }

  /** All texts, in the order of their numbers. */
  async #levels(column: ComparedColumn): Promise<readonly string[]> {
    const side = ({ sql }: Table) => `SELECT ${valueSql(column)} AS value FROM ${sql} WHERE ${isPresentSql(column)}`;
    const { reference, current } = this.#tables;
    const rows = await this.#database.rows(`${side(reference)} UNION ${side(current)} ORDER BY 1`);
    return rows.map(({ value }) => String(value));
  }

  /** The first of the names that is a column of both files. */
  columnNamed(names: readonly string[]): string | undefined {
    const both = [...this.schema.compared.map(({ name }) => name), ...this.schema.notComparable];
    return names.map((name) => both.find((each) => sameName(each, name))).find((found) => found !== undefined);
  }
}

const valueSql = ({ name, isText }: ComparedColumn) => `${sqlName(name)}::${isText ? 'VARCHAR' : 'DOUBLE'}`;

/** Beyond it, the squares of a month's values add up to more than a double holds. NaN is greater than any number. */
const LARGEST = '1e150';

const isPresentSql = (column: ComparedColumn) =>
  column.isText ? `${sqlName(column.name)} IS NOT NULL` : `abs(${valueSql(column)}) < ${LARGEST}`;

async function describe(database: RideQueries, { name, sql }: Table): Promise<readonly Column[]> {
  try {
    return await columnsOfTable(database, sql);
  } catch (cause) {
    const said = cause instanceof Error ? cause.message.split('\n', 1)[0] : String(cause);
    throw new TripcastError(
      `${name} is not readable: ${said}`,
      'Give a Parquet file, or a CSV file with a header line.',
      {
        cause,
      },
    );
  }
}

async function rowsOf(database: RideQueries, { sql }: Table): Promise<number> {
  const [row] = await database.rows(`SELECT count(*)::DOUBLE AS n FROM ${sql}`);
  return Number(row?.n);
}

function compareColumns(
  reference: readonly Column[],
  current: readonly Column[],
  categorical: readonly string[],
): SchemaComparison {
  const compared: ComparedColumn[] = [];
  const notComparable: string[] = [];
  for (const { name, type } of reference) {
    const other = current.find((column) => sameName(column.name, name));
    if (other === undefined) continue;
    const types = [type, other.type];
    const isText = !types.every((each) => NUMBER.test(each));
    if (!types.every((each) => NUMBER.test(each) || TEXT.test(each))) notComparable.push(name);
    else {
      const isCategory = isText || categorical.some((each) => sameName(each, name));
      compared.push({ name, kind: isCategory ? 'categorical' : 'numeric', isText });
    }
  }
  const lacks = (columns: readonly Column[]) => (column: Column) =>
    !columns.some((each) => sameName(each.name, column.name));
  return {
    compared,
    onlyInReference: reference.filter(lacks(current)).map(({ name }) => name),
    onlyInCurrent: current.filter(lacks(reference)).map(({ name }) => name),
    notComparable,
  };
}

const share = (part: number, whole: number) => (whole === 0 ? 0 : part / whole);

/** Columns of all batches, by name. */
async function gather<Name extends string>(
  batches: AsyncIterable<NumberBatch>,
  names: readonly Name[],
): Promise<Record<Name, Float64Array>> {
  const columns = await columnsOf(batches);
  return Object.fromEntries(names.map((name, i) => [name, columns[i] ?? NONE])) as Record<Name, Float64Array>;
}

interface NumberBatch {
  readonly rows: number;
  readonly columns: readonly Float64Array[];
}

/** Columns of all batches, whose arrays are reused, so each is copied; no columns when there is no row. */
async function columnsOf(batches: AsyncIterable<NumberBatch>): Promise<readonly Float64Array[]> {
  const parts: (readonly Float64Array[])[] = [];
  for await (const { rows, columns } of batches) parts.push(columns.map((column) => column.slice(0, rows)));
  return (parts[0] ?? []).map((_, i) => joined(parts.map((part) => part[i] ?? NONE)));
}

function joined(arrays: readonly Float64Array[]): Float64Array {
  const all = new Float64Array(arrays.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const array of arrays) {
    all.set(array, at);
    at += array.length;
  }
  return all;
}
