import { readCurrent } from '#batch/current.ts';
import { TripcastError } from '#errors.ts';
import { dataKeys, s3Uri } from '#storage/layout.ts';
import type { ObjectStore } from '#storage/object-store.ts';
import type { RunId } from '#storage/run-id.ts';
import type { Month } from '#trips/month.ts';
import type { TaxiType } from '#trips/taxi-type.ts';
import { type MonthReport, monthReportSchema } from './report-schema.ts';

const NAME = '/report.json';

async function readAt(data: ObjectStore, key: string): Promise<MonthReport | undefined> {
  const found = await data.get(key);
  if (found === undefined) return undefined;
  const text = new TextDecoder().decode(found.body);
  try {
    return monthReportSchema.parse(JSON.parse(text));
  } catch (cause) {
    throw new TripcastError(
      `${s3Uri(data.bucket, key)} is not a report of this version`,
      'Make it again with `tripcast monitor`.',
      { cause },
    );
  }
}

/** A run's report on a month; undefined if there is none. @throws TripcastError when it is not one of this version */
export const readReport = (data: ObjectStore, taxiType: TaxiType, month: Month, run: RunId) =>
  readAt(data, dataKeys.report(taxiType, month, run));

/** A taxi type's reports, in the order of their keys: by month, then by run. @param isWanted by its key */
export async function allReports(
  data: ObjectStore,
  taxiType: TaxiType,
  isWanted: (key: string) => boolean = () => true,
): Promise<readonly MonthReport[]> {
  const keys: string[] = [];
  for await (const { key } of data.list(dataKeys.reports(taxiType))) {
    if (key.endsWith(NAME) && isWanted(key)) keys.push(key);
  }
  const reports = await Promise.all(keys.map((key) => readAt(data, key)));
  return reports.filter((report) => report !== undefined);
}

/**
 * The report on what counts for each month: of the run whose predictions are current, or else the latest that there is.
 * Oldest month first.
 */
export async function currentReports(data: ObjectStore, taxiType: TaxiType): Promise<readonly MonthReport[]> {
  const byMonth = Map.groupBy(await allReports(data, taxiType), ({ month }) => month);
  const chosen = [...byMonth].map(async ([month, reports]) => {
    const current = (await readCurrent(data, taxiType, month))?.current;
    const latest = reports.toSorted((a, b) => b.created_at.localeCompare(a.created_at))[0];
    return reports.find(({ run_id }) => run_id === current?.run_id) ?? latest;
  });
  const found = (await Promise.all(chosen)).filter((report) => report !== undefined);
  return found.toSorted((a, b) => a.month.localeCompare(b.month));
}

/**
 * The report that a person asks for.
 * @param wanted month: by default the latest with a report; run: by default the one whose predictions are current
 * @throws TripcastError when there is none
 */
export async function findReport(
  data: ObjectStore,
  taxiType: TaxiType,
  wanted: { readonly month?: Month | undefined; readonly run?: RunId | undefined },
): Promise<MonthReport> {
  const { month, run } = wanted;
  const found =
    run === undefined
      ? (await currentReports(data, taxiType)).filter((report) => month === undefined || report.month === month)
      : (await allReports(data, taxiType)).filter(
          (report) => report.run_id === run && (month === undefined || report.month === month),
        );
  const report = found.at(-1);
  if (report !== undefined) return report;
  throw new TripcastError(
    `There is no report of ${taxiType} ${month ?? 'taxis'}${run === undefined ? '' : ` by run ${run}`}`,
    `Make one with \`tripcast monitor --taxi-type ${taxiType} --month ${month ?? 'YYYY-MM'}\`.`,
  );
}

/** The report on the month's current predictions, as a page; undefined if there is none. */
export async function reportPage(data: ObjectStore, taxiType: TaxiType, month: Month): Promise<Uint8Array | undefined> {
  const current = (await readCurrent(data, taxiType, month))?.current;
  return current && (await data.get(dataKeys.reportPage(taxiType, month, current.run_id)))?.body;
}
