import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pipelineOf } from '#serving/pipelines.ts';
import type { Records } from '#serving/records.ts';
import { streamNow } from '#serving/stream-now.ts';
import { CLONE } from '#setup/paths.mjs';
import { parseMonth } from '#trips/month.ts';
import { aRun } from '../support/a-run.ts';
import type { AModel } from './a-console.ts';

// A system at work, as the console's other views see it.

const asl = (name: string) => readFileSync(join(CLONE, 'stepfunctions', `${name}.asl.json`), 'utf8');

const pipelines = async () => ({
  pipelines: [
    pipelineOf('monthly-batch', asl('monthly-batch'), {
      name: '9de3d560',
      status: 'RUNNING',
      startedAt: new Date(Date.now() - 40_000),
      endedAt: undefined,
      events: [
        { kind: 'entered', state: 'Plan' },
        { kind: 'exited', state: 'Plan' },
        { kind: 'entered', state: 'EachMonth' },
        { kind: 'entered', state: 'Score' },
      ],
    }),
    pipelineOf('training', asl('training'), undefined),
    pipelineOf('retraining', asl('retraining'), undefined),
  ],
});

const stream = async () => {
  const now = new Date();
  const ago = (seconds: number) => new Date(now.getTime() - seconds * 1000);
  const predictions = Array.from({ length: 90 }, (_, i) => ({
    model: 'ride_duration_prediction_model',
    version: aRun('a'),
    prediction: {
      ride_id: i === 0 ? '<script>alert(1)</script>' : i,
      ride_duration: 8 + (i % 30),
      interval: [5 + (i % 30), 14 + (i % 30)] as [number, number],
      distance_source: 'given' as const,
    },
    prediction_id: `s/0/${i}`,
    predicted_at: ago(i / 2).toISOString(),
    source: 'stream' as const,
  }));
  const events = [{ predictionId: 's/0/200', arrivedAt: ago(4) }];
  return streamNow({ now, windowSeconds: 60, predictions, events, quarantined: new Set(['s/0/7000']) });
};

/** The stream and the pipelines. */
export const live = { stream, pipelines };

/** A registry with two promotions and three months. */
export function records({ trained, runId }: Pick<AModel, 'trained' | 'runId'>): Records {
  const card = { ...trained.card, run_id: runId, mlflow_run_id: null, created_at: '2026-11-30T05:00:00.000Z' };
  const promotion = (sequence: number, run: string, previous: string | null) => ({
    sequence,
    run_id: aRun(run),
    uri: 's3://models/model.onnx',
    sha256: trained.card.model.sha256,
    promoted_at: `2026-11-${28 + sequence}T09:00:00.000Z`,
    promoted_by: 'ada',
    previous_run_id: previous === null ? null : aRun(previous),
  });
  const month = (name: string, rmse: number, verdict: 'steady' | 'harm' | 'drifted' | undefined, isSeen = false) => ({
    month: parseMonth(name),
    run_id: runId,
    rows_in: 65_392,
    rows_scored: 62_979,
    rejected: { 'too-long': 2413 },
    rmse,
    mae: 2.9,
    coverage_90: 0.893,
    evaluation: isSeen ? ('in-training' as const) : ('after-training' as const),
    scored_at: '2026-11-30T05:00:00.000Z',
    receipt: 's3://data/receipt',
    output: 's3://data/output',
    monitoring:
      verdict === undefined
        ? null
        : {
            verdict,
            takeaway: 'Predictions are off by 3.97 min on average, within the limit of 4.37.',
            drifted: verdict === 'drifted' ? ['trip_distance'] : [],
            reference: parseMonth('2023-03'),
            report: 's3://data/report.json',
            page: 's3://data/report.html',
          },
  });
  return {
    champion: async () => ({ run_id: runId, promotion: promotion(2, 'a', 'b'), card }),
    history: async () => ({
      taxi_type: 'green',
      promotions: [
        {
          ...promotion(2, 'a', 'b'),
          overruled: { reasons: ['coverage 0.86 is below 0.88'], because: 'a demonstration' },
        },
        promotion(1, 'b', null),
      ],
    }),
    months: async () => ({
      taxi_type: 'green',
      months: [
        month('2023-05', 5.79, 'harm'),
        month('2023-04', 4.05, 'steady'),
        month('2023-03', 3.9, 'drifted', true),
        month('2022-05', 4.51, undefined),
      ],
    }),
  };
}
