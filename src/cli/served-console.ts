import { readFile } from 'node:fs/promises';
import { systemClock } from '#clock.ts';
import type { ConsoleData } from '#serving/console-data.ts';
import { pipelineOf } from '#serving/pipelines.ts';
import type { RunId } from '#storage/run-id.ts';
import { isOnDisk, type ModelChoice, modelFile } from './model-file.ts';

/** Where the console's further views come from: of a model on disk there is only its file, of copied buckets no stream and no pipeline. */
export interface ServedConsole {
  /** The run that is served. */
  readonly run: RunId;
  /** Ends what reads the streams. */
  readonly signal: AbortSignal;
  readonly complain: (error: unknown) => void;
}

const MACHINES = { 'monthly-batch': 'MonthlyBatchArn', backfill: 'BackfillArn', training: 'TrainingArn' } as const;

/** @param choice what is served */
export async function servedConsole(
  choice: ModelChoice,
  { run, signal, complain }: ServedConsole,
): Promise<ConsoleData> {
  const { model, env, folder, taxiType } = choice;
  if (await isOnDisk(model)) {
    return { model: async (wanted) => (wanted === run ? await readFile(modelFile(model)) : undefined) };
  }
  const [{ openStores }, { reportPage }] = await Promise.all([
    import('./stores.ts'),
    import('#monitoring/stored-reports.ts'),
  ]);
  const stores = await openStores({ env, folder });
  const { registry, data } = stores;
  const stored: ConsoleData = {
    model: async (wanted) => (wanted === run ? (await registry.readModel(wanted))?.model : undefined),
    report: (month) => reportPage(data, taxiType, month),
  };
  if (stores.deployment === undefined) return stored;
  const [{ readStream }, { seenMachine }, { StreamWatch }] = await Promise.all([
    import('#adapters/kinesis.ts'),
    import('#adapters/step-functions.ts'),
    import('#serving/stream-watch.ts'),
  ]);
  const { config, output } = stores.deployment;
  const streams = { events: output('EventsStreamName'), predictions: output('PredictionsStreamName') };
  const watch = new StreamWatch({
    eventsStream: streams.events,
    read: (stream, from) =>
      readStream(streams[stream], { from, signal, pollMilliseconds: config.streams.pollMilliseconds }),
    data,
    clock: systemClock,
    onFailed: complain,
  });
  return {
    ...stored,
    stream: () => watch.now(),
    pipelines: async () => ({
      pipelines: await Promise.all(
        Object.entries(MACHINES).map(async ([name, arn]) => {
          const { definition, last } = await seenMachine(output(arn));
          return pipelineOf(name, definition, last);
        }),
      ),
    }),
  };
}
