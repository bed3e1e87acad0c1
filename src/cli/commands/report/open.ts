import { openFile } from '#adapters/opener.ts';
import { findReport } from '#monitoring/stored-reports.ts';
import { s3Uri } from '#storage/layout.ts';
import type { RunId } from '#storage/run-id.ts';
import type { Month } from '#trips/month.ts';
import type { TaxiType } from '#trips/taxi-type.ts';
import { connect } from '../../context.ts';
import { downloadPage, pageKey } from '../../local-report.ts';
import type { CommonOptions } from '../../options.ts';
import type { Terminal } from '../../view/terminal.ts';

export interface ReportOpenOptions {
  readonly taxiType: TaxiType;
  /** Default: the latest month with a report. */
  readonly month?: Month;
  /** Default: the run whose predictions are current. */
  readonly runId?: RunId;
}

/** `tripcast report open`: a month's report on this machine, and on the screen if someone sits in front of one. */
export async function reportOpen(
  { env, taxiType, month, runId: run }: ReportOpenOptions & CommonOptions,
  terminal: Terminal,
): Promise<void> {
  const { data } = await connect(env);
  const report = await findReport(data, taxiType, { month, run });
  const path = await downloadPage(data, env, report);
  const isOpen = !terminal.json && process.stdout.isTTY && (await openFile(path));
  terminal.result(
    { taxi_type: taxiType, month: report.month, run_id: report.run_id, uri: s3Uri(data.bucket, pageKey(report)), path },
    () => `${report.takeaway}\n\n${isOpen ? 'Opened' : 'The page is'} ${path}`,
  );
}
