import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { TransientError, TripcastError } from '#errors.ts';
import { dataKeys, s3Uri } from '#storage/layout.ts';
import type { ObjectStore } from '#storage/object-store.ts';
import type { LabelRow } from './label.ts';

/** Rows that were refused for one reason. */
export interface RefusedRows {
  readonly reason: string;
  readonly rows: number;
  /** The first of them. */
  readonly first: readonly number[];
}

export interface PutLabels {
  /** `there`: the same labels had been put before, and nothing was written. */
  readonly outcome: 'written' | 'there';
  /** s3:// address. */
  readonly uri: string;
  readonly labels: number;
  readonly refused: readonly RefusedRows[];
}

export interface PutLabelsDeps {
  readonly data: ObjectStore;
  /** An empty folder on local disk with room for the labels, compressed. */
  readonly workFolder: string;
  readonly onProgress?: (labels: number) => void;
}

/** How many of the refused rows to name. */
const NAMED = 5;

/**
 * Stores labels under a name made of what they say, so that putting the same ones again changes nothing. Refused rows are
 * counted and left out.
 * @param name of the file that the rows come from, for errors
 * @throws TripcastError when no row is a label; nothing is written then
 * @example
 * const { outcome, uri } = await putLabels('labels.jsonl', labelLines(createReadStream('labels.jsonl')), deps);
 */
export async function putLabels(
  name: string,
  batches: AsyncIterable<readonly LabelRow[]>,
  { data, workFolder, onProgress }: PutLabelsDeps,
): Promise<PutLabels> {
  const hash = createHash('sha256');
  const refused = new Map<string, { rows: number; first: number[] }>();
  let labels = 0;
  async function* accepted() {
    for await (const batch of batches) {
      let text = '';
      for (const row of batch) {
        if ('refused' in row) {
          countRefused(refused, row);
          continue;
        }
        text += `${JSON.stringify({ ride_id: row.rideId, actual_duration: row.minutes })}\n`;
        labels += 1;
      }
      if (text === '') continue;
      hash.update(text);
      onProgress?.(labels);
      yield Buffer.from(text);
    }
  }
  const path = join(workFolder, 'labels.jsonl.gz');
  await pipeline(accepted, createGzip(), createWriteStream(path));
  const reasons = [...refused].map(([reason, rows]) => ({ reason, ...rows }));
  if (labels === 0) throw nothingIn(name, reasons);
  const key = dataKeys.labelsOf(hash.digest('hex'));
  const put = { uri: s3Uri(data.bucket, key), labels, refused: reasons };
  const isThere = async () => (await data.head(key)) !== undefined;
  if (await isThere()) return { outcome: 'there', ...put };
  const { outcome } = await data.upload(path, key, { contentType: 'application/gzip', condition: { absent: true } });
  if (outcome === 'written') return { outcome, ...put };
  // S3 also reports a conflict while someone else writes the object; that write may yet fail.
  if (await isThere()) return { outcome: 'there', ...put };
  throw new TransientError(`Someone else is writing ${put.uri}`, 'Run the same command again.');
}

function countRefused(
  refused: Map<string, { rows: number; first: number[] }>,
  { row, refused: reason }: { readonly row: number; readonly refused: string },
): void {
  const known = refused.get(reason) ?? { rows: 0, first: [] };
  known.rows += 1;
  if (known.first.length < NAMED) known.first.push(row);
  refused.set(reason, known);
}

function nothingIn(name: string, refused: readonly RefusedRows[]): TripcastError {
  const why = refused.map(({ reason, rows, first: [row] }) => `${reason}: ${rows}, first in row ${row}`);
  return new TripcastError(
    why.length === 0 ? `${name} is empty` : `${name} has no label (${why.join('; ')})`,
    'Give JSON lines such as {"ride_id":156,"actual_duration":12.5}, in minutes, or a TLC month.',
  );
}
