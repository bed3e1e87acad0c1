import { expect, test } from 'vitest';
import { sentence } from '#cli/commands/predict.ts';
import { drawInterval } from '#cli/view/interval.ts';

const ANSWER = {
  predicted_duration: 52.2,
  interval: [38.4, 71.3],
  distance_source: 'typical',
  pickup_datetime_used: '2023-04-03T08:30:00',
  model_version: 'a'.repeat(32),
  prediction_id: 'api/1',
} as const;

test('a prediction is said with the names of the zones, and its interval is drawn', () => {
  expect(sentence({ pu: 132, do: 230 }, { ...ANSWER, interval: [38.4, 71.3] }).split('\n')).toEqual([
    'JFK Airport -> Times Sq/Theatre District, Mon 2023-04-03 08:30: 52 min, 90% 38 to 71',
    '0 ··························├─────────●────────────┤ 71 min',
    "distance typical, model aaaaaaaa; times are New York's",
  ]);
});

test('a zone that is no place is said with its number', () => {
  expect(sentence({ pu: 264, do: 265 }, { ...ANSWER, interval: [1, 2] })).toMatch(
    /^zone 264 \(N\/A\) -> zone 265 \(Outside of NYC\), Mon/,
  );
});

test.each([
  [{ low: 0, value: 0, high: 0 }, '0 ●────────┤ 0 min'],
  [{ low: 10, value: 10, high: 10 }, '0 ·········● 10 min'],
  [{ low: 5, value: 7.5, high: 10 }, '0 ·····├─●─┤ 10 min'],
])('%j is drawn as %j', (interval, drawn) => {
  expect(drawInterval(interval, 10)).toBe(drawn);
});
