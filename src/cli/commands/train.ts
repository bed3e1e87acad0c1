import { mkdir, rename, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { checkInputFolder, checkOutputFolder } from '#adapters/files.ts';
import { currentState, executionFailed, followExecution, startExecution } from '#adapters/step-functions.ts';
import { systemClock } from '#clock.ts';
import { TripcastError } from '#errors.ts';
import { checkedInput } from '#function-input.ts';
import type { ModelCard } from '#model/card/card.ts';
import { filesOf, noRun, readCard } from '#registry/registry.ts';
import { dataKeys, monthFile } from '#storage/layout.ts';
import { refuseMissing } from '#storage/raw-months.ts';
import { newRunId } from '#storage/run-id.ts';
import { sha256OfFile } from '#storage/sha256.ts';
import { trainRun } from '#training/train-run.ts';
import {
  planTraining,
  type TrainingOutcome,
  type TrainingPlan,
  trainingOutcomeSchema,
  trainingRequestSchema,
} from '#training/training-job.ts';
import { type Month, monthOf } from '#trips/month.ts';
import type { TaxiType } from '#trips/taxi-type.ts';
import { connect, type Deployment } from '../context.ts';
import { LOCAL_MODELS } from '../model-file.ts';
import type { CommonOptions } from '../options.ts';
import { userName } from '../user-name.ts';
import { decimals, type Terminal } from '../view/terminal.ts';
import { type FinishedRun, runJson, runSummary } from '../view/train-summary.ts';
import { checkUsage } from '../wrong-usage.ts';
import { mirrorToMlflow } from './models/sync.ts';

export interface TrainOptions {
  readonly recipe: string;
  readonly taxiType: TaxiType;
  readonly train?: readonly Month[];
  readonly year?: number;
  readonly month?: number;
  readonly validate?: string;
  readonly promote: boolean;
  readonly local: boolean;
  readonly source?: string;
  readonly out?: string;
}

/** `tripcast train`: from ingested months to a registered run, or from a folder of files to a folder with the model. */
export async function train(options: TrainOptions & CommonOptions, terminal: Terminal): Promise<void> {
  checkUsage(() => refuseNonsense(options));
  if (options.local) {
    const run = await trainLocally(options, terminal);
    terminal.result(runJson(run), () => runSummary(run));
    return;
  }
  const to = await connect(options.env);
  const run = await runTraining(to, options, terminal);
  terminal.result(runJson(run), () => runSummary(run));
  await mirrorToMlflow(to, terminal);
  if (!isAsWanted(run.outcome)) process.exitCode = 1;
}

/** Registered, and promoted if requested. */
const isAsWanted = ({ status }: TrainingOutcome) => status === 'registered' || status === 'promoted';

/**
 * Like {@link runTraining}, for callers that cannot continue without the run, or without its promotion if requested.
 * @throws TripcastError with the gate's reasons, or naming who was promoted in the meantime
 */
export async function trainAndRegister(
  to: Deployment,
  options: TrainOptions,
  terminal: Terminal,
): Promise<FinishedRun & { readonly outcome: TrainingOutcome }> {
  const run = await runTraining(to, options, terminal);
  if (isAsWanted(run.outcome)) return run;
  const { run_id, status, gate, champion } = run.outcome;
  throw champion === null
    ? new TripcastError(
        `Run ${run_id} was not promoted (${status}): ${gate.reasons.join('; ')}`,
        `See \`tripcast models show ${run_id}\`; \`tripcast models promote ${run_id} --force\` overrules the gate.`,
      )
    : new TripcastError(
        `Run ${run_id} was not promoted (${status}): ${champion.promoted_by} made ${champion.run_id} the champion in the meantime`,
        `Run the gate again with \`tripcast models promote ${run_id} --gate\`.`,
      );
}

/**
 * Starts the training state machine and follows it.
 * @throws TripcastError when the execution failed
 */
export async function runTraining(
  to: Deployment,
  options: TrainOptions,
  terminal: Terminal,
): Promise<FinishedRun & { readonly outcome: TrainingOutcome }> {
  const plan = planOf(options);
  await refuseMissingMonths(to, plan);
  const arn = await startExecution(to.output('TrainingArn'), {
    recipe: plan.recipe,
    taxi_type: plan.taxi_type,
    months: plan.months,
    validate: options.validate,
    promote: plan.promote,
    promoted_by: plan.promoted_by,
  });
  const progress = terminal.progress(labelOf(plan));
  const end = await followExecution(arn, async () => progress.update(0, (await currentState(arn)) ?? 'starting'));
  if (end.outcome === 'failed') {
    throw executionFailed(arn, end, 'train');
  }
  const outcome = trainingOutcomeSchema.parse(end.output);
  const folder = outcome.model === null ? to.registry.staged(outcome.run_id) : to.registry.folder(outcome.run_id);
  const card = await readCard(folder);
  if (card === undefined) throw noRun(outcome.run_id);
  progress.done(`${outcome.status}, ${errorsOf(card)}`);
  return { card, model: folder.uri('model.onnx'), outcome };
}

/** @throws TripcastError when what was typed does not describe a training run */
function refuseNonsense(options: TrainOptions): void {
  const { local, promote, source, out } = options;
  if (local && promote) {
    throw new TripcastError(
      '--local and --promote cannot go together',
      'A champion must be in the registry: train without --local.',
    );
  }
  if (local && source === undefined) {
    throw new TripcastError('--local needs --source', 'Give the folder of TLC files.');
  }
  const [name, value] = source !== undefined ? ['--source', source] : ['--out', out];
  if (!local && value !== undefined) {
    throw new TripcastError(
      `${name} ${value} is for training without AWS`,
      'Add --local, or leave it out: the months come from the data bucket.',
    );
  }
  planOf(options);
}

async function trainLocally(options: TrainOptions, terminal: Terminal): Promise<FinishedRun> {
  const { source } = options;
  if (source === undefined) throw new TripcastError('--local needs --source', 'Give the folder of TLC files.');
  const plan = planOf(options);
  const run = newRunId();
  const out = options.out ?? join(LOCAL_MODELS, run);
  await checkInputFolder(source, "Give the folder of TLC's files with --source.");
  await checkOutputFolder(resolve(out));
  const [{ DuckDB }, { loadScorer }, { openXGBoost }, { xgboostLibrary }, { codeVersion }, { workFolder }] =
    await Promise.all([
      import('#adapters/duckdb.ts'),
      import('#adapters/onnxruntime.ts'),
      import('#adapters/xgboost.ts'),
      import('#packaging/natives.ts'),
      import('#adapters/git.ts'),
      import('#adapters/work-folder.ts'),
    ]);
  await using folder = await workFolder();
  await using database = await DuckDB.open({ tempDirectory: folder.path });
  const progress = terminal.progress(labelOf(plan));
  const files = await trainRun(run, plan, {
    database,
    boosting: () => openXGBoost(xgboostLibrary()),
    loadScorer,
    fetch: (months) => Array.fromAsync(months, (month) => monthIn(resolve(source), plan.taxi_type, month)),
    codeVersion: await codeVersion(import.meta.dirname),
    clock: systemClock,
    onProgress: (step) => progress.update(0, step),
  });
  progress.done(errorsOf(files.card));
  await mkdir(out, { recursive: true });
  await using draft = await workFolder(out);
  const written = filesOf(files);
  for (const { name, body } of written) await writeFile(join(draft.path, name), body);
  for (const { name } of written) await rename(join(draft.path, name), join(out, name));
  return { card: files.card, model: join(out, 'model.onnx') };
}

async function monthIn(folder: string, taxiType: TaxiType, month: Month) {
  const path = join(folder, monthFile(taxiType, month));
  const sha256 = await sha256OfFile(path).catch((cause: unknown) => {
    throw new TripcastError(`There is no file ${path}`, `Put TLC's file of ${month} there.`, { cause });
  });
  return { month, path, sha256 };
}

const labelOf = ({ recipe, taxi_type, months }: TrainingPlan) => `train ${recipe} on ${taxi_type} ${months.join(', ')}`;

/** Checked before anything starts: the state machine would miss them too, but only after three tries. */
async function refuseMissingMonths({ data }: Deployment, plan: TrainingPlan): Promise<void> {
  const { taxi_type, validation } = plan;
  const months = validation.kind === 'month' ? [...plan.months, validation.month] : plan.months;
  const isMissing = async (month: Month) => (await data.head(dataKeys.raw(taxi_type, month))) === undefined;
  const missing = await Promise.all(months.map(isMissing));
  refuseMissing(
    taxi_type,
    months.filter((_, i) => missing[i]),
  );
}

/** The plan that the state machine will make, so that anything wrong with it is reported before anything starts. */
function planOf({ recipe, taxiType, validate, promote, ...options }: TrainOptions): TrainingPlan {
  const months = monthsToTrainOn(options);
  const request = { recipe, taxi_type: taxiType, months, validate, promote, promoted_by: userName() };
  return planTraining(checkedInput(trainingRequestSchema, request), taxiType);
}

function monthsToTrainOn({ train, year, month }: Pick<TrainOptions, 'train' | 'year' | 'month'>): readonly Month[] {
  if (train !== undefined && year === undefined && month === undefined) return train;
  if (train === undefined && year !== undefined && month !== undefined) return [monthOf(year, month)];
  throw new TripcastError(
    'It is not clear what to train on',
    'Give --train with months (2023-01..2023-03), or --year and --month.',
  );
}

const errorsOf = ({ validation }: ModelCard) =>
  `RMSE ${decimals(validation.rmse, 4)} min, ${decimals(validation.typical_distance.rmse, 4)} without a distance`;
