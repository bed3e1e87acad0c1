import { resolve } from 'node:path';
import type { MonthOutcome } from '#batch/outcome.ts';
import { TripcastError } from '#errors.ts';
import { liveFunctionName } from '#lib/config/names.ts';
import { down } from '#local/down.ts';
import type { ModelCard } from '#model/card/card.ts';
import { publishedOn } from '#model/evaluation/reference-figures.ts';
import { CLONE } from '#setup/paths.mjs';
import { type Month, parseMonth, parseMonths } from '#trips/month.ts';
import { connect, type Deployment } from '../context.ts';
import { interruptible } from '../interruptible.ts';
import { refuseUnlessLocal } from '../local-only.ts';
import type { CommonOptions, EmulatorName } from '../options.ts';
import { replayAndRead } from '../replay-and-read.ts';
import { count, decimals, type Terminal, table } from '../view/terminal.ts';
import { runBackfill } from './backfill.ts';
import { runMonth } from './batch.ts';
import { type IngestedMonth, ingestMonths } from './ingest.ts';
import { askApi, askFunction } from './predict.ts';
import { describeMlflow, findStatus } from './status.ts';
import { trainAndRegister } from './train.ts';
import { afterInterruption, type BroughtUp, bringUp, bringUpOnLocalStack, refuseEndpoint } from './up.ts';

/** The months that come with the code, so that the first run needs no download. */
const BUNDLED = parseMonths('2021-01..2021-02,2022-02..2022-05,2023-01..2023-04');
const BUNDLED_FOLDER = resolve(CLONE, 'data/tlc');
const TAXI_TYPE = 'green';
const RECIPE = 'zone-map';
const TRAIN = parseMonths('2023-01..2023-03');
const VALIDATE = parseMonth('2023-04');
/** The monthly run on this day scores the month before. */
const AS_IF_ON = '2023-05-15';
/** Months that the model is not trained on. */
const BACKFILL = { from: parseMonth('2022-02'), to: parseMonth('2022-05') };
const REPLAYED = 2000;
/** The design's example ride, with a time. */
const QUESTION = { PULocationID: 130, DOLocationID: 205, trip_distance: 3.66, pickup_datetime: '2023-04-03T08:30:00' };

export interface StartOptions {
  readonly emulator: EmulatorName;
  /** LocalStack's address; defaults to the configuration's. */
  readonly endpoint?: string;
}

/** What a step reports. */
interface StepResult {
  readonly result: string;
  readonly rows: number | null;
  readonly rmse: number | null;
  readonly where: string;
}
interface Step extends StepResult {
  readonly what: string;
  readonly seconds: number;
}

/**
 * `npm start`: everything once, on real data, on this machine. What was done before is found and reported, not
 * repeated. If interrupted, it stops the environment if it was the one to start it.
 */
export async function start(options: StartOptions & CommonOptions, terminal: Terminal): Promise<void> {
  refuseUnlessLocal('start', options.env, '`tripcast help` lists the commands that take --env.');
  refuseEndpoint(options);
  const began = performance.now();
  const steps: Step[] = [];
  const step = async <T>(what: string, run: () => Promise<T>, describe: (of: T) => StepResult): Promise<T> => {
    const started = performance.now();
    const value = await run();
    steps.push({ what, seconds: (performance.now() - started) / 1000, ...describe(value) });
    return value;
  };

  const card = await interruptible(async (signal) => {
    const up = await step(
      'environment',
      () => bringUpEither(options, terminal, signal),
      (is) => ({ result: is.deployed ? 'deployed' : 'was up', rows: null, rmse: null, where: is.endpointUrl }),
    );
    const stopOnInterruption = new Promise<never>((_, reject) =>
      signal.addEventListener('abort', () => reject(signal.reason), { once: true }),
    );
    try {
      return await Promise.race([mainJob(step, terminal), stopOnInterruption]);
    } catch (error) {
      if (signal.aborted && up.started) await down();
      if (signal.aborted) terminal.say(afterInterruption(!up.started));
      throw error;
    }
  });
  const to = await connect('dev');
  const seconds = (performance.now() - began) / 1000;
  const found = await findStatus();
  const mlflow =
    found.up && found.emulator === 'ministack'
      ? describeMlflow(found.environment.mlflow?.url, found.mlflow)
      : 'not started';
  const compared = comparison(card);
  terminal.result({ steps, compared, seconds }, () =>
    [reportOfSteps(steps), reportOfComparison(compared), reportOfEnvironment(seconds, to, mlflow)].join('\n\n'),
  );
}

