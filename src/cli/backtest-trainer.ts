/**
 * node src/cli/backtest-trainer.ts: trains one run for a backtest, in a process of its own. It gets its task from its
 * parent, leaves the run's files in the task's folder, and ends with its parent.
 */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DuckDB } from '#adapters/duckdb.ts';
import { loadScorer } from '#adapters/onnxruntime.ts';
import { openXGBoost } from '#adapters/xgboost.ts';
import { systemClock } from '#clock.ts';
import { TripcastError } from '#errors.ts';
import { xgboostLibrary } from '#packaging/natives.ts';
import { trainRun } from '#training/train-run.ts';
import type { FromTrainer, ToTrainer } from './train-in-process.ts';

const tell = (message: FromTrainer) => void process.send?.(message);

process.once('disconnect', () => process.exit(1)); // nobody waits for the run anymore
process.once('message', (task: ToTrainer) => void train(task));

async function train({ run, plan, sources, codeVersion, folder, memoryLimitMb }: ToTrainer): Promise<void> {
  try {
    await using database = await DuckDB.open({ tempDirectory: folder, memoryLimitMb });
    const { card, model, golden } = await trainRun(run, plan, {
      database,
      boosting: () => openXGBoost(xgboostLibrary()),
      loadScorer,
      fetch: async () => sources,
      codeVersion,
      clock: systemClock,
      onProgress: (step) => tell({ kind: 'step', step }),
    });
    await writeFile(join(folder, 'model.onnx'), model);
    await writeFile(join(folder, 'golden.json'), JSON.stringify(golden));
    await writeFile(join(folder, 'card.json'), JSON.stringify(card));
    tell({ kind: 'done' });
  } catch (error) {
    tell(
      error instanceof TripcastError
        ? { kind: 'failed', what: error.what, fix: error.fix }
        : { kind: 'broken', stack: error instanceof Error ? String(error.stack) : String(error) },
    );
  }
  process.disconnect?.();
}
