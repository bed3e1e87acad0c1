import { z } from 'zod';
import type { Queries } from './database.ts';
import { columnsOf, sameName } from './inspect-file.ts';
import { sqlText } from './sql.ts';
import type { TaxiType } from './taxi-type.ts';
import { TIME_COLUMNS, timeSql } from './tlc-file.ts';

const share = z.number().min(0).max(1);

/** A column of one or more months' files. A column that the model does not read has only a name and types. */
export const columnFactsSchema = z.object({
  name: z.string(),
  types: z.array(z.string()).describe('as DuckDB names them; several if the months differ'),
  null_share: share.nullable().describe('null = not measured; the same goes for low and high'),
  low: z.number().nullable().describe('about 98% of the numbers are between low and high'),
  high: z.number().nullable(),
});
export type ColumnFacts = Readonly<z.infer<typeof columnFactsSchema>>;

/** What the columns of a file, or of several months together, contain. */
export interface FileFacts {
  readonly rows: number;
  readonly columns: readonly ColumnFacts[];
  /** By column: the share of its values that cannot be read as the right type, such as a string for a zone. */
  readonly unreadable: Readonly<Record<string, number>>;
  /** By column: the share of the rows without a readable value, null or not. */
  readonly lacking: Readonly<Record<string, number>>;
}

/** What the model reads, besides the pickup time. */
const READ_AS = { PULocationID: 'INTEGER', DOLocationID: 'INTEGER', trip_distance: 'DOUBLE' } as const;

/** Looks at all values of the columns that the model reads, in one pass over the file. */
export async function fileFacts(database: Queries, path: string, taxiType: TaxiType): Promise<FileFacts> {
  const columns = await columnsOf(database, path);
  const read: Readonly<Record<string, string>> = { ...READ_AS, [TIME_COLUMNS[taxiType].pickup]: 'TIMESTAMP' };
  const measured = Object.entries(read).filter(([name]) => columns.some((column) => sameName(column.name, name)));
  const measures = measured.map(([name, type]) => {
    const value = type === 'TIMESTAMP' ? timeSql(name) : `try_cast(${name} AS ${type})`;
    const range =
      type === 'TIMESTAMP'
        ? 'NULL'
        : `approx_quantile(${value}::DOUBLE, [0.01, 0.99]) FILTER (NOT isnan(${value}::DOUBLE))`;
    return `{'present': count(${name})::DOUBLE, 'read': count(${value})::DOUBLE, 'range': ${range}} AS ${name}`;
  });
  const [found] = await database.rows(
    `SELECT to_json(found) AS facts FROM (SELECT ${['count(*)::DOUBLE AS rows', ...measures].join(', ')}
      FROM read_parquet(${sqlText(path)})) AS found`,
  );
  const facts = factsSchema.parse(JSON.parse(String(found?.facts)));
  const valuesOf = (name: string) => facts.columns.find(([measuredName]) => sameName(measuredName, name))?.[1];
  return {
    rows: facts.rows,
    columns: columns.map(({ name, type }) => {
      const values = valuesOf(name);
      const [low = null, high = null] = values?.range ?? [];
      return {
        name,
        types: [type],
        null_share: values ? shareOf(facts.rows - values.present, facts.rows) : null,
        low,
        high,
      };
    }),
    unreadable: Object.fromEntries(
      facts.columns.map(([name, { present, read: readable }]) => [name, shareOf(present - readable, present)]),
    ),
    lacking: Object.fromEntries(
      facts.columns.map(([name, { read: readable }]) => [name, shareOf(facts.rows - readable, facts.rows)]),
    ),
  };
}

const valuesSchema = z.object({ present: z.number(), read: z.number(), range: z.array(z.number()).nullable() });
const factsSchema = z
  .object({ rows: z.number() })
  .catchall(valuesSchema)
  .transform(({ rows, ...columns }) => ({ rows, columns: Object.entries(columns) }));

/** The facts of several months, weighted by their rows. */
export function mergedFacts(files: readonly FileFacts[]): readonly ColumnFacts[] {
  const all = files.flatMap(({ rows, columns }) => columns.map((column) => ({ rows, ...column })));
  return [...Map.groupBy(all, ({ name }) => name.toLowerCase()).values()].map((columns) => {
    const measured = columns.filter(({ null_share }) => null_share !== null);
    const rows = measured.reduce((sum, column) => sum + column.rows, 0);
    const nulls = measured.reduce((sum, column) => sum + (column.null_share ?? 0) * column.rows, 0);
    const numbers = (of: readonly (number | null)[]) => of.filter((value) => value !== null);
    const lows = numbers(columns.map(({ low }) => low));
    const highs = numbers(columns.map(({ high }) => high));
    return {
      name: columns[0]?.name ?? '',
      types: [...new Set(columns.flatMap(({ types }) => types))],
      null_share: measured.length === 0 ? null : shareOf(nulls, rows),
      low: lows.length === 0 ? null : Math.min(...lows),
      high: highs.length === 0 ? null : Math.max(...highs),
    };
  });
}

const shareOf = (part: number, whole: number) => (whole === 0 ? 0 : part / whole);
