import { readCurrent } from '#batch/current.ts';
import { readReceipt } from '#batch/receipts.ts';
import { dataKeys, s3Uri } from '#storage/layout.ts';
import type { Month } from '#trips/month.ts';
import type { TaxiType } from '#trips/taxi-type.ts';
import { type MonitoredMonth, type MonitorMonthDeps, referenceOf } from './monitor-month.ts';
import { monthReportSchema } from './report-schema.ts';

/**
 * The report on a month's current output, if there is one that {@link monitorMonth} would make again: made since that
 * output, by the same code, against the same reference.
 */
export async function standingReport(
  taxiType: TaxiType,
  month: Month,
  { data, loadModel, codeVersion }: Pick<MonitorMonthDeps, 'data' | 'loadModel' | 'codeVersion'>,
): Promise<Omit<MonitoredMonth, 'page'> | undefined> {
  const current = (await readCurrent(data, taxiType, month))?.current;
  const receipt = current && (await readReceipt(data, current.receipt))?.receipt;
  if (receipt === undefined) return undefined;
  const key = dataKeys.report(taxiType, month, receipt.run_id);
  const found = await data.get(key);
  if (found === undefined) return undefined;
  const { data: report } = monthReportSchema.safeParse(JSON.parse(new TextDecoder().decode(found.body)));
  if (report?.code_version !== codeVersion || report.created_at < receipt.started_at) return undefined;
  const { card, scorer } = await loadModel(receipt.run_id);
  await scorer.close();
  if (report.reference.month !== referenceOf(card, month)) return undefined;
  const page = dataKeys.reportPage(taxiType, month, receipt.run_id);
  return { report, uri: s3Uri(data.bucket, key), pageUri: s3Uri(data.bucket, page) };
}
