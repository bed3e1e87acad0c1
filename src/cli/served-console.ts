import { readFile } from 'node:fs/promises';
import type { ConsoleData } from '#serving/console-data.ts';
import type { RunId } from '#storage/run-id.ts';
import { isOnDisk, type ModelChoice, modelFile } from './model-file.ts';

/** Where the console's further views come from: of a model on disk there is only its file, of copied buckets no stream and no pipeline. */
export interface ServedConsole {
  /** The run that is served. */
  readonly run: RunId;
  /** Ends what reads the streams. */
  readonly signal: AbortSignal;
}

/** @param choice what is served */
export async function servedConsole(choice: ModelChoice, { run, signal }: ServedConsole): Promise<ConsoleData> {
  const { model, env, folder, taxiType } = choice;
  if (await isOnDisk(model)) {
    return { model: async (wanted) => (wanted === run ? await readFile(modelFile(model)) : undefined) };
  }
  const [{ openStores }, { reportPage }] = await Promise.all([
    import('./stores.ts'),
    import('#monitoring/stored-reports.ts'),
  ]);
  const { registry, data, deployment } = await openStores({ env, folder });
  const live = deployment && (await import('./live-views.ts')).liveViewsOf(deployment, signal);
  return {
    model: async (wanted) => (wanted === run ? (await registry.readModel(wanted))?.model : undefined),
    report: (month) => reportPage(data, taxiType, month),
    live,
  };
}
