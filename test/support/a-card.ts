import type { ModelCard } from '#model/card/card.ts';
import type { GoldenRides } from '#model/golden/golden.ts';
import type { RunFiles } from '#registry/registry.ts';
import { sha256 } from '#storage/sha256.ts';
import { parseMonth } from '#trips/month.ts';
import { aRun } from './a-run.ts';

const model = new TextEncoder().encode('an ONNX file');
const golden: GoldenRides = {
  rides: [{ PULocationID: 130, DOLocationID: 205, trip_distance: 3.66, pickup_time: 1_680_510_600 }],
  predictions: {
    predicted_duration: [18.7],
    interval_low: [16.7],
    interval_high: [20.7],
    interval80_low: [17.7],
    interval80_high: [19.7],
  },
  exact: [18.7],
};

/** The card of a run trained on 2023-01..03. */
export function aCard(changes: Partial<ModelCard> = {}): ModelCard {
  const errors = { rmse: 6, mae: 4, coverage_90: 0.9, coverage_80: 0.8 };
  return {
    schema_version: 1,
    run_id: aRun('a'),
    mlflow_run_id: null,
    created_at: '2023-05-01T00:00:00.000Z',
    recipe: 'linear-pair',
    taxi_type: 'green',
    code_version: 'test',
    train: {
      months: ['2023-01', '2023-02', '2023-03'].map((month) => ({
        month: parseMonth(month),
        sha256: '0'.repeat(64),
        rows_read: 3,
        rows: 2,
      })),
      rows_read: 9,
      rows: 6,
      features: 4,
      stored: 12,
    },
    validation: {
      kind: 'month',
      month: parseMonth('2023-04'),
      sha256: '1'.repeat(64),
      rows_read: 3,
      rows: 2,
      stored: 4,
      ...errors,
      mape: 0.3,
      r2: 0.5,
      typical_distance: errors,
    },
    model: { sha256: sha256(model), bytes: model.length },
    seconds: 1,
    ...changes,
  };
}

/** All files of a run, as left by training. */
export const runFiles = (changes: Partial<ModelCard> = {}): RunFiles => ({
  card: aCard(changes),
  model,
  golden,
  more: [{ name: 'coefficients.json', body: '{"intercept":25}' }],
});

export const NAMES = {
  experiment: 'nyc-taxi-experiment',
  registeredModels: { green: 'ride_duration_prediction_model', yellow: 'ride_duration_prediction_model_yellow' },
} as const;
