import { noRun, type Registry, type RegistryNames } from '#registry/registry.ts';
import { modelKeys } from '#storage/layout.ts';
import type { ObjectStore } from '#storage/object-store.ts';
import { parseRunId, type RunId } from '#storage/run-id.ts';
import { idsInKey, mlflowRunKey, mlflowRunKeys } from './keys.ts';

/** Which MLflow run mirrors a run, kept beside its folder: the card is immutable and older than the mirror. */
export interface MlflowLink {
  readonly mlflow_run_id: string;
  readonly tracking_uri: string;
  readonly registered_model: string;
  readonly version: string;
}

/** Notes a mirror; the same one again changes nothing. */
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

/** The ids under which a run is known to MLflow servers; mostly one. */
export async function mlflowIdsOf(store: ObjectStore, experiment: string, run: RunId): Promise<readonly string[]> {
  const ids: string[] = [];
  for await (const { key } of store.list(mlflowRunKeys(experiment, run))) {
    const found = idsInKey(key);
    if (found !== undefined) ids.push(found.mlflowRunId);
  }
  return ids;
}

/**
 * The run that a person means by either id, tripcast's or MLflow's. No MLflow server is asked.
 * @throws TripcastError when it is no id, or no run has it
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
