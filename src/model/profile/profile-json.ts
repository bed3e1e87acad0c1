import { z } from 'zod';
import { COLUMN_NAMES, COLUMNS, type ColumnName } from './columns.ts';
import { type ColumnCounts, RideProfile } from './ride-profile.ts';

/** Of every document with a profile in it. A reader leaves other versions out, and says so. */
export const PROFILE_VERSION = 1;

const count = z.int().min(0);

/** The cells that have rides, ascending: a zone's id, an hour, a weekday, or the number of a cell of number-cells.ts. */
function columnSchema(name: ColumnName) {
  const { first, cells } = COLUMNS[name];
  return z
    .strictObject({
      missing: count,
      invalid: count,
      cells: z.array(
        z
          .int()
          .min(first)
          .max(first + cells - 1),
      ),
      counts: z.array(count.min(1)),
    })
    .refine(({ cells: given, counts }) => given.length === counts.length, 'as many cells as counts')
    .refine(({ cells: given }) => given.every((cell, i) => i === 0 || cell > (given[i - 1] ?? 0)), 'ascending cells');
}

const columnsSchema = z.strictObject(
  // fromEntries forgets the keys.
  Object.fromEntries(COLUMN_NAMES.map((name) => [name, columnSchema(name)])) as Record<
    ColumnName,
    ReturnType<typeof columnSchema>
  >,
);
type ColumnsJson = z.infer<typeof columnsSchema>;

const sumOf = ({ missing, invalid, counts }: ColumnsJson[ColumnName]) =>
  counts.reduce((sum, each) => sum + each, missing + invalid);

/**
 * A profile as JSON, sparse: about 7 KB for an hour of 2,000 rides, and at most 90 KB for any number of rides up to a
 * billion (a test fills every cell).
 */
const profileSchema = z
  .strictObject({ rides: count, columns: columnsSchema })
  .refine(
    ({ rides, columns }) => COLUMN_NAMES.every((name) => sumOf(columns[name]) === rides),
    'each column counts every ride once',
  );
export type ProfileJson = z.infer<typeof profileSchema>;

export function profileJson(profile: RideProfile): ProfileJson {
  const column = (name: ColumnName) => {
    const { missing, invalid, counts } = profile.column(name);
    const { first } = COLUMNS[name];
    const [cells, rides]: [number[], number[]] = [[], []];
    for (let i = 0; i < counts.length; i += 1) {
      const inCell = counts[i] ?? 0;
      if (inCell === 0) continue;
      cells.push(first + i);
      rides.push(inCell);
    }
    return { missing, invalid, cells, counts: rides };
  };
  const columns = Object.fromEntries(COLUMN_NAMES.map((name) => [name, column(name)])) as ColumnsJson;
  return { rides: profile.rides, columns };
}

/** A profile in a document's schema: checked, and turned into counts. */
export const profileField = profileSchema.transform(({ rides, columns }) => {
  const column = (name: ColumnName): ColumnCounts => {
    const { missing, invalid, cells, counts } = columns[name];
    const all = new Float64Array(COLUMNS[name].cells);
    cells.forEach((cell, i) => {
      all[cell - COLUMNS[name].first] = counts[i] ?? 0;
    });
    return { missing, invalid, counts: all };
  };
  const all = Object.fromEntries(COLUMN_NAMES.map((name) => [name, column(name)])) as Record<ColumnName, ColumnCounts>;
  return RideProfile.of(rides, all);
});

/** What became of reading a document with a profile. */
export type ReadDocument<T> =
  | { readonly outcome: 'read'; readonly value: T }
  /** Written by another version of tripcast. */
  | { readonly outcome: 'other-version'; readonly version: unknown }
  | { readonly outcome: 'damaged'; readonly problem: string };

/** @param schema of a document of {@link PROFILE_VERSION} */
export function readDocument<T>(schema: z.ZodType<T>, body: Uint8Array): ReadDocument<T> {
  let json: unknown;
  try {
    json = JSON.parse(new TextDecoder().decode(body));
  } catch (error) {
    return { outcome: 'damaged', problem: String(error) };
  }
  const version = versionSchema.safeParse(json).data?.schema_version;
  if (version !== undefined && version !== PROFILE_VERSION) return { outcome: 'other-version', version };
  const parsed = schema.safeParse(json);
  return parsed.success
    ? { outcome: 'read', value: parsed.data }
    : { outcome: 'damaged', problem: z.prettifyError(parsed.error) };
}

const versionSchema = z.object({ schema_version: z.int() });
