import { readFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import { scorerLoader } from '#adapters/engine.ts';
import { checkInputFile, exists } from '#adapters/files.ts';
import { TripcastError } from '#errors.ts';
import { type GoldenRides, goldenSchema } from '#model/golden/golden.ts';
import { goldenProof } from '#model/golden/golden-refusal.ts';
import type { LoadedModel } from '#registry/model-source.ts';
import { refuseOtherType } from '#registry/taxi-type-check.ts';
import { isRunId, parseRunId, type RunId, runIdSchema } from '#storage/run-id.ts';
import { sha256 } from '#storage/sha256.ts';
import type { TaxiType } from '#trips/taxi-type.ts';
import { engineChoice } from './engine-choice.ts';

/** Where `train --local` stores its runs. */
export const LOCAL_MODELS = '.tripcast/models';

/** What {@link chooseModel} reads, whether or not it exists: the model, and next to it its card and golden rides. */
export function localFiles(named: string): readonly string[] {
  if (named === 'champion') return [];
  const file = modelFile(named);
  return [file, cardOf(file), goldenOf(file)];
}

/** @throws TripcastError when a named file does not exist; so that nothing else is started for it */
export async function checkModelFile(named: string): Promise<void> {
  if (named === 'champion' || isRunId(named)) return;
  if (!(await exists(named))) {
    throw new TripcastError(
      `There is no model file ${named}`,
      'Give a run id, `champion`, or the path of a model.onnx.',
    );
  }
  await checkInputFile(named, 'Give the path of the model.onnx in it.');
}

/** Where a model on disk is. */
export const modelFile = (named: string) => (isRunId(named) ? join(LOCAL_MODELS, named, 'model.onnx') : named);
const cardOf = (model: string) => join(dirname(model), 'card.json');
const goldenOf = (model: string) => join(dirname(model), 'golden.json');

export interface ModelChoice {
  /**
   * `champion` (of the environment), a run id (from `train --local`, else from the environment) or a model.onnx on
   * disk. Only what is in the registry needs the environment.
   */
  readonly model: string;
  readonly env: string;
  /** Copies of the environment's buckets, to use instead of them. */
  readonly folder?: string;
  /** The taxi type of the rides. */
  readonly taxiType: TaxiType;
  /** Whether a model for the other taxi type will do. */
  readonly anyTaxiType?: boolean;
  /** With `champion`: the one that stood then. */
  readonly asOf?: Date | undefined;
}

/** @throws TripcastError when there is no such model, or it is for the other taxi type and that was not requested */
export async function chooseModel(choice: ModelChoice): Promise<LoadedModel> {
  const { model: named, anyTaxiType = false, taxiType } = choice;
  const model = await loadNamed(choice);
  const fix = `Choose a model of ${taxiType} taxis, or add --any-taxi-type to use this one.`;
  if (!anyTaxiType) refuseOtherType(isRunId(named) ? `Run ${named}` : named, model.scorer, taxiType, fix);
  return model;
}

async function loadNamed({ model: named, env, folder, taxiType, asOf }: ModelChoice): Promise<LoadedModel> {
  const loadScorer = scorerLoader(
    await engineChoice(env),
    (reason) => process.stderr.write(`  onnxruntime scores instead of the engine: ${reason}\n`),
    { threads: availableParallelism() },
  );
  const file = modelFile(named);
  await checkModelFile(named);
  if (await isOnDisk(named)) {
    const bytes = await readFile(file);
    const golden = await goldenBeside(file);
    return { runId: await runOf(file, bytes), scorer: await loadScorer(bytes, goldenProof(golden)), golden };
  }
  const [{ openStores }, { loadRun }, { NoChampionError }] = await Promise.all([
    import('./stores.ts'),
    import('#registry/load-run.ts'),
    import('#registry/model-source.ts'),
  ]);
  const { registry } = await openStores({ env, folder });
  if (asOf !== undefined) {
    const { championThen } = await import('./champion-then.ts');
    return loadRun(registry, (await championThen(registry, taxiType, asOf)).run_id, loadScorer);
  }
  const run = isRunId(named) ? named : (await registry.champion(taxiType))?.pointer.run_id;
  if (run === undefined) throw new NoChampionError(taxiType);
  return loadRun(registry, run, loadScorer);
}

/** Whether a model is a file here; otherwise it is in the environment. */
export const isOnDisk = async (named: string): Promise<boolean> =>
  named !== 'champion' && (await exists(modelFile(named)));

/** The card of a model on disk, if it has one. @throws TripcastError when it is damaged */
export async function cardOnDisk(named: string) {
  const { modelCardSchema } = await import('#model/card/card.ts'); // large, and scoring does not need it
  return readBeside(cardOf(modelFile(named)), modelCardSchema, MODEL_CARD);
}

const MODEL_CARD = 'model card';
const runSchema = z.looseObject({ schema_version: z.literal(1), run_id: runIdSchema });

/** The run named by the card next to the file; without one, the file goes by its sha256, cut to a run id's length. */
async function runOf(file: string, bytes: Uint8Array): Promise<RunId> {
  const card = await readBeside(cardOf(file), runSchema, MODEL_CARD);
  return card?.run_id ?? parseRunId(sha256(bytes).slice(0, 32));
}

/** The golden rides next to the file; none for a file on its own. */
async function goldenBeside(file: string): Promise<GoldenRides> {
  return (await readBeside(goldenOf(file), goldenSchema, 'file of golden rides')) ?? NONE;
}

/** @returns undefined if there is no such file. @throws TripcastError when it is damaged */
async function readBeside<T>(path: string, schema: z.ZodType<T>, what: string): Promise<T | undefined> {
  if (!(await exists(path))) return undefined;
  try {
    return schema.parse(JSON.parse(await readFile(path, 'utf8')));
  } catch (cause) {
    throw new TripcastError(
      `${path} is damaged: it is not a ${what} (${problemOf(cause)})`,
      'Restore it, or move model.onnx to a folder of its own.',
      { cause },
    );
  }
}

function problemOf(error: unknown): string {
  const [issue] = error instanceof z.ZodError ? error.issues : [];
  if (issue !== undefined) return `${issue.path.join('.')}: ${issue.message}`;
  return error instanceof Error ? error.message : String(error);
}

const NONE: GoldenRides = {
  rides: [],
  predictions: {
    predicted_duration: [],
    interval_low: [],
    interval_high: [],
    interval80_low: [],
    interval80_high: [],
  },
  exact: [],
};
