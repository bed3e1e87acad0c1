import { noRun, type Registry, type RegistryNames } from '#registry/registry.ts';
import { modelKeys } from '#storage/layout.ts';
import type { ObjectStore } from '#storage/object-store.ts';
import { parseRunId, type RunId } from '#storage/run-id.ts';
import { idsInKey, mlflowRunKey, mlflowRunKeys } from './keys.ts';

/** Which MLflow run mirrors a run. Stored next to the run's folder: the card is immutable and predates the mirror. */
export interface MlflowLink {
  readonly mlflow_run_id: string;
  readonly tracking_uri: string;
  readonly registered_model: string;
  readonly version: string;
}

/** Records a mirror; idempotent. */
export async function linkMlflowRun(
  store: ObjectStore,
  experiment: string,
  run: RunId,
  link: MlflowLink,
): Promise<void> {
  const condition = { absent: true } as const;
  const key = mlflowRunKey(experiment, run, link.mlflow_run_id);
  await store.put(key, `${JSON.stringify(link)}\n`, { contentType: 'application/json', condition });
}

/** The IDs that MLflow servers know a run by; usually one. */
export async function mlflowIdsOf(store: ObjectStore, experiment: string, run: RunId): Promise<readonly string[]> {
  const ids: string[] = [];
  for await (const { key } of store.list(mlflowRunKeys(experiment, run))) {
    const found = idsInKey(key);
    if (found !== undefined) ids.push(found.mlflowRunId);
  }
  return ids;
}

/**
 * Resolves a run from either ID, tripcast's or MLflow's, without contacting an MLflow server.
 * @throws TripcastError when it is not an ID, or no run has it
 * @example
 * const run = await findRun(registry, store, names, '1f7d1fc9a836766406b78d436f261a21');
 */
export async function findRun(
  registry: Pick<Registry, 'card'>,
  store: ObjectStore,
  { experiment }: Pick<RegistryNames, 'experiment'>,
  text: string,
): Promise<RunId> {
  const id = parseRunId(text);
  if ((await registry.card(id)) !== undefined) return id;
  for await (const { key } of store.list(modelKeys.runs(experiment))) {
    const found = idsInKey(key);
    if (found?.mlflowRunId === id) return parseRunId(found.run);
  }
  throw noRun(text);
}
