import { join } from 'node:path';
import { checkInputFolder } from '#adapters/files.ts';
import { FolderStore } from '#adapters/folder-store.ts';
import { loadConfig } from '#lib/config/load.ts';
import { Registry } from '#registry/registry.ts';
import type { ObjectStore } from '#storage/object-store.ts';
import type { Deployment } from './context.ts';

/** What a command reads of an environment. */
export interface Stores {
  readonly registry: Registry;
  readonly data: ObjectStore;
  /** The environment itself; undefined for copies of its buckets. */
  readonly deployment?: Deployment;
}

/** The folders that hold a copy of the model bucket and of the data bucket. */
const FOLDERS = { models: 'models', data: 'data' } as const;

/**
 * An environment's buckets, or copies of them in a folder: `models/` and `data/`, as `aws s3 sync` makes them.
 * @throws TripcastError when the environment is not up, or the folder holds no models
 */
export async function openStores({
  env,
  folder,
}: {
  readonly env: string;
  readonly folder?: string | undefined;
}): Promise<Stores> {
  if (folder === undefined) {
    const { connect } = await import('./context.ts');
    const deployment = await connect(env);
    return { registry: deployment.registry, data: deployment.data, deployment };
  }
  const models = join(folder, FOLDERS.models);
  await checkInputFolder(
    models,
    `Copy the buckets there: \`aws s3 sync s3://MODEL_BUCKET ${models}\`, and the data bucket to ${join(folder, FOLDERS.data)}.`,
  );
  return {
    registry: new Registry(new FolderStore(models), loadConfig(env).model),
    data: new FolderStore(join(folder, FOLDERS.data)),
  };
}
