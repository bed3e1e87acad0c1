import { afterEach, expect, test, vi } from 'vitest';
import { describeMlflow } from '../../../src/cli/status.ts';

afterEach(() => vi.unstubAllEnvs());

test('an MLflow server elsewhere is shown without its password', () => {
  vi.stubEnv('MLFLOW_TRACKING_URI', 'https://ana:s3cret@mlflow.example.com');
  expect(describeMlflow(undefined, undefined)).toBe('https://mlflow.example.com');
});
