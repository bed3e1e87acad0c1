import { makeCurrent } from '#batch/current.ts';
import { type Receipt, receiptSchema } from '#batch/receipts.ts';
import { dataKeys, s3Uri } from '#storage/layout.ts';
import type { ObjectStore } from '#storage/object-store.ts';
import type { RunId } from '#storage/run-id.ts';
import { parseMonth } from '#trips/month.ts';

export const APRIL = parseMonth('2023-04');
/** The sha256 of April's file. */
export const SOURCE = '1'.repeat(64);

/** Leaves in a bucket what a run leaves there that has scored 2023-04: output, receipt, and the pointer to it. */
export async function leaveScored(
  data: ObjectStore,
  run: RunId,
  { source = SOURCE, all = false } = {},
): Promise<Receipt> {
  const output = dataKeys.predictions('green', APRIL, run);
  await data.put(output, 'predictions');
  const key = dataKeys.receipt('green', APRIL, run, source);
  const receipt = receiptSchema.parse({
    schema_version: 1,
    taxi_type: 'green',
    month: APRIL,
    run_id: run,
    source: { uri: s3Uri(data.bucket, dataKeys.raw('green', APRIL)), sha256: source, bytes: 9 },
    output: { uri: s3Uri(data.bucket, output), sha256: '2'.repeat(64), bytes: 'predictions'.length },
    all,
    rows: { in: 65_392, scored: 62_979, rejected: { 'duration-below-1': 2413 } },
    errors: { rmse: 8.1, mae: 5.744, coverage_90: 0.81 },
    evaluation: 'after-training',
    code_version: 'test',
    engines: {},
    started_at: '2023-05-15T00:00:00Z',
    seconds: 8,
  });
  await data.put(key, JSON.stringify(receipt));
  await makeCurrent({ receipt, key }, data);
  return receipt;
}
