import { type ChildProcess, fork } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { workFolder } from '#adapters/work-folder.ts';
import type { TrainingTask } from '#backtest/backtest.ts';
import { TripcastError } from '#errors.ts';
import { modelCardSchema } from '#model/card/card.ts';
import { goldenSchema } from '#model/golden/golden.ts';
import type { ModelFiles } from '#registry/registry.ts';
import { CLONE } from '#setup/paths.mjs';

/** What a trainer is to do, and where it leaves model.onnx, golden.json and card.json. */
export interface ToTrainer extends TrainingTask {
  readonly folder: string;
  /** For the database alone. */
  readonly memoryLimitMb: number;
}

export type FromTrainer =
  | { readonly kind: 'step'; readonly step: string }
  | { readonly kind: 'done' }
  | { readonly kind: 'failed'; readonly what: string; readonly fix: string }
  | { readonly kind: 'broken'; readonly stack: string };

const TRAINER = join(CLONE, 'src', 'cli', 'backtest-trainer.ts');

/**
 * Trains a run in a process of its own, so that several trainings share the machine's processors: within one process, native
 * calls wait for each other.
 * @throws TripcastError as the training did, or when its process ended early
 */
export async function trainInProcess(
  task: TrainingTask,
  { signal, onStep, memoryLimitMb }: { signal: AbortSignal; onStep(step: string): void; memoryLimitMb: number },
): Promise<ModelFiles> {
  await using folder = await workFolder();
  const child = fork(TRAINER, [], { signal, execArgv: [], stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
  child.send({ ...task, folder: folder.path, memoryLimitMb } satisfies ToTrainer);
  await finished(child, onStep);
  const file = (name: string) => readFile(join(folder.path, name));
  return {
    model: await file('model.onnx'),
    golden: goldenSchema.parse(JSON.parse((await file('golden.json')).toString())),
    card: modelCardSchema.parse(JSON.parse((await file('card.json')).toString())),
  };
}

function finished(child: ChildProcess, onStep: (step: string) => void): Promise<void> {
  return new Promise((resolve, reject) => {
    let said: FromTrainer | undefined;
    child.on('message', (message: FromTrainer) => {
      if (message.kind === 'step') onStep(message.step);
      else said = message;
    });
    child.once('error', reject); // it could not be started, or was told to stop
    child.once('close', (code, signal) => {
      if (said?.kind === 'done') resolve();
      else if (said?.kind === 'failed') reject(new TripcastError(said.what, said.fix));
      else if (said?.kind === 'broken') reject(new Error(`The trainer failed: ${said.stack}`));
      else
        reject(
          new TripcastError(
            `A training process ended early (${signal ?? code})`,
            'If the machine ran out of memory, give --at-a-time 1; finished trainings are kept.',
          ),
        );
    });
  });
}
