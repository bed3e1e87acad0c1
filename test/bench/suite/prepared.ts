/** What the parts share: months, models and the Python environment, made on first use. */
import { dirname, join } from 'node:path';
import { monthFile } from '#storage/layout.ts';
import { parseMonth } from '#trips/month.ts';
import { kept, MARCH, makeYellow, sixTimes } from '../batch/months.ts';
import { type Python, python } from '../python.ts';
import { CLONE, TLC } from '../side-by-side.ts';
import { modelFolder } from './models.ts';

const MONTHS = join(CLONE, '.tripcast/bench/batch/here');

export interface Prepared {
  readonly python: Python;
  /** The real green month, and the one after it. */
  readonly march: string;
  readonly april: string;
  /** 3.4M rides in the form of a yellow month, and six times as many. */
  readonly yellow: string;
  readonly six: string;
  readonly model: (recipe: string) => Promise<string>;
}

export const yellowMonth = (): Promise<string> =>
  kept(join(MONTHS, monthFile('yellow', MARCH)), (to) => makeYellow(TLC, to));

export async function prepare(): Promise<Prepared> {
  const yellow = await yellowMonth();
  const six = await kept(join(dirname(yellow), 'six', monthFile('yellow', MARCH)), (to) => sixTimes(yellow, to));
  return {
    python: python(),
    march: join(TLC, monthFile('green', MARCH)),
    april: join(TLC, monthFile('green', parseMonth('2023-04'))),
    yellow,
    six,
    model: modelFolder,
  };
}
