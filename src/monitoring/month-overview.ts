import { type Current, currentSchema } from '#batch/current.ts';
import { readReceipt, type StoredReceipt } from '#batch/receipts.ts';
import { dataKeys, s3Uri } from '#storage/layout.ts';
import type { ObjectStore } from '#storage/object-store.ts';
import type { TaxiType } from '#trips/taxi-type.ts';
import { verdictOf } from './month-verdict.ts';
import { readReport } from './stored-reports.ts';

/** Objects read at the same time: each month has three. */
const AT_ONCE = 8;

/** What is known of each month that has predictions, latest first: its current receipt, and the report on it. */
export async function monthOverview(data: ObjectStore, taxiType: TaxiType) {
  const keys = await Array.fromAsync(data.list(dataKeys.currents(taxiType)), ({ key }) => key);
  const months: Awaited<ReturnType<typeof monthAt>>[] = [];
  for (let i = 0; i < keys.length; i += AT_ONCE) {
    months.push(...(await Promise.all(keys.slice(i, i + AT_ONCE).map((key) => monthAt(data, key)))));
  }
  return months.filter((month) => month !== undefined).toSorted((a, b) => b.month.localeCompare(a.month));
}

async function monthAt(data: ObjectStore, key: string) {
  const found = await data.get(key);
  if (found === undefined) return undefined; // deleted since it was listed
  const current: Current = currentSchema.parse(JSON.parse(new TextDecoder().decode(found.body)));
  const stored = await readReceipt(data, current.receipt);
  return stored && overviewOf(data, stored);
}

async function overviewOf(data: ObjectStore, { key, receipt }: StoredReceipt) {
  const { taxi_type, month, run_id, rows, errors } = receipt;
  const report = await readReport(data, taxi_type, month, run_id);
  return {
    month,
    run_id,
    rows_in: rows.in,
    rows_scored: rows.scored,
    rejected: rows.rejected,
    rmse: errors?.rmse ?? null,
    mae: errors?.mae ?? null,
    coverage_90: errors?.coverage_90 ?? null,
    evaluation: receipt.evaluation,
    scored_at: receipt.started_at,
    receipt: s3Uri(data.bucket, key),
    output: receipt.output.uri,
    monitoring: report
      ? {
          verdict: verdictOf(report),
          takeaway: report.takeaway,
          drifted: report.drift.columns.filter(({ drifted }) => drifted).map(({ column }) => column),
          reference: report.reference.month,
          report: s3Uri(data.bucket, dataKeys.report(taxi_type, month, run_id)),
          page: s3Uri(data.bucket, dataKeys.reportPage(taxi_type, month, run_id)),
        }
      : null,
  };
}
