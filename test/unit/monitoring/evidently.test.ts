import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { DuckDB } from '#adapters/duckdb.ts';
import { chiSquare, twoProportions } from '#monitoring/statistics/count-tests.ts';
import {
  hellinger,
  jensenShannon,
  kullbackLeibler,
  normedWasserstein,
  populationStability,
  type Shares,
  sharesByValue,
  sharesInEqualCells,
  sturges,
} from '#monitoring/statistics/distances.ts';
import { evidentlyDrift } from '#monitoring/statistics/evidently.ts';
import { kolmogorovSmirnov } from '#monitoring/statistics/kolmogorov-smirnov.ts';
import { distinct, type TwoSamples } from '#monitoring/statistics/two-samples.ts';
import { fileTable, TablePair } from '#monitoring/table-pair.ts';
import { fixture, PAIRS } from '../../support/evidently-pairs.ts';

/** As asked of the whole project; Evidently's own numbers differ from a recomputation by up to 2.6e-12. */
const CLOSE = 1e-9;

const answersSchema = z.object({
  columns: z.record(
    z.string(),
    z.object({ method: z.string(), threshold: z.number(), score: z.number(), drifted: z.boolean() }),
  ),
  forced_methods: z.record(z.string(), z.record(z.string(), z.number().nullable())),
});
const answers = (name: string) => answersSchema.parse(JSON.parse(readFileSync(fixture(`${name}.json`), 'utf8')));

type Samples = ReadonlyMap<string, TwoSamples>;

async function read(
  folder: string,
  reference: string,
  current: string,
  categorical: readonly string[],
): Promise<Samples> {
  await using database = await DuckDB.open({ tempDirectory: folder });
  const pair = await TablePair.open(
    database,
    { reference: fileTable(reference), current: fileTable(current) },
    categorical,
  );
  const samples = new Map<string, TwoSamples>();
  for (const column of pair.schema.compared) samples.set(column.name, (await pair.read(column)).samples);
  return samples;
}

const numeric = (measure: (samples: TwoSamples & { kind: 'numeric' }) => number) => (samples: TwoSamples) =>
  samples.kind === 'numeric' ? measure(samples) : Number.NaN;

/** Forced on a number with more than 20 distinct values, Evidently measures these in equal cells. */
const inCells = (measure: (shares: Shares) => number) => (samples: TwoSamples) =>
  measure(
    samples.kind === 'numeric' && distinct(samples.reference) > 20
      ? sharesInEqualCells(samples)
      : sharesByValue(samples),
  );

const FORCED: Readonly<Record<string, (samples: TwoSamples) => number>> = {
  ks: numeric((samples) => kolmogorovSmirnov(samples).p),
  wasserstein: numeric(normedWasserstein),
  jensenshannon: inCells(jensenShannon),
  psi: inCells(populationStability),
  kl_div: inCells(kullbackLeibler),
  // Its cells are Sturges's number for the distinct values of a number, whatever the number of rows.
  hellinger: (samples) =>
    hellinger(
      samples.kind === 'numeric' ? sharesInEqualCells(samples, sturges(samples.values.length)) : sharesByValue(samples),
    ),
  chisquare: chiSquare,
  z: twoProportions,
};

describe.each(PAIRS)('Evidently on $name ($format)', ({ name, files, categorical }) => {
  const { columns, forced_methods } = answers(name);
  let samples: Samples;

  beforeAll(async () => {
    const folder = mkdtempSync(join(tmpdir(), 'tripcast-évidently '));
    samples = await read(folder, ...(await files(folder)), categorical);
    rmSync(folder, { recursive: true });
  });

  const samplesOf = (column: string) => {
    const found = samples.get(column);
    if (found === undefined) throw new Error(`${column} was not read.`);
    return found;
  };

  test.each(Object.entries(columns))('%s', (column, wanted) => {
    const found = evidentlyDrift(samplesOf(column));
    expect(found).toEqual({ ...wanted, score: found.score });
    expect(Math.abs(found.score - wanted.score)).toBeLessThan(CLOSE);
  });

  test.each(Object.entries(forced_methods))('%s, forced on each column', (method, scores) => {
    const entries = Object.entries(scores).filter(([, score]) => score !== null); // null: a single value leaves no test
    expect(entries).not.toEqual([]);
    for (const [column, wanted] of entries) {
      const found = FORCED[method]?.(samplesOf(column)) ?? Number.NaN;
      expect(Math.abs(found - (wanted ?? 0)), `${method} of ${column}: ${found}, not ${wanted}`).toBeLessThan(CLOSE);
    }
  });
});
