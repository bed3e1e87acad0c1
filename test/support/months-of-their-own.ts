import { readFile } from 'node:fs/promises';
import type { MonthOutcome } from '#batch/outcome.ts';
import { connect, type Deployment } from '#cli/context.ts';
import { dataKeys } from '#storage/layout.ts';
import type { RunId } from '#storage/run-id.ts';
import type { Month } from '#trips/month.ts';
import { registerRun } from './deployed.ts';
import { realMonth } from './tlc-files.ts';

/** What a file of tests that score months far from those of other files works with. */
export interface OwnMonths {
  readonly to: Deployment;
  /** Registered for this file alone. */
  readonly run: RunId;
  /** The bundled month that stands for each of its months. */
  readonly file: Buffer;
}

/** @param month the bundled month, for example `2023-04` */
export async function monthsOfTheirOwn(month: string): Promise<OwnMonths> {
  const to = await connect('dev');
  return { to, run: await registerRun(to), file: await readFile(realMonth(month)) };
}

/** Puts the file into the data bucket as a month that was ingested. */
export const ingested = ({ to, file }: OwnMonths, month: Month) => to.data.put(dataKeys.raw('green', month), file);

/** `2032-01 scored` */
export const statusOf = ({ month, status }: Pick<MonthOutcome, 'month' | 'status'>): string => `${month} ${status}`;
