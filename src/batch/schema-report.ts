import { z } from 'zod';
import type { ModelCard } from '#model/card/card.ts';
import { runIdSchema } from '#storage/run-id.ts';
import { type ColumnFacts, columnFactsSchema, type FileFacts, fileFacts } from '#trips/column-facts.ts';
import type { Queries } from '#trips/database.ts';
import { type Inspection, readable, sameName } from '#trips/inspect-file.ts';
import { type Month, monthSchema } from '#trips/month.ts';
import { sqlText } from '#trips/sql.ts';
import { type TaxiType, taxiTypeSchema } from '#trips/taxi-type.ts';
import { neededColumns, rideSql } from '#trips/tlc-file.ts';
import { DECISIONS } from './outcome.ts';

const named = z.object({ name: z.string(), type: z.string() });

/** How a month's file compares with the files that the model was trained on. */
export const schemaReportSchema = z.object({
  schema_version: z.literal(1),
  taxi_type: taxiTypeSchema,
  month: monthSchema,
  source_sha256: z.string(),
  run_id: runIdSchema,
  decision: z.enum(DECISIONS),
  notes: z.array(z.string()).describe('what someone should know, one sentence each'),
  rows: z.int().nullable().describe('null if the file cannot be read; the same goes for the next one'),
  rows_outside_month: z.int().nullable().describe('they are scored like any others'),
  added: z.array(named).describe('columns that no training month had'),
  missing: z.array(z.object({ name: z.string(), needed: z.boolean() })),
  retyped: z.array(z.object({ name: z.string(), from: z.array(z.string()), to: z.string() })),
  columns: z.array(columnFactsSchema),
  trained: z.array(columnFactsSchema).nullable().describe('null if the model is older than these reports'),
});
export type SchemaReport = Readonly<z.infer<typeof schemaReportSchema>>;

/** A null share that differs by more than this is worth a note. */
const NULL_SHARE_TOLERANCE = 0.05;
/** So is a range with an end that moved by more than half the width of the range in training. */
const RANGE_TOLERANCE = 0.5;
/** A required column with no readable value, null or not, in more than this share of rows is as good as missing. */
const MOST_LACKING = 0.5;

/** Every file has a few rides from other months; more than this means another month's file, or half of one. */
const OUTSIDE_MONTH_TOLERANCE = 0.01;

/** Reports on a raw month before it is scored. @param inspected the file at `path`; the dropoff column is not required */
export async function reportSchema(
  database: Queries,
  path: string,
  inspected: Inspection,
  of: { readonly card: ModelCard; readonly month: Month; readonly sourceSha256: string },
): Promise<SchemaReport> {
  const { taxi_type: taxiType, run_id, train } = of.card;
  const trained = train.columns ?? null;
  const head = {
    schema_version: 1,
    taxi_type: taxiType,
    month: of.month,
    source_sha256: of.sourceSha256,
    run_id,
    trained,
  } as const;
  const refused = (reason: string, lacking: readonly string[]): SchemaReport => {
    const missing = lacking.map((name) => ({ name, needed: true }));
    const nothing = { rows: null, rows_outside_month: null, added: [], missing, retyped: [], columns: [] };
    return { ...head, decision: 'refuse', notes: [reason], ...nothing };
  };
  if (inspected.outcome === 'refused') return refused(inspected.reason, inspected.missing);
  const read = await readable(path, () => fileFacts(database, path, taxiType));
  if (read.outcome === 'refused') return refused(read.reason, []);
  const outside = await rowsOutside(database, path, taxiType, of.month);
  return { ...head, ...judged(read.value, outside, trained, of) };
}

