import { modelKeys } from '#storage/layout.ts';
import type { RunId } from '#storage/run-id.ts';

/** Where MLflow keeps its runs' artifacts in the model bucket, apart from the registry's own folders. */
export const MLFLOW_ARTIFACTS = 'mlflow';

/** The prefix of all keys that {@link mlflowRunKey} returns for a run. */
export const mlflowRunKeys = (experiment: string, run: RunId) => `${modelKeys.runs(experiment)}${run}/mlflow/`;

/** One small object per MLflow run that mirrors a run: its name contains MLflow's ID, so that a listing finds it. */
export const mlflowRunKey = (experiment: string, run: RunId, mlflowRunId: string) =>
  `${mlflowRunKeys(experiment, run)}${mlflowRunId}.json`;

/** The IDs in such a key; undefined for any other key. */
export function idsInKey(key: string): { readonly run: string; readonly mlflowRunId: string } | undefined {
  const [, run, mlflowRunId] = /\/([0-9a-f]{32})\/mlflow\/([0-9a-f]{32})\.json$/.exec(key) ?? [];
  return run === undefined || mlflowRunId === undefined ? undefined : { run, mlflowRunId };
}
