import { dataKeys, parseS3Uri, s3Uri } from '#storage/layout.ts';
import type { ObjectStore, PutCondition } from '#storage/object-store.ts';
import { type Month, partsOf } from '#trips/month.ts';
import type { TaxiType } from '#trips/taxi-type.ts';
import type { MonthJob } from './outcome.ts';
import { type Current, currentSchema, type Receipt, receiptSchema } from './receipts.ts';

/** An object that may or may not exist. */
export interface Place {
  readonly store: ObjectStore;
  readonly key: string;
}

export const uriOf = ({ store, key }: Place): string => s3Uri(store.bucket, key);

/** Overwrites only what was seen: an absent object, or this exact version. */
export const over = (etag: string | undefined): PutCondition => (etag === undefined ? { absent: true } : { etag });

export interface StoredReceipt {
  readonly key: string;
  readonly etag: string;
  readonly text: string;
  readonly receipt: Receipt;
}

export async function readReceipt(data: ObjectStore, key: string): Promise<StoredReceipt | undefined> {
  const found = await data.get(key);
  if (found === undefined) return undefined;
  const text = new TextDecoder().decode(found.body);
  return { key, etag: found.etag, text, receipt: receiptSchema.parse(JSON.parse(text)) };
}

/** The run's latest receipt for the month: one for an earlier edition of the source if this edition has none. */
export async function latestReceipt(data: ObjectStore, job: MonthJob): Promise<StoredReceipt | undefined> {
  let latest: StoredReceipt | undefined;
  for await (const { key } of data.list(dataKeys.receipts(job.taxi_type, job.month, job.run_id))) {
    const found = await readReceipt(data, key);
    if (found && (latest === undefined || found.receipt.started_at > latest.receipt.started_at)) latest = found;
  }
  return latest;
}

/** The pointer to the month's published output; undefined when no run has scored it. */
export async function readCurrent(
  data: ObjectStore,
  taxiType: TaxiType,
  month: Month,
): Promise<{ readonly etag: string; readonly current: Current } | undefined> {
  const found = await data.get(dataKeys.current(taxiType, month));
  if (found === undefined) return undefined;
  return { etag: found.etag, current: currentSchema.parse(JSON.parse(new TextDecoder().decode(found.body))) };
}

/** Whether the output that a receipt describes is still there, as written. */
export async function outputStands({ output }: Receipt, storeOf: (bucket: string) => ObjectStore): Promise<boolean> {
  const at = parseS3Uri(output.uri);
  const found = at && (await storeOf(at.bucket).head(at.key));
  return found?.size === output.bytes && (output.etag === undefined || found.etag === output.etag);
}

/** Makes a scored output the month's current one. A pointer that moved since is left alone: the later scoring wins. */
export async function publish({ receipt, key: receiptKey }: Pick<StoredReceipt, 'receipt' | 'key'>, data: ObjectStore) {
  const key = dataKeys.current(receipt.taxi_type, receipt.month);
  const current: Current = {
    taxi_type: receipt.taxi_type,
    ...partsOf(receipt.month),
    key: receipt.output.uri.replace(`s3://${data.bucket}/`, ''),
    run_id: receipt.run_id,
    receipt: receiptKey,
    sha256: receipt.output.sha256,
  };
  const seen = await readCurrent(data, receipt.taxi_type, receipt.month);
  if (seen && sameOutput(seen.current, current)) return;
  await data.put(key, `${JSON.stringify(current)}\n`, { contentType: 'application/json', condition: over(seen?.etag) });
}

const sameOutput = (a: Current, b: Current) => a.key === b.key && a.sha256 === b.sha256 && a.receipt === b.receipt;
