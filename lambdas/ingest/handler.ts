import { z } from 'zod';
import { DuckDB } from '#adapters/duckdb.ts';
import { functionEnv } from '#adapters/function-env.ts';
import { S3Store } from '#adapters/s3.ts';
import { tlcSource } from '#adapters/tlc-source.ts';
import { workFolder } from '#adapters/work-folder.ts';
import { ingestMonth } from '#batch/ingest.ts';
import { monthJobSchema, withoutScore } from '#batch/outcome.ts';
import { systemClock } from '#clock.ts';
import { checkedInput } from '#function-input.ts';

const env = functionEnv(z.object({ DATA_BUCKET: z.string(), PUBLICATION_SOURCE: z.string() }));
const data = new S3Store(env.DATA_BUCKET);
const source = tlcSource(env.PUBLICATION_SOURCE);

/** State Ingest: a month from its published source into the data bucket; "not published yet" is an outcome. */
export async function handler(input: unknown) {
  const job = checkedInput(monthJobSchema, input);
  await using folder = await workFolder();
  await using database = await DuckDB.open({ tempDirectory: folder.path });
  const done = await ingestMonth(job.taxi_type, job.month, {
    data,
    source,
    database,
    workFolder: folder.path,
    clock: systemClock,
  });
  if ('note' in done) return withoutScore(job, done.outcome, done.note);
  return { ...job, status: 'ingested' };
}
