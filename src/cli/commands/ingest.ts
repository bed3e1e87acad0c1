import { mkdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { checkInputFolder } from '#adapters/files.ts';
import { tlcSource } from '#adapters/tlc-source.ts';
import { isWebAddress } from '#adapters/web-address.ts';
import { workFolder } from '#adapters/work-folder.ts';
import { type IngestOutcome, ingestMonth } from '#batch/ingest.ts';
import { systemClock } from '#clock.ts';
import { LOCAL } from '#setup/paths.mjs';
import { type Month, monthRange } from '#trips/month.ts';
import type { TaxiType } from '#trips/taxi-type.ts';
import { connect, type Deployment } from '../context.ts';
import type { CommonOptions } from '../options.ts';
import { count, type Terminal, table } from '../view/terminal.ts';
import { checkUsage } from '../wrong-usage.ts';

export interface IngestOptions {
  readonly taxiType: TaxiType;
  readonly from: Month;
  readonly to: Month;
  readonly source?: string;
  /** Also ask the source for months that are already there. */
  readonly refresh?: boolean;
}

export interface IngestedMonth {
  readonly month: Month;
  readonly outcome: IngestOutcome['outcome'];
  readonly rows: number | null;
  readonly uri: string | null;
  readonly note: string | null;
}

/** `tripcast ingest`: raw months into the data bucket; those already there are skipped, or with --refresh compared. */
export async function ingest(options: IngestOptions & CommonOptions, terminal: Terminal): Promise<void> {
  const wanted = checkUsage(() => monthRange(options.from, options.to));
  await checkSource(options.source);
  const deployment = await connect(options.env);
  const months = await ingestMonths(deployment, wanted, options, terminal);
  terminal.result({ months }, () =>
    table(
      ['month', 'outcome', 'rows', 'where'],
      months.map((each) => [each.month, each.outcome, count(each.rows), each.uri ?? each.note ?? '']),
    ),
  );
  if (months.some(({ outcome }) => outcome === 'refused' || outcome === 'not-published')) process.exitCode = 1;
}

export async function ingestMonths(
  deployment: Deployment,
  months: readonly Month[],
  options: Pick<IngestOptions, 'taxiType' | 'source' | 'refresh'>,
  terminal: Terminal,
): Promise<readonly IngestedMonth[]> {
  const { DuckDB } = await import('#adapters/duckdb.ts');
  const place = options.source ?? deployment.config.publication.source;
  const source = tlcSource(isWebAddress(place) ? place : resolve(place));
  const progress = terminal.progress(`ingest ${options.taxiType}`, months.length);
  await using temporary = await workFolder();
  await using database = await DuckDB.open({ tempDirectory: temporary.path });
  const folder = isWebAddress(place) ? await downloads() : temporary.path;
  const done: IngestedMonth[] = [];
  for (const month of months) {
    progress.update(done.length, month);
    const outcome = await ingestMonth(options.taxiType, month, {
      data: deployment.data,
      source,
      database,
      workFolder: folder,
      clock: systemClock,
      refresh: options.refresh ?? false,
      onProgress: (bytes, of) => progress.update(done.length, `${month} ${megabytes(bytes)} of ${megabytes(of)} MB`),
      onRetry: (reason) => progress.update(done.length, `${month}: ${reason}; trying again`),
    });
    done.push(
      'note' in outcome
        ? { month, outcome: outcome.outcome, rows: null, uri: null, note: outcome.note }
        : { month, outcome: outcome.outcome, rows: outcome.facts.rows, uri: outcome.uri, note: null },
    );
  }
  progress.done(summaryOf(done));
  return done;
}

/** A missing folder would look like one without the months: "not published". */
async function checkSource(place: string | undefined): Promise<void> {
  if (place === undefined || isWebAddress(place)) return;
  await checkInputFolder(place, "Give --source the folder of TLC's files, or an http(s) address.");
}

/** Kept between runs, so that a download resumes where Ctrl-C or a crash left it. */
async function downloads(): Promise<string> {
  const folder = join(LOCAL, 'downloads');
  await mkdir(folder, { recursive: true });
  return folder;
}

const megabytes = (bytes: number | undefined) => (bytes === undefined ? '?' : (bytes / 1e6).toFixed(1));

function summaryOf(done: readonly IngestedMonth[]): string {
  const outcomes = [...new Set(done.map(({ outcome }) => outcome))];
  return outcomes.map((outcome) => `${done.filter((each) => each.outcome === outcome).length} ${outcome}`).join(', ');
}
