import { modelKeys } from '#storage/layout.ts';
import type { RunId } from '#storage/run-id.ts';

/** Where MLflow keeps its runs' artefacts in the model bucket, apart from the registry's own folders. */
export const MLFLOW_ARTIFACTS = 'mlflow';

/** Before all that {@link mlflowRunKey} gives for a run. */
export const mlflowRunKeys = (experiment: string, run: RunId) => `${modelKeys.runs(experiment)}${run}/mlflow/`;

/** One small object for each MLflow run that mirrors a run: its name carries MLflow's id, so that a listing finds it. */
export const mlflowRunKey = (experiment: string, run: RunId, mlflowRunId: string) =>
  `${mlflowRunKeys(experiment, run)}${mlflowRunId}.json`;

/** The ids in such a key; undefined for any other key. */
export function idsInKey(key: string): { readonly run: string; readonly mlflowRunId: string } | undefined {
  const [, run, mlflowRunId] = /\/([0-9a-f]{32})\/mlflow\/([0-9a-f]{32})\.json$/.exec(key) ?? [];
  return run === undefined || mlflowRunId === undefined ? undefined : { run, mlflowRunId };
}
