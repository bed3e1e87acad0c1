import { COLUMNS, type ColumnName } from '#model/profile/columns.ts';
import { numberOfCell } from '#model/profile/number-cells.ts';
import type { RideProfile } from '#model/profile/ride-profile.ts';
import type { TrainingProfile } from '#model/profile/training-profile.ts';
import { jensenShannon, normedWasserstein, shares } from '../statistics/distances.ts';
import { total } from '../statistics/two-samples.ts';

/** One column of a stream and of the training days, in the cells that either has. */
export interface ColumnWeeks {
  readonly kind: 'number' | 'code';
  /** `[cells]`, ascending: the number that stands for each. */
  readonly positions: Float64Array;
  readonly current: Float64Array;
  /** Monday first. */
  readonly weekdays: readonly Weekday[];
}

interface Weekday {
  /** The stream's rides of that weekday, as far as they have a value in the column. */
  readonly rides: number;
  /** The training days of that weekday. */
  readonly days: readonly Float64Array[];
  /** How many of them make a sample as long as the stream's. */
  readonly drawn: number;
  readonly sum: Float64Array;
}

const WEEK = 7;
/** Days with fewer rides, as a share of the median day, are strays: rides with a wrong date, or a day cut short. */
const STRAY = 0.1;
/** Numbers beyond these quantiles of the training rides count as the quantiles: TLC has distances of 260,000 miles. */
const TAIL = 0.001;

/** Undefined if a weekday lacks rides in the stream, or in the training days more than are drawn from them. */
export function columnWeeks(
  name: ColumnName,
  reference: TrainingProfile,
  current: RideProfile,
  streamDays: number,
): ColumnWeeks | undefined {
  const days = usualDays(reference);
  const used = usedCells([current, ...days.map(({ profile }) => profile)], name);
  const pick = (profile: RideProfile) => {
    const { counts } = profile.column(name);
    return used.map((cell) => counts[cell] ?? 0);
  };
  const values = pick(current);
  const ofWeekday = current.column('weekday').counts;
  const withValue = total(values) / Math.max(1, total(ofWeekday));
  const drawn = Math.max(1, Math.floor(streamDays / WEEK));
  const weekdays = Array.from(ofWeekday, (rides, weekday): Weekday => {
    const counts = days.filter(({ day }) => weekdayOf(day) === weekday).map(({ profile }) => pick(profile));
    const having = counts.filter((each) => total(each) > 0);
    return { rides: rides * withValue, days: having, drawn, sum: sumOf(having, used.length) };
  });
  if (weekdays.some(({ rides, days: { length } }) => rides === 0 || length <= drawn)) return undefined;
  const { kind } = COLUMNS[name];
  const weeks = { kind, positions: used.map((cell) => (kind === 'number' ? numberOfCell(cell) : cell)) };
  const whole: ColumnWeeks = { ...weeks, current: values, weekdays };
  return kind === 'number' ? { ...whole, positions: withoutTails(whole) } : whole;
}

/** 1970-01-01 was a Thursday. */
const weekdayOf = (day: number) => (((day + 3) % WEEK) + WEEK) % WEEK;

function usualDays({ days }: TrainingProfile): TrainingProfile['days'] {
  const rides = days.map(({ profile }) => profile.rides).sort((a, b) => a - b);
  const least = STRAY * (rides[Math.floor(rides.length / 2)] ?? 0);
  return days.filter(({ profile }) => profile.rides >= least);
}

function usedCells(profiles: readonly RideProfile[], name: ColumnName): Float64Array {
  const rides = sumOf(
    profiles.map((profile) => profile.column(name).counts),
    COLUMNS[name].cells,
  );
  return Float64Array.from([...rides.keys()].filter((cell) => (rides[cell] ?? 0) > 0));
}

function withoutTails(weeks: ColumnWeeks): Float64Array {
  const ordinary = ordinaryWeek(weeks);
  const rides = total(ordinary);
  const numberAt = (share: number) => {
    let before = 0;
    const cell = ordinary.findIndex((count) => {
      before += count;
      return before >= share * rides;
    });
    return weeks.positions[cell] ?? 0;
  };
  const [low, high] = [numberAt(TAIL), numberAt(1 - TAIL)];
  return weeks.positions.map((position) => Math.min(high, Math.max(low, position)));
}

/** All training days, with each weekday as often as in the stream. */
export const ordinaryWeek = ({ weekdays, positions }: ColumnWeeks): Float64Array =>
  sumOf(
    weekdays.map(({ sum, rides }) => scaled(sum, rides)),
    positions.length,
  );

/** A sample like the stream's from the training days, and the days that are not in it. */
export function drawnWeek(
  { weekdays, positions }: ColumnWeeks,
  random: () => number,
): { readonly drawn: Float64Array; readonly others: Float64Array } {
  const [drawn, others] = [new Float64Array(positions.length), new Float64Array(positions.length)];
  for (const weekday of weekdays) {
    const chosen = sumOf(choose(weekday.days, weekday.drawn, random), positions.length);
    add(
      others,
      scaled(
        weekday.sum.map((count, cell) => count - (chosen[cell] ?? 0)),
        weekday.rides,
      ),
    );
    add(drawn, scaled(thinned(chosen, weekday.rides, random), weekday.rides));
  }
  return { drawn, others };
}

/** Normed Wasserstein of numbers, Jensen-Shannon of codes. */
export function distanceBetween(
  { kind, positions }: Pick<ColumnWeeks, 'kind' | 'positions'>,
  reference: Float64Array,
  current: Float64Array,
): number {
  if (kind === 'number') return normedWasserstein({ kind: 'numeric', values: positions, reference, current });
  return jensenShannon({ reference: shares(reference), current: shares(current) });
}

/** Without replacement. */
function choose(days: readonly Float64Array[], count: number, random: () => number): readonly Float64Array[] {
  const left = [...days];
  return Array.from({ length: count }, () => left.splice(Math.floor(random() * left.length), 1)).flat();
}

/** Leaves about so many rides, each as likely as the next; all of them if there are fewer. */
function thinned(counts: Float64Array, rides: number, random: () => number): Float64Array {
  const share = rides / total(counts);
  if (share >= 1) return counts;
  const left = counts.map((count) => binomial(count, share, random));
  return total(left) === 0 ? counts : left;
}

/** Beyond so many trials, the normal distribution is close enough. */
const MOST_TRIALS = 30;

function binomial(trials: number, share: number, random: () => number): number {
  if (trials > MOST_TRIALS) {
    const normal = Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
    const successes = Math.round(trials * share + normal * Math.sqrt(trials * share * (1 - share)));
    return Math.min(trials, Math.max(0, successes));
  }
  let successes = 0;
  for (let trial = 0; trial < trials; trial += 1) if (random() < share) successes += 1;
  return successes;
}

function scaled(counts: Float64Array, rides: number): Float64Array {
  const factor = rides / total(counts);
  return counts.map((count) => count * factor);
}

function sumOf(all: readonly Float64Array[], cells: number): Float64Array {
  const sum = new Float64Array(cells);
  for (const counts of all) add(sum, counts);
  return sum;
}

function add(to: Float64Array, counts: Float64Array): void {
  for (let cell = 0; cell < to.length; cell += 1) to[cell] = (to[cell] ?? 0) + (counts[cell] ?? 0);
}
