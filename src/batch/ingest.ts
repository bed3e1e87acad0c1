import { rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { type Clock, isoTime } from '#clock.ts';
import { TripcastError } from '#errors.ts';
import { dataKeys, monthFile, s3Uri } from '#storage/layout.ts';
import type { ObjectStore } from '#storage/object-store.ts';
import { sha256OfFile } from '#storage/sha256.ts';
import type { Queries } from '#trips/database.ts';
import { inspectFile } from '#trips/inspect-file.ts';
import type { Month } from '#trips/month.ts';
import type { TaxiType } from '#trips/taxi-type.ts';

/** Where raw months come from: a folder or TLC's URL. Both are in src/adapters/tlc-source.ts. */
export interface TlcSource {
  /** The folder or the URL, for messages. */
  readonly name: string;
  /** Fetches the file to `path`, completely or not at all. */
  fetch(file: string, path: string, options?: FetchOptions): Promise<Fetched>;
}

export interface FetchOptions {
  /** The ETag of the existing copy: a file that still has it is `unchanged`. */
  readonly unless?: string | undefined;
  readonly onProgress?: ((bytes: number, of: number | undefined) => void) | undefined;
  /** Called when a request to the source has failed and is about to be retried. */
  readonly onRetry?: ((reason: string) => void) | undefined;
}

/** What a source did with a request for a file. `etag` is null if the source has none. */
export type Fetched =
  | { readonly outcome: 'fetched'; readonly etag: string | null }
  | { readonly outcome: 'unchanged' }
  | { readonly outcome: 'not-published' };

/** The sidecar of a raw month. */
export const rawFactsSchema = z.object({
  sha256: z.string(),
  bytes: z.int(),
  rows: z.int(),
  columns: z.array(z.object({ name: z.string(), type: z.string() })),
  source: z.string(),
  etag: z.string().nullish().describe("the source's own, if it has one"),
  supersedes: z.string().nullish().describe('sha256 of the edition that this one replaced'),
  ingested_at: z.iso.datetime(),
});
export type RawFacts = z.infer<typeof rawFactsSchema>;

/** What became of a raw month; `note` is a sentence for people. */
export type IngestOutcome =
  | { readonly outcome: 'ingested' | 'replaced' | 'already-there'; readonly uri: string; readonly facts: RawFacts }
  | { readonly outcome: 'not-published'; readonly note: string }
  | { readonly outcome: 'refused'; readonly note: string };

export interface IngestDeps {
  readonly data: ObjectStore;
  readonly source: TlcSource;
  readonly database: Queries;
  /** An interrupted download is resumed if its partial file is still here. */
  readonly workFolder: string;
  readonly clock: Clock;
  /** Whether to also check the source for months that are already there and replace them with newer editions. */
  readonly refresh?: boolean;
  readonly onProgress?: FetchOptions['onProgress'];
  readonly onRetry?: FetchOptions['onRetry'];
}

/**
 * Copies a raw month to the data bucket, unchanged, after inspecting it: a file that cannot be scored is refused. The
 * sidecar is written last, so a month that has one is complete.
 * @throws TransientError when the source cannot be reached or fails
 * @example
 * const done = await ingestMonth('green', parseMonth('2023-04'), deps);
 * if (done.outcome === 'not-published') console.log(done.note); // wait and ask again
 */
export async function ingestMonth(
  taxiType: TaxiType,
  month: Month,
  { data, source, database, workFolder, clock, refresh = false, onProgress, onRetry }: IngestDeps,
): Promise<IngestOutcome> {
  const key = dataKeys.raw(taxiType, month);
  const uri = s3Uri(data.bucket, key);
  const there = await wholeMonth(data, taxiType, month);
  const alreadyThere = there && { outcome: 'already-there' as const, uri, facts: there };
  if (alreadyThere !== undefined && !refresh) return alreadyThere;

  const file = monthFile(taxiType, month);
  const path = join(workFolder, file);
  const unless = there?.source === source.name ? (there.etag ?? undefined) : undefined;
  const fetched = await source.fetch(file, path, { unless, onProgress, onRetry });
  if (fetched.outcome !== 'fetched') {
    return alreadyThere ?? { outcome: 'not-published', note: `${file} is not at ${source.name}` };
  }
  try {
    const sha256 = await sha256OfFile(path);
    if (alreadyThere?.facts.sha256 === sha256) return alreadyThere;
    const inspected = await inspectFile(database, path, taxiType, 'score');
    if (inspected.outcome === 'refused') return { outcome: 'refused', note: `${file}: ${inspected.reason}` };
    const facts: RawFacts = {
      sha256,
      bytes: (await stat(path)).size,
      rows: inspected.rows,
      columns: [...inspected.columns],
      source: source.name,
      etag: fetched.etag,
      supersedes: there?.sha256 ?? null,
      ingested_at: isoTime(clock),
    };
    await data.upload(path, key, { contentType: 'application/vnd.apache.parquet' });
    await data.put(dataKeys.rawFacts(taxiType, month), `${JSON.stringify(facts, null, 2)}\n`, {
      contentType: 'application/json',
    });
    return { outcome: there === undefined ? 'ingested' : 'replaced', uri, facts };
  } finally {
    await rm(path, { force: true });
  }
}

/** The sidecar of a month whose stored file has the size that the sidecar states. */
async function wholeMonth(data: ObjectStore, taxiType: TaxiType, month: Month): Promise<RawFacts | undefined> {
  const facts = await readRawFacts(data, taxiType, month);
  return facts !== undefined && (await data.head(dataKeys.raw(taxiType, month)))?.size === facts.bytes
    ? facts
    : undefined;
}

/** A raw month's sidecar; undefined when the month was never completely ingested. */
export async function readRawFacts(data: ObjectStore, taxiType: TaxiType, month: Month): Promise<RawFacts | undefined> {
  const found = await data.get(dataKeys.rawFacts(taxiType, month));
  if (found === undefined) return undefined;
  const parsed = rawFactsSchema.safeParse(JSON.parse(new TextDecoder().decode(found.body)));
  if (parsed.success) return parsed.data;
  throw new TripcastError(
    `${s3Uri(data.bucket, dataKeys.rawFacts(taxiType, month))} is not a raw month's sidecar as ingest writes it`,
    'Delete it and ingest the month again.',
  );
}