async function bringUpEither(
  { emulator, endpoint }: StartOptions,
  terminal: Terminal,
  signal: AbortSignal,
): Promise<BroughtUp> {
  if (emulator === 'ministack') return bringUp(terminal, signal);
  // Someone else started it: an interruption does not stop it.
  return { started: false, ...(await bringUpOnLocalStack(endpoint, terminal, signal)) };
}

type RunStep = <T>(what: string, run: () => Promise<T>, describe: (of: T) => StepResult) => Promise<T>;

/** @returns the champion's card */
async function mainJob(step: RunStep, terminal: Terminal): Promise<ModelCard> {
  const to = await connect('dev');
  await step(
    'ingest',
    () => ingestMonths(to, BUNDLED, { taxiType: TAXI_TYPE, source: BUNDLED_FOLDER }, terminal),
    (months) => ingestResult(months, to),
  );
  const { card } = await step(
    'train, promote',
    () => championOrTrain(to, terminal),
    ({ card, isNew }) => ({
      result: `${card.recipe}, ${isNew ? 'new champion' : 'is champion'}`,
      rows: card.train.rows,
      rmse: card.validation.rmse,
      where: to.registry.uri(card.run_id, 'model.onnx'),
    }),
  );
  const { month, monitoring } = await step(
    `monthly batch, as of ${AS_IF_ON}`,
    () => runMonth(to, { taxiType: TAXI_TYPE, date: AS_IF_ON, force: false, all: false }, terminal),
    monthResult,
  );
  await step(`monitoring of ${month}`, async () => monitoring, monitoringResult);
  await step(
    `backfill ${BACKFILL.from}..${BACKFILL.to}`,
    () => runBackfill(to, { taxiType: TAXI_TYPE, ...BACKFILL, maxConcurrency: 1, force: false, all: false }, terminal),
    (months) => backfillResult(months, to),
  );
  await step(
    `replay ${REPLAYED} rides`,
    () => replayAndRead(to, { taxiType: TAXI_TYPE, month: VALIDATE, limit: REPLAYED }, terminal),
    ({ isNew, predictions }) => ({
      result: isNew ? 'sent, all predicted' : 'was predicted',
      rows: predictions,
      rmse: null,
      where: to.output('PredictionsStreamName'),
    }),
  );
  await step(
    to.apiUrl === undefined ? 'ask the function' : 'ask the API',
    () => (to.apiUrl === undefined ? askFunction(to, QUESTION) : askApi(to.apiUrl, QUESTION)),
    ({ predicted_duration, interval: [low, high] }) => ({
      result: `${predicted_duration.toFixed(1)} min [${low.toFixed(1)}, ${high.toFixed(1)}]`,
      rows: 1,
      rmse: null,
      where: to.apiUrl === undefined ? liveFunctionName(to.config.env, 'predict') : `${to.apiUrl}/predict`,
    }),
  );
  return card;
}

/** The champion, if it is the one that this job trains; otherwise a new run. */
async function championOrTrain(
  to: Deployment,
  terminal: Terminal,
): Promise<{ readonly card: ModelCard; readonly isNew: boolean }> {
  const champion = await to.registry.champion(TAXI_TYPE);
  const card = champion && (await to.registry.card(champion.pointer.run_id));
  if (card?.recipe === RECIPE && sameMonths(card, TRAIN)) return { card, isNew: false };
  const options = {
    recipe: RECIPE,
    taxiType: TAXI_TYPE,
    train: TRAIN,
    validate: VALIDATE,
    promote: true,
    local: false,
  } as const;
  return { card: (await trainAndRegister(to, options, terminal)).card, isNew: true };
}

const sameMonths = ({ train }: ModelCard, months: readonly Month[]) =>
  train.months.map(({ month }) => month).join() === months.join();

function ingestResult(months: readonly IngestedMonth[], to: Deployment): StepResult {
  const lost = months.filter(({ uri }) => uri === null);
  if (lost.length > 0) {
    throw new TripcastError(
      `Bundled months were not ingested: ${lost.map(({ note }) => note).join('; ')}`,
      'Restore data/tlc from git.',
    );
  }
  const fresh = months.filter(({ outcome }) => outcome === 'ingested').length;
  return {
    result: fresh === 0 ? `${months.length} months already there` : `${fresh} months`,
    rows: months.reduce((sum, { rows }) => sum + (rows ?? 0), 0),
    rmse: null,
    where: `s3://${to.data.bucket}/raw/`,
  };
}

