/** `tripcast stream drift` every day of a quarter in which nothing has changed. */
import { uniform } from '#model/evaluation/resampling.ts';
import { TrainingProfile } from '#model/profile/training-profile.ts';
import { streamDrift } from '#monitoring/profile/stream-drift.ts';
import { parseRunId } from '#storage/run-id.ts';
import type { Quarter } from './alarms.ts';

/** As in env/dev.json. */
const LIMITS = { effect: 0.1, significance: 0.05, leastRides: 2000, days: 7 };
const RUN = parseRunId('0'.repeat(32));
const WEEK = 7;
const DAY_MS = 86_400_000;
/** 1970-01-01 was a Thursday; weeks begin on Monday. */
const MONDAY = 3;

type Day = TrainingProfile['days'][number];
const weekOf = ({ day }: Day) => Math.floor((day + MONDAY) / WEEK);
const weekdayOf = (day: number) => (day + MONDAY) % WEEK;

/**
 * Weeks take turns: every other week is what the model was trained on, and the stream's days are drawn from the weeks in
 * between, each from those of its weekday. So the reference has none of the stream's days.
 * @param rides days of several months
 */
export function quietStream(rides: TrainingProfile, { seed, days = 91 }: { seed: number; days?: number }): Quarter {
  const profile = new TrainingProfile();
  for (const each of rides.days) if (weekOf(each) % 2 === 0) profile.addDay(each.day, each.profile);
  const unseen = rides.days.filter((each) => weekOf(each) % 2 === 1);
  const random = uniform(seed);
  const stream = Array.from({ length: days }, (_, i) => {
    const same = unseen.filter(({ day }) => weekdayOf(day) === i % WEEK);
    const drawn = same[Math.floor(random() * same.length)];
    if (drawn === undefined) throw new Error(`No week in between has a weekday ${i % WEEK}.`);
    const hour = `${new Date(Date.UTC(2023, 5, 5) + i * DAY_MS).toISOString().slice(0, 10)}T12`;
    return { taxiType: 'green', hour, runId: RUN, profile: drawn.profile } as const;
  });
  const alarms: string[] = [];
  let raised: readonly string[] = [];
  for (let end = WEEK; end <= days; end += 1) {
    const { columns } = streamDrift({ runId: RUN, profile }, stream.slice(end - WEEK, end), LIMITS);
    const found = columns.filter(({ drifted }) => drifted).map(({ column }) => column);
    alarms.push(...found.filter((column) => !raised.includes(column)));
    raised = found;
  }
  return { looks: days - WEEK + 1, alarms: alarms.length, columns: [...new Set(alarms)] };
}
