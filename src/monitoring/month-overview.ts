import { currentSchema } from '#batch/current.ts';
import { type Receipt, readReceipt } from '#batch/receipts.ts';
import { dataKeys, s3Uri } from '#storage/layout.ts';
import type { ObjectStore } from '#storage/object-store.ts';
import type { TaxiType } from '#trips/taxi-type.ts';
import { verdictOf } from './month-verdict.ts';
import type { MonthReport } from './report-schema.ts';
import { readReport } from './stored-reports.ts';

/** Months read at the same time: each has three objects. */
const AT_ONCE = 8;

export type MonthOverview = ReturnType<typeof overviewOf>;

/** The ETags of what was listed, by key. */
type Etags = ReadonlyMap<string, string>;

/** A month, and the objects that it was read from; an object that was not there may come. */
interface Known {
  readonly overview: MonthOverview;
  readonly objects: readonly { readonly key: string; readonly etag: string | undefined }[];
}

/**
 * What is known of each month that has predictions, latest first: its current receipt, and the report on it. A month is
 * read once, and again only when the listing shows that one of its objects changed.
 * @example
 * const months = monthOverviews(data, 'green');
 * console.log(await months()); // three requests for each month
 * console.log(await months()); // three requests in all
 */
export function monthOverviews(data: ObjectStore, taxiType: TaxiType): () => Promise<MonthOverview[]> {
  const pointers = dataKeys.currents(taxiType);
  const prefixes = [pointers, dataKeys.receiptsOfType(taxiType), dataKeys.reports(taxiType)];
  let known: ReadonlyMap<string, Known> = new Map();

  return async () => {
    const lists = await Promise.all(prefixes.map((prefix) => Array.fromAsync(data.list(prefix))));
    const etags: Etags = new Map(lists.flat().map(({ key, etag }) => [key, etag]));
    const keys = [...etags.keys()].filter((key) => key.startsWith(pointers));
    const months = new Map<string, Known>();
    for (let i = 0; i < keys.length; i += AT_ONCE) {
      const read = keys.slice(i, i + AT_ONCE).map(async (key) => {
        const before = known.get(key);
        const month = before && stands(before, etags) ? before : await readMonth(data, key, etags);
        if (month !== undefined) months.set(key, month);
      });
      await Promise.all(read);
    }
    known = months;
    return [...months.values()].map(({ overview }) => overview).toSorted((a, b) => b.month.localeCompare(a.month));
  };
}

const stands = ({ objects }: Known, etags: Etags) => objects.every(({ key, etag }) => etags.get(key) === etag);

/** @returns undefined if the month was deleted since it was listed */
async function readMonth(data: ObjectStore, key: string, etags: Etags): Promise<Known | undefined> {
  const found = await data.get(key);
  if (found === undefined) return undefined;
  const current = currentSchema.parse(JSON.parse(new TextDecoder().decode(found.body)));
  const stored = await readReceipt(data, current.receipt);
  if (stored === undefined) return undefined;
  const { taxi_type, month, run_id } = stored.receipt;
  const report = await readReport(data, taxi_type, month, run_id);
  // What the listing said: an object that has changed since then is read again the next time.
  const objects = [key, current.receipt, dataKeys.report(taxi_type, month, run_id)];
  return {
    overview: overviewOf(data.bucket, current.receipt, stored.receipt, report),
    objects: objects.map((each) => ({ key: each, etag: etags.get(each) })),
  };
}

function overviewOf(bucket: string, key: string, receipt: Receipt, report: MonthReport | undefined) {
  const { taxi_type, month, run_id, rows, errors } = receipt;
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
    receipt: s3Uri(bucket, key),
    output: receipt.output.uri,
    monitoring: report
      ? {
          verdict: verdictOf(report),
          takeaway: report.takeaway,
          drifted: report.drift.columns.filter(({ drifted }) => drifted).map(({ column }) => column),
          reference: report.reference.month,
          report: s3Uri(bucket, dataKeys.report(taxi_type, month, run_id)),
          page: s3Uri(bucket, dataKeys.reportPage(taxi_type, month, run_id)),
        }
      : null,
  };
}
