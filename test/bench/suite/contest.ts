/** One job done by several sides in turns, and what came of it. */
import { median, percentile } from '../figures.ts';

/** A side of a contest; the first of a contest is tripcast. */
export interface Side {
  readonly name: string;
  /** Does the job once. @returns the figure that the contest is about, and the peak memory of the process, if it is known */
  readonly run: () => Promise<Figure> | Figure;
}

export interface Figure {
  /** In the contest's unit. */
  readonly value: number;
  readonly peakMib?: number;
}

export interface Contest {
  readonly title: string;
  readonly unit: string;
  /** Which figure wins. */
  readonly better: 'less' | 'more';
  /** Digits after the decimal point. */
  readonly digits: number;
  readonly sides: readonly [Side, ...Side[]];
  readonly most: { readonly rounds: number; readonly seconds: number };
}

export interface SideResult {
  readonly name: string;
  readonly median: number;
  readonly least: number;
  readonly most: number;
  readonly peakMib: number | undefined;
  /** How many times better tripcast is: the median of the rounds' ratios. 1 for tripcast itself. */
  readonly behind: number;
}

export interface ContestResult extends Omit<Contest, 'sides' | 'most'> {
  readonly rounds: number;
  readonly sides: readonly SideResult[];
}

/**
 * Runs the sides in turns, so that whatever else the machine does falls on all of them, until the rounds or the time is
 * used up; at least once.
 */
export async function hold(
  { sides, most, ...contest }: Contest,
  clock = () => performance.now(),
): Promise<ContestResult> {
  const figures = sides.map((): Figure[] => []);
  const end = clock() + most.seconds * 1000;
  let rounds = 0;
  do {
    for (const [i, side] of sides.entries()) figures[i]?.push(await side.run());
    rounds += 1;
  } while (rounds < most.rounds && clock() < end);
  const ours = figures[0] ?? [];
  return {
    ...contest,
    rounds,
    sides: sides.map(({ name }, i) => result(name, figures[i] ?? [], ours, contest.better)),
  };
}

function result(
  name: string,
  figures: readonly Figure[],
  ours: readonly Figure[],
  better: Contest['better'],
): SideResult {
  const values = figures.map(({ value }) => value);
  const peaks = figures.flatMap(({ peakMib }) => peakMib ?? []);
  const ratios = values.map((value, i) => {
    const own = ours[i]?.value ?? Number.NaN;
    return better === 'less' ? value / own : own / value;
  });
  return {
    name,
    median: median(values),
    least: Math.min(...values),
    most: Math.max(...values),
    peakMib: peaks.length === 0 ? undefined : percentile(peaks, 100),
    behind: median(ratios),
  };
}
