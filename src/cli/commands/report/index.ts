import { mkdir, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { TripcastError } from '#errors.ts';
import { verdictOf } from '#monitoring/month-verdict.ts';
import { type IndexedMonth, renderIndex } from '#monitoring/page/index-page.ts';
import { currentReports } from '#monitoring/stored-reports.ts';
import { dataKeys, s3Uri } from '#storage/layout.ts';
import type { ObjectStore } from '#storage/object-store.ts';
import type { TaxiType } from '#trips/taxi-type.ts';
import { connect } from '../../context.ts';
import { downloadPage, localPath, pageKey } from '../../local-report.ts';
import type { CommonOptions } from '../../options.ts';
import { decimals, type Terminal, table } from '../../view/terminal.ts';

export interface ReportIndexOptions {
  readonly taxiType: TaxiType;
}

/** `tripcast report index`: one page over all months with a report, in the data bucket and on this machine. */
export async function reportIndex(options: ReportIndexOptions & CommonOptions, terminal: Terminal): Promise<void> {
  const result = await indexReports(await connect(options.env), options);
  terminal.result(result, () => {
    const rows = result.months.map((month) => [
      month.month,
      month.verdict.replaceAll('-', ' '),
      decimals(month.mae, 2),
      decimals(month.reference_mae, 2),
      month.drifted.join(', ') || '–',
      month.evaluation.replaceAll('-', ' '),
    ]);
    const headings = ['month', 'verdict', 'MAE min', 'reference', 'drifted columns', 'for its model'];
    return `${table(headings, rows)}\n\nThe page is ${result.path}`;
  });
}

/** @throws TripcastError when there is no report */
export async function indexReports(
  { data }: { readonly data: ObjectStore },
  { env, taxiType }: ReportIndexOptions & Pick<CommonOptions, 'env'>,
) {
  const reports = await currentReports(data, taxiType);
  if (reports.length === 0) {
    throw new TripcastError(
      `There is no report of ${taxiType} taxis`,
      `Make one with \`tripcast monitor --taxi-type ${taxiType} --month YYYY-MM\`.`,
    );
  }
  const paths: string[] = [];
  for (const report of reports) paths.push(await downloadPage(data, env, report));
  const prefix = dataKeys.reports(taxiType);
  const months = reports.map((report): IndexedMonth => ({ report, link: pageKey(report).slice(prefix.length) }));
  const page = renderIndex(taxiType, months);
  const key = dataKeys.reportIndex(taxiType);
  await data.put(key, page, { contentType: 'text/html; charset=utf-8' });
  const path = localPath(env, key);
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, page);
  return {
    uri: s3Uri(data.bucket, key),
    path,
    months: reports.map((report, i) => ({
      month: report.month,
      run_id: report.run_id,
      evaluation: report.evaluation,
      verdict: verdictOf(report),
      mae: report.quality?.absolute_error.mean ?? null,
      reference_mae: report.estimate.reference_mae,
      drifted: report.drift.columns.filter((column) => column.drifted).map(({ column }) => column),
      uri: s3Uri(data.bucket, pageKey(report)),
      path: paths[i],
    })),
  };
}