const monthResult = (month: MonthOutcome): StepResult => ({
  result: `${month.month} ${month.status}`,
  rows: month.rows_scored,
  rmse: month.rmse,
  where: month.output ?? month.note ?? '',
});

/** The state machine has done it already: what it found. */
function monitoringResult(found: MonthOutcome['monitoring']): StepResult {
  const nothing = { rows: null, rmse: null };
  if (found === undefined) return { ...nothing, result: 'nothing to monitor', where: '' };
  if (found.verdict === 'failed') return { ...nothing, result: 'failed', where: found.note };
  return { ...nothing, result: found.verdict, where: found.page };
}

function backfillResult(months: readonly MonthOutcome[], to: Deployment): StepResult {
  const failed = months.filter(({ status }) => status !== 'scored' && status !== 'unchanged');
  if (failed.length > 0) {
    throw new TripcastError(
      `The backfill did not score ${failed.map(({ month, note }) => `${month} (${note})`).join(', ')}`,
      'See `npx tripcast logs score`.',
    );
  }
  const rows = months.reduce((sum, month) => sum + (month.rows_scored ?? 0), 0);
  const squares = months.reduce((sum, month) => sum + (month.rmse ?? 0) ** 2 * (month.rows_scored ?? 0), 0);
  const scored = months.filter(({ status }) => status === 'scored').length;
  return {
    result: scored === 0 ? `${months.length} months unchanged` : `${scored} months scored`,
    rows,
    rmse: Math.sqrt(squares / rows),
    where: `s3://${to.data.bucket}/predictions/`,
  };
}

interface ComparedModel {
  readonly model: string;
  readonly trained: string;
  /** Minutes, on the champion's validation rides. */
  readonly rmse: number;
}

/** The champion next to what else is known about its validation rides: published recipes and the plainest guesses. */
export function comparison({ recipe, train, validation }: ModelCard): readonly ComparedModel[] {
  const trained = train.months.map(({ month }) => month).join(', ');
  const published = publishedOn(validation.sha256);
  const baselines = validation.breakdown?.baselines;
  return [
    { model: `${recipe}, the champion`, trained, rmse: validation.rmse },
    { model: `${recipe}, no distance given`, trained, rmse: validation.typical_distance.rmse },
    ...published.map(({ name, trainedOn, rmse }) => ({ model: name, trained: trainedOn.join(', '), rmse })),
    ...(baselines === undefined
      ? []
      : [
          { model: 'mean of the two zones', trained, rmse: baselines.pair_mean.rmse },
          { model: 'mean of all rides', trained, rmse: baselines.mean.rmse },
        ]),
  ];
}

function reportOfSteps(steps: readonly Step[]): string {
  const rows = steps.map(({ what, result, rows, rmse, seconds }) => [
    what,
    result,
    count(rows),
    decimals(rmse, 3),
    decimals(seconds, 1),
  ]);
  const width = Math.max(...steps.map(({ what }) => what.length));
  return [
    '',
    table(['step', 'result', 'rows', 'RMSE min', 'seconds'], rows),
    '',
    'Where things are:',
    ...steps.map(({ what, where }) => `  ${what.padEnd(width)}  ${where}`),
  ].join('\n');
}

const reportOfComparison = (compared: readonly ComparedModel[]) =>
  table(
    [`on the rides of ${VALIDATE}`, 'trained on', 'RMSE min'],
    compared.map(({ model, trained, rmse }) => [model, trained, decimals(rmse, 3)]),
  );

const reportOfEnvironment = (seconds: number, { apiUrl }: Deployment, mlflow: string) =>
  [
    `Done in ${seconds.toFixed(1)} s. The environment is up:`,
    `  AWS (emulator)  ${process.env.AWS_ENDPOINT_URL ?? ''}`,
    ...(apiUrl === undefined
      ? ['  predict API     none here; `npx tripcast predict` calls the function']
      : [`  console         ${apiUrl}/`, `  predict API     ${apiUrl}/predict`, `                  ${apiUrl}/health`]),
    `  MLflow          ${mlflow}`,
    '',
    'Try next:',
    '  npx tripcast predict --pu 130 --do 205 --at 2023-04-03T08:30',
    '  npx tripcast stream tail --from-start --limit 5',
    '  npx tripcast models list',
    '  npx tripcast backfill --from 2021-01 --to 2021-02',
    '  npx tripcast status',
    '  npx tripcast down',
  ].join('\n');
