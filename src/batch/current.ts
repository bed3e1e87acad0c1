import { z } from 'zod';
import { dataKeys } from '#storage/layout.ts';
import { ifUnchanged, type ObjectStore } from '#storage/object-store.ts';
import { runIdSchema } from '#storage/run-id.ts';
import { sha256Schema } from '#storage/sha256.ts';
import { type Month, partsOf } from '#trips/month.ts';
import { type TaxiType, taxiTypeSchema } from '#trips/taxi-type.ts';
import type { StoredReceipt } from './receipts.ts';

/** The one line that points at a month's current output: queries and reports read only what it names. */
export const currentSchema = z.object({
  taxi_type: taxiTypeSchema,
  year: z.int(),
  month: z.int(),
  key: z.string(),
  run_id: runIdSchema,
  receipt: z.string(),
  sha256: sha256Schema,
});
export type Current = Readonly<z.infer<typeof currentSchema>>;

/** The pointer to the month's current output; undefined when no run has scored it. */
export async function readCurrent(
  data: ObjectStore,
  taxiType: TaxiType,
  month: Month,
): Promise<{ readonly etag: string; readonly current: Current } | undefined> {
  const found = await data.get(dataKeys.current(taxiType, month));
  if (found === undefined) return undefined;
  return { etag: found.etag, current: currentSchema.parse(JSON.parse(new TextDecoder().decode(found.body))) };
}

/** Makes a scored output the month's current one. A pointer that moved since is left alone: the later scoring wins. */
export async function makeCurrent(
  { receipt, key: receiptKey }: Pick<StoredReceipt, 'receipt' | 'key'>,
  data: ObjectStore,
): Promise<void> {
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
  const condition = ifUnchanged(seen?.etag);
  await data.put(key, `${JSON.stringify(current)}\n`, { contentType: 'application/json', condition });
}

const sameOutput = (a: Current, b: Current) => a.key === b.key && a.sha256 === b.sha256 && a.receipt === b.receipt;
