import { expect, test } from 'vitest';
import { uniform } from '#model/evaluation/resampling.ts';
import { RideProfile } from '#model/profile/ride-profile.ts';
import { streamDrift } from '#monitoring/profile/stream-drift.ts';
import { jensenShannon, shares } from '#monitoring/statistics/distances.ts';
import { aRun } from '../../../support/a-run.ts';
import { trainOnReal } from '../../../support/training.ts';

const RUN = aRun('a');
const LIMITS = { effect: 0.1, significance: 0.05, leastRides: 2000, days: 7 };
const LOOKS = 20;

test('a day against its own month alarms at the limit of 0.1, and weeks of that month do not', {
  timeout: 180_000,
}, async () => {
  const { profile } = await trainOnReal('2023-03', '2023-04');
  const days = profile.days.filter((day) => day.profile.rides > 500);
  const month = RideProfile.merged(days.map((day) => day.profile));
  const zones = (of: RideProfile) => shares(of.column('PULocationID').counts.slice());
  const asTheyAre = days.filter(
    (day) => jensenShannon({ reference: zones(month), current: zones(day.profile) }) > LIMITS.effect,
  );
  expect(asTheyAre.length / days.length).toBeGreaterThan(0.8);

  const random = uniform(7);
  const aWeek = Array.from({ length: LOOKS }, () =>
    Array.from({ length: 7 }, (_, weekday) => {
      const same = days.filter(({ day }) => (day + 3) % 7 === weekday);
      return same[Math.floor(random() * same.length)]?.profile ?? new RideProfile();
    }),
  );
  const verdicts = aWeek.map((week) => {
    const hours = week.map((of, day) => ({
      taxiType: 'green' as const,
      hour: `2023-05-0${day + 1}T12`,
      runId: RUN,
      profile: of,
    }));
    return streamDrift({ runId: RUN, profile }, hours, LIMITS).verdict;
  });
  expect(verdicts).toEqual(Array.from({ length: LOOKS }, () => 'steady'));
});
