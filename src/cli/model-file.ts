import { access, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { TripcastError } from '../errors.ts';
import { modelCardSchema } from '../model/card.ts';
import { type GoldenRides, goldenSchema } from '../model/golden.ts';
import type { LoadedModel } from '../registry/model-source.ts';
import { isRunId, parseRunId, type RunId } from '../registry/run-id.ts';
import { refuseOtherType } from '../registry/taxi-type-check.ts';
import { sha256 } from '../storage/sha256.ts';
import type { TaxiType } from '../trips/taxi-type.ts';

/** Where `train --local` puts its runs. */
export const LOCAL_MODELS = '.tripcast/models';

export interface ModelChoice {
  /**
   * `champion` (of the environment), a run id (of `train --local`, else of the environment) or a model.onnx on disk. Only
   * what lies in the registry needs the environment.
   */
  readonly model: string;
  readonly env: string;
  /** Of the rides. */
  readonly taxiType: TaxiType;
  /** Whether a model of the other taxis will do. */
  readonly anyTaxiType?: boolean;
}

/** @throws TripcastError when there is no such model, or it is one of the other taxis and that was not asked for */
export async function chooseModel(choice: ModelChoice): Promise<LoadedModel> {
  const { model: named, anyTaxiType = false, taxiType } = choice;
  const model = await loadNamed(choice);
  const fix = `Choose a model of ${taxiType} taxis, or give --any-taxi-type if that is what you want.`;
  if (!anyTaxiType) refuseOtherType(isRunId(named) ? `Run ${named}` : named, model.scorer, taxiType, fix);
  return model;
}

async function loadNamed({ model: named, env, taxiType }: ModelChoice): Promise<LoadedModel> {
  const { loadScorer } = await import('../adapters/onnxruntime.ts');
  const file = isRunId(named) ? join(LOCAL_MODELS, named, 'model.onnx') : named;
  if (named !== 'champion' && (await exists(file))) {
    const bytes = await readFile(file);
    return { runId: await runOf(file, bytes), scorer: await loadScorer(bytes), golden: await goldenBeside(file) };
  }
  if (named !== 'champion' && !isRunId(named)) {
    throw new TripcastError(
      `There is no model file ${named}`,
      'Give a run id, `champion`, or the path of a model.onnx.',
    );
  }
  const [{ connect }, { loadRun }] = await Promise.all([import('./context.ts'), import('../registry/load-run.ts')]);
  const { registry } = await connect(env);
  const run = isRunId(named) ? named : (await registry.champion(taxiType))?.pointer.run_id;
  if (run === undefined) {
    throw new TripcastError(`There is no ${taxiType} champion`, 'Make one with `tripcast train --promote`.');
  }
  return loadRun(registry, run, loadScorer);
}

/** The run that the card beside the file names; a file without one is known by its own sha256, cut to a run id's length. */
async function runOf(file: string, bytes: Uint8Array): Promise<RunId> {
  const card = join(dirname(file), 'card.json');
  if (!(await exists(card))) return parseRunId(sha256(bytes).slice(0, 32));
  return modelCardSchema.parse(JSON.parse(await readFile(card, 'utf8'))).run_id;
}

/** The golden rides beside the file; none for a file alone. */
async function goldenBeside(file: string): Promise<GoldenRides> {
  const golden = join(dirname(file), 'golden.json');
  return (await exists(golden)) ? goldenSchema.parse(JSON.parse(await readFile(golden, 'utf8'))) : NONE;
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

const exists = (path: string) =>
  access(path).then(
    () => true,
    () => false,
  );
