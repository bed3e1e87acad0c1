import { basename } from 'node:path';
import { DuckDB } from '#adapters/duckdb.ts';
import { checkInputFile } from '#adapters/files.ts';
import { workFolder } from '#adapters/work-folder.ts';
import { connect, type Deployment } from '#cli/context.ts';
import { monthFileOf } from '#cli/month-file.ts';
import type { CommonOptions } from '#cli/options.ts';
import { count, type Terminal, table } from '#cli/view/terminal.ts';
import { TripcastError } from '#errors.ts';
import { kindOfFile, textOf } from '#monitoring/labels/label-file.ts';
import { labelLines } from '#monitoring/labels/label-lines.ts';
import { monthLabels } from '#monitoring/labels/month-labels.ts';
import { type PutLabels, putLabels } from '#monitoring/labels/put-labels.ts';
import type { Month } from '#trips/month.ts';
import type { TaxiType } from '#trips/taxi-type.ts';

export interface LabelsPutOptions {
  readonly file: string;
  /** Of a TLC month. */
  readonly month?: Month;
  readonly taxiType?: TaxiType;
}

/** `tripcast labels put`: stores how long rides really took. */
export async function labelsPut(options: LabelsPutOptions & CommonOptions, terminal: Terminal): Promise<void> {
  await checkInputFile(options.file, 'Give the path of a file of JSON lines, or of a TLC month.');
  const put = await putLabelFile(await connect(options.env), options, terminal);
  terminal.result(put, () => describe(put));
}

/** Puts a file into what an environment stores. @throws TripcastError as {@link putLabels} */
export async function putLabelFile(
  { data, config }: Deployment,
  options: LabelsPutOptions,
  terminal: Terminal,
): Promise<PutLabels> {
  await using folder = await workFolder();
  const progress = terminal.progress(`labels of ${basename(options.file)}`);
  const deps = {
    data,
    workFolder: folder.path,
    onProgress: (labels: number) => progress.update(labels, `${count(labels)} labels`),
  };
  const kind = await kindOfFile(options.file);
  if (kind === 'parquet') {
    const of = monthFileOf(options.file, options);
    refuseOtherTaxis(of.taxiType, config.model.servedTaxiType);
    await using database = await DuckDB.open({ tempDirectory: folder.path });
    const put = await putLabels(options.file, monthLabels(database, options.file, of), deps);
    progress.done(put.uri);
    return put;
  }
  if (options.month !== undefined || options.taxiType !== undefined) {
    throw new TripcastError(
      `${options.file} is not Parquet, so --month and --taxi-type do not apply`,
      'Leave them out: JSON lines have their own ride ids.',
    );
  }
  const put = await putLabels(options.file, labelLines(textOf(options.file, kind)), deps);
  progress.done(put.uri);
  return put;
}

/** Ride 0 of green 2023-04 and ride 0 of yellow 2023-04 have the same id. */
function refuseOtherTaxis(taxiType: TaxiType, served: TaxiType): void {
  if (taxiType === served) return;
  throw new TripcastError(
    `The stream predicts ${served} rides, and the ids of replayed ${taxiType} rides are the same as theirs`,
    `Give a month of ${served} taxis.`,
  );
}

function describe({ outcome, uri, labels, refused }: PutLabels): string {
  const done = outcome === 'there' ? 'Nothing to do: these labels had been put before' : `${count(labels)} labels put`;
  const rows = refused.map((of) => [of.reason, count(of.rows), of.first.join(', ')]);
  const left = refused.length === 0 ? [] : [table(['left out because', 'rows', 'the first of them'], rows)];
  return [`${done}: ${uri}`, ...left].join('\n\n');
}
