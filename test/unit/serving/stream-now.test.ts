import { expect, test } from 'vitest';
import { streamNow, streamNowSchema } from '#serving/stream-now.ts';
import type { PredictionRecord } from '#streaming/prediction-record.ts';

const NOW = new Date('2026-11-30T05:00:00Z');
const ago = (seconds: number) => new Date(NOW.getTime() - seconds * 1000);

const prediction = (id: number, seconds: number): PredictionRecord => ({
  model: 'ride_duration_prediction_model',
  version: '1f7d1fc9aaaaaaaaaaaaaaaaaaaaaaaa',
  prediction: { ride_duration: 21.3, ride_id: id, interval: [12, 31], distance_source: 'given' },
  prediction_id: `stream/shard/${id}`,
  predicted_at: ago(seconds).toISOString(),
  source: 'stream',
});
const arrived = (id: number, seconds: number) => ({ predictionId: `stream/shard/${id}`, arrivedAt: ago(seconds) });

test('counts predictions once, and shows the newest first', () => {
  const now = streamNow({
    now: NOW,
    windowSeconds: 60,
    predictions: [prediction(1, 50), prediction(2, 20), prediction(1, 10)],
    events: [arrived(1, 51), arrived(2, 21)],
    quarantined: new Set(),
  });
  expect(streamNowSchema.parse(now)).toEqual(now);
  expect(now).toMatchObject({ predictions: 2, per_second: 2 / 60, waiting: 0, lag_seconds: 0 });
  expect(now.latest.map(({ ride_id }) => ride_id)).toEqual([1, 2]);
});

test('an event waits until it has a prediction or is in quarantine; the oldest one is the lag', () => {
  const now = streamNow({
    now: NOW,
    windowSeconds: 60,
    predictions: [prediction(1, 5)],
    events: [arrived(1, 40), arrived(2, 30), arrived(3, 20), arrived(4, 8)],
    quarantined: new Set(['stream/shard/2']),
  });
  expect(now).toMatchObject({ waiting: 2, lag_seconds: 20, quarantined_last_hour: 1 });
});

test('nothing happened: no lag, no rides', () => {
  const quiet = { now: NOW, windowSeconds: 60, predictions: [], events: [], quarantined: new Set<string>() };
  expect(streamNow(quiet)).toMatchObject({ per_second: 0, waiting: 0, lag_seconds: 0, latest: [] });
});

test('twenty rides are shown, however many there are', () => {
  const predictions = Array.from({ length: 500 }, (_, i) => prediction(i, i / 10));
  const now = streamNow({ now: NOW, windowSeconds: 60, predictions, events: [], quarantined: new Set() });
  expect(now.predictions).toBe(500);
  expect(now.latest.map(({ ride_id }) => ride_id)).toEqual(Array.from({ length: 20 }, (_, i) => i));
});
