import { expect, test } from 'vitest';
import { MLFLOW_MODEL_FILES, mlmodelFiles } from '#mlflow/model-files.ts';
import { runFiles } from '../../support/a-card.ts';
import { aRun } from '../../support/a-run.ts';

const { card, golden } = runFiles();

test('a run has the files that make its folder an MLflow model, the same each time', () => {
  const files = mlmodelFiles(card, golden);
  expect(Object.keys(files)).toEqual(MLFLOW_MODEL_FILES);
  expect(mlmodelFiles(card, golden)).toEqual(files);
});

test('the signature names the inputs and outputs of the graph', () => {
  const { MLmodel } = mlmodelFiles(card, golden);
  const namesIn = (what: string) => {
    const [, json = ''] = new RegExp(`^  ${what}: '(.*)'$`, 'm').exec(MLmodel) ?? [];
    return JSON.parse(json).map(({ name, type }: { name: string; type: string }) => `${type} ${name}`);
  };
  expect(namesIn('inputs')).toEqual([
    'long PULocationID',
    'long DOLocationID',
    'double trip_distance',
    'long pickup_time',
  ]);
  expect(namesIn('outputs')).toEqual([
    'float predicted_duration',
    'float interval_low',
    'float interval_high',
    'float interval80_low',
    'float interval80_high',
  ]);
  expect(MLmodel).toContain(`tripcast.run_id: ${aRun('a')}`);
  expect(MLmodel).toContain("utc_time_created: '2023-05-01 00:00:00.000'");
});

test('the input example is a ride as pandas writes it', () => {
  expect(JSON.parse(mlmodelFiles(card, golden)['input_example.json'])).toEqual({
    columns: ['PULocationID', 'DOLocationID', 'trip_distance', 'pickup_time'],
    data: [[130, 205, 3.66, 1_680_510_600]],
  });
});
