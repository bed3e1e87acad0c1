import { expect, test } from 'vitest';
import { loadScorer } from '#adapters/onnxruntime.ts';
import { RELATIVE_ERROR } from '#model/profile/number-cells.ts';
import { profileJson } from '#model/profile/profile-json.ts';
import { RideProfile } from '#model/profile/ride-profile.ts';
import { readTrainingProfile, type TrainingProfile } from '#model/profile/training-profile.ts';
import { batchOf } from '#model/rides/rides.ts';
import { allRides, keptRides, loadRides } from '#model/rides/training-rides.ts';
import { DAY_SECONDS } from '#trips/new-york-time.ts';
import { aDatabase, aThinnedMonth, train } from '../../../support/training.ts';

const bytes = (text: string) => new TextEncoder().encode(text);

function read(text: string): TrainingProfile {
  const found = readTrainingProfile(bytes(text));
  if (found.outcome !== 'read') throw new Error(JSON.stringify(found));
  return found.value;
}

test("a training profiles the rides that it fitted, as DuckDB counts them, and the graph's predictions; always the same bytes", async () => {
  const [march, april] = [await aThinnedMonth('2023-03', 20), await aThinnedMonth('2023-04', 20)];
  const options = { train: [march], validation: { kind: 'month', source: april } } as const;
  const { profile, card, model } = await train(options);
  expect((await train(options, { threads: 1 })).profile.text()).toBe(profile.text());

  const database = await aDatabase();
  const rides = keptRides('green', march);
  const days = await database.rows(
    `SELECT (pickup_time // ${DAY_SECONDS})::INTEGER AS day, count(*)::INTEGER AS rides FROM ${rides} GROUP BY 1 ORDER BY 1`,
  );
  expect(profile.days.map(({ day, profile: { rides } }) => ({ day, rides }))).toEqual(days);

  const all = RideProfile.merged(profile.days.map((each) => each.profile));
  expect(all.rides).toBe(card.train.rows);
  const { columns } = profileJson(all);
  const levels = async (level: string) => {
    const rows = await database.rows(
      `SELECT (${level})::INTEGER AS cell, count(*)::INTEGER AS rides FROM ${rides} GROUP BY 1 ORDER BY 1`,
    );
    return [rows.map(({ cell }) => cell), rows.map(({ rides }) => rides)];
  };
  expect([columns.PULocationID.cells, columns.PULocationID.counts]).toEqual(await levels('pickup_zone'));
  expect([columns.hour.cells, columns.hour.counts]).toEqual(await levels('pickup_time // 3600 % 24'));
  expect([columns.weekday.cells, columns.weekday.counts]).toEqual(
    await levels('isodow(make_timestamp(pickup_time * 1000000)) - 1'),
  );
  const scorer = await loadScorer(model);
  await loadRides(database, 'march', 'green', [march]);
  const batch = batchOf(await allRides(database, 'march'));
  const { predicted_duration, interval_low, interval_high } = await scorer.score(batch);
  await scorer.close();
  const widths = interval_high.map((high, i) => high - (interval_low[i] ?? 0));
  for (const [column, values] of [
    ['trip_distance', batch.words.distance],
    ['predicted_duration', predicted_duration],
    ['interval_width', widths],
  ] as const) {
    const exact = values.toSorted()[Math.floor((values.length - 1) / 2)] ?? Number.NaN;
    const found = all.quantile(column, 0.5) ?? Number.NaN;
    expect(Math.abs(found - exact) / exact).toBeLessThanOrEqual(RELATIVE_ERROR);
  }
});

test('profile.json is read as it was written', async () => {
  const march = await aThinnedMonth('2023-03', 200);
  const { profile } = await train({ train: [march], validation: { kind: 'split', share: 0.2, seed: 1 } });
  expect(read(profile.text()).text()).toBe(profile.text());
});

test.each([
  ['of another version', '{"schema_version":2,"days":{}}', { outcome: 'other-version', version: 2 }],
  ['cut short', '{"schema_version":1,"da', { outcome: 'damaged', problem: expect.stringContaining('JSON') }],
  [
    'whose columns count other rides than it says',
    '{"schema_version":1,"days":[{"day":"2023-03-01","rides":1,"columns":{}}]}',
    { outcome: 'damaged', problem: expect.stringContaining('2023-03-01') },
  ],
  ['that is none', '[]', { outcome: 'damaged', problem: expect.any(String) }],
])('a profile.json %s is an outcome, not a crash', (_, text, outcome) => {
  expect(readTrainingProfile(bytes(text))).toEqual(outcome);
});