/** Judges the values that are readable: is what the model needs among them, and what has changed? */
function judged(
  facts: FileFacts,
  outside: number,
  trained: readonly ColumnFacts[] | null,
  { card, month }: { readonly card: ModelCard; readonly month: Month },
) {
  const needed = neededColumns(card.taxi_type, 'score');
  const differences = compareColumns(facts.columns, trained ?? facts.columns, needed);
  const unreadable = needed.filter((name) => (facts.lacking[name] ?? 0) > MOST_LACKING);
  const notes = [
    ...(trained === null ? ['The model does not say which columns it was trained on, so nothing was compared'] : []),
    ...unreadable.map((name) => unreadableNote(name, facts.lacking[name] ?? 0)),
    ...partlyUnreadableNotes(facts, unreadable),
    ...notesOf(differences),
    ...facts.columns.flatMap((column) => valueNotes(column, trained ?? [])),
    ...(outside > OUTSIDE_MONTH_TOLERANCE * facts.rows
      ? [`${percent(outside / facts.rows)} of the rides were not picked up in ${month}`]
      : []),
  ];
  const fine = notes.length === 0 ? ('fine' as const) : ('fine-with-notes' as const);
  return {
    decision: unreadable.length > 0 ? ('refuse' as const) : fine,
    notes,
    rows: facts.rows,
    rows_outside_month: outside,
    ...differences,
    columns: [...facts.columns],
  };
}

/** Counts the rides whose pickup time, if readable, is in another month. */
async function rowsOutside(database: Queries, path: string, taxiType: TaxiType, month: Month): Promise<number> {
  const first = `TIMESTAMP '${month}-01'`;
  const inMonth = `pickup >= ${first} AND pickup < ${first} + INTERVAL 1 MONTH`;
  const [found] = await database.rows(`SELECT count(*) FILTER (NOT (${inMonth}))::DOUBLE AS outside
    FROM (SELECT ${rideSql(taxiType).pickup} AS pickup FROM read_parquet(${sqlText(path)}))`);
  return Number(found?.outside);
}

type Differences = Pick<SchemaReport, 'added' | 'missing' | 'retyped'>;

function compareColumns(
  columns: readonly ColumnFacts[],
  trained: readonly ColumnFacts[],
  needed: readonly string[],
): Differences {
  const find = (among: readonly ColumnFacts[], name: string) => among.find((column) => sameName(column.name, name));
  const typed = columns.map(({ name, types: [type = ''] }) => ({ name, type, before: find(trained, name) }));
  return {
    added: typed.filter(({ before }) => before === undefined).map(({ name, type }) => ({ name, type })),
    missing: trained
      .filter(({ name }) => find(columns, name) === undefined)
      .map(({ name }) => ({ name, needed: needed.some((each) => sameName(each, name)) })),
    retyped: typed.flatMap(({ name, type, before }) =>
      before === undefined || before.types.includes(type) ? [] : [{ name, from: [...before.types], to: type }],
    ),
  };
}

const notesOf = ({ added, missing, retyped }: Differences): readonly string[] => [
  ...added.map(({ name, type }) => `${name} (${type}) is new`),
  ...missing.map(({ name }) => `${name} is gone`),
  ...retyped.map(({ name, from, to }) => `${name} was ${from.join(' or ')} and is now ${to}`),
];

function valueNotes(column: ColumnFacts, trained: readonly ColumnFacts[]): readonly string[] {
  const before = trained.find(({ name }) => sameName(name, column.name));
  if (before === undefined) return [];
  const notes: string[] = [];
  const [nulls, nullsBefore] = [column.null_share, before.null_share];
  if (nulls !== null && nullsBefore !== null && Math.abs(nulls - nullsBefore) > NULL_SHARE_TOLERANCE) {
    notes.push(
      `${column.name} is null in ${percent(nulls)} of the rows; in the training months, in ${percent(nullsBefore)}`,
    );
  }
  if (column.low !== null && column.high !== null && before.low !== null && before.high !== null) {
    const allowed = RANGE_TOLERANCE * (before.high - before.low);
    if (Math.abs(column.low - before.low) > allowed || Math.abs(column.high - before.high) > allowed) {
      const range = (low: number, high: number) => `${Number(low.toPrecision(4))}..${Number(high.toPrecision(4))}`;
      notes.push(
        `${column.name} is mostly ${range(column.low, column.high)}; in the training months, ${range(before.low, before.high)}`,
      );
    }
  }
  return notes;
}

const unreadableNote = (name: string, share: number) =>
  `${name} has no readable value in ${percent(share)} of the rows`;

const partlyUnreadableNotes = ({ unreadable }: FileFacts, refused: readonly string[]): readonly string[] =>
  Object.entries(unreadable)
    .filter(([name, share]) => share > 0 && !refused.includes(name))
    .map(([name, share]) => `${percent(share)} of the values of ${name} cannot be read and count as missing`);

const percent = (share: number) => `${Number((share * 100).toPrecision(3))}%`;
