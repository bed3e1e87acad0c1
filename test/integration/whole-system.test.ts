import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { z } from 'zod';
import { kinesisSink } from '#adapters/kinesis.ts';
import { invokeFunction } from '#adapters/lambda.ts';
import { logLines } from '#adapters/logs.ts';
import { executionName, followExecution, startExecution } from '#adapters/step-functions.ts';
import { receiptSchema } from '#batch/receipts.ts';
import { runBackfill } from '#cli/commands/backfill.ts';
import { runMonth } from '#cli/commands/batch.ts';
import { ingestMonths } from '#cli/commands/ingest.ts';
import { askApi } from '#cli/commands/predict.ts';
import { replayMonth } from '#cli/commands/stream/replay.ts';
import { predictions } from '#cli/commands/stream/tail.ts';
import { connect, type Deployment } from '#cli/context.ts';
import type { FinishedRun } from '#cli/view/train-summary.ts';
import { systemClock } from '#clock.ts';
import type { FunctionName } from '#lib/config/functions.ts';
import { functionName } from '#lib/config/names.ts';
import { batchAnswerSchema } from '#serving/batch-request.ts';
import { openApiDocument } from '#serving/openapi.ts';
import { pipelinesSchema } from '#serving/pipelines.ts';
import { championAnswerSchema, historyAnswerSchema, monthsAnswerSchema } from '#serving/records.ts';
import { streamNowSchema } from '#serving/stream-now.ts';
import { CLONE, SWAGGER_PACKAGE } from '#setup/paths.mjs';
import { parseS3Uri } from '#storage/layout.ts';
import { sha256 } from '#storage/sha256.ts';
import type { PredictionRecord } from '#streaming/prediction-record.ts';
import { publish } from '#streaming/publish.ts';
import { trainingOutcomeSchema } from '#training/training-job.ts';
import { parseMonth, parseMonths } from '#trips/month.ts';
import { deployChanged, eventSource, publishFrom } from '../support/deployed.ts';
import { silentTerminal } from '../support/silent-terminal.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { readRows, realMonth } from '../support/tlc-files.ts';

const TLC = join(realMonth('2023-04'), '..');
const APRIL = parseMonth('2023-04');
const terminal = silentTerminal();
let to: Deployment;
let run: FinishedRun;
/** The execution that made it. */
let training: string;

const EARLY = {
  ride: { PULocationID: 130, DOLocationID: 205, trip_distance: 3.66 },
  ride_id: 'sent before any champion',
};
const LATER = 'sent after a deploy';

beforeAll(async () => {
  to = await connect('dev');
  await send([JSON.stringify(EARLY)]);
  await ingestMonths(to, parseMonths('2022-02,2023-03..2023-04'), { taxiType: 'green', source: TLC }, terminal);
  await systemClock.sleep(1000); // the emulator asks the stream each second
  run = await trainedAlone();
});

describe('a model trained and promoted in the environment', () => {
  test('has the published figures', () => {
    const { train, validation, intercept } = run.card;
    expect(validation.rmse).toBeCloseTo(6.2212029, 6);
    expect(intercept).toBeCloseTo(25.0494625, 6);
    expect([train.rows, train.features, train.stored]).toEqual([69_392, 6053, 138_784]);
    expect([validation.rows, validation.stored]).toEqual([62_979, 122_674]);
  });

  test('is the champion, and scores the events that waited for one', async () => {
    expect((await to.registry.champion('green'))?.pointer.run_id).toBe(run.card.run_id);
    const [early] = await somePredictions(({ prediction }) => prediction.ride_id === EARLY.ride_id, 1);
    expect(early).toMatchObject({
      version: run.card.run_id,
      model: 'ride_duration_prediction_model',
      source: 'stream',
    });
  });

  test('is still served after a deploy that changes how the stream is read', async () => {
    await deployChanged('AWS::Lambda::EventSourceMapping', { BatchSize: 499 });
    expect(await eventSource(to)).toMatchObject({ State: 'Enabled', BatchSize: 499 });
    await send([JSON.stringify({ ...EARLY, ride_id: LATER })]);
    const [later] = await somePredictions(({ prediction }) => prediction.ride_id === LATER, 1);
    expect(later?.version).toBe(run.card.run_id);
  });

  test.each(['stream-score', 'predict', 'score'] as const)(
    'answers its golden rides in %s as when it was trained',
    async (name) => {
      const answer = await invokeFunction(functionName('dev', name), { check: 'golden-rides' });
      expect(answer).toMatchObject({ run_id: run.card.run_id });
      const { checked, max_difference } = answer as { checked: number; max_difference: number };
      expect(checked).toBeGreaterThan(400);
      expect(max_difference).toBeLessThanOrEqual(1e-4);
    },
  );
});

describe('the monthly state machine', () => {
  const options = { taxiType: 'green', force: false, all: false } as const;

  test('scores 2023-04 as if today were May 15, and leaves a receipt that accounts for every row', async () => {
    const outcome = await runMonth(to, { ...options, date: '2023-05-15' }, terminal);
    expect(outcome).toMatchObject({ month: '2023-04', status: 'scored', rows_in: 65_392, rows_scored: 62_979 });
    expect(outcome).toMatchObject({ evaluation: 'after-training' });
    expect(outcome.rmse).toBeCloseTo(6.2212029, 6);
    const receipt = receiptSchema.parse(JSON.parse(await textAt(outcome.receipt)));
    const rejected = Object.values(receipt.rows.rejected).reduce((sum, rows) => sum + rows, 0);
    expect(receipt.rows.scored + rejected).toBe(receipt.rows.in);
    expect(
      JSON.parse(await textAt(`s3://${to.data.bucket}/current/taxi_type=green/year=2023/month=04/current.json`)),
    ).toMatchObject({
      run_id: run.card.run_id,
      sha256: receipt.output.sha256,
    });
  });

  test('does nothing the second time, and says what it found', async () => {
    const outcome = await runMonth(to, { ...options, month: APRIL }, terminal);
    expect(outcome).toMatchObject({ status: 'unchanged', rows_scored: 62_979 });
  });

  test('gives up on a month that is never published, with a notice', async () => {
    await publishFrom(TLC);
    const outcome = await runMonth(to, { ...options, month: parseMonth('2024-01') }, terminal);
    expect(outcome).toMatchObject({
      status: 'not-published',
      note: expect.stringContaining('green_tripdata_2024-01.parquet'),
    });
  });

  test('fails with the reason when its input makes no sense', async () => {
    await expect(runMonth(to, { ...options, date: '2023-02-30' }, terminal)).rejects.toThrow(
      'date is "2023-02-30" (a day, YYYY-MM-DD)',
    );
  });
});

describe('the backfill state machine', () => {
  test('ingests what is missing, scores every month, and does not stop at a bad one', async () => {
    await publishFrom(TLC);
    const range = { from: parseMonth('2022-01'), to: parseMonth('2022-03') };
    const months = await runBackfill(
      to,
      { taxiType: 'green', ...range, maxConcurrency: 2, force: false, all: false },
      terminal,
    );
    expect(months.map(({ month, status }) => `${month} ${status}`)).toEqual([
      '2022-01 not-published',
      '2022-02 scored',
      '2022-03 scored',
    ]);
    expect(months.map(({ evaluation }) => evaluation)).toEqual([null, 'before-training', 'before-training']);
  });
});

describe('the stream', () => {
  const BAD = [
    '{"ride": {',
    '{"ride":{"PULocationID":"130","DOLocationID":205,"trip_distance":1},"ride_id":"bad-1"}',
    '{"ride":{"PULocationID":130,"DOLocationID":266,"trip_distance":1},"ride_id":"bad-2"}',
    '{"ride":{"PULocationID":130,"DOLocationID":205,"trip_distance":-1},"ride_id":"bad-3"}',
    '{"ride":{"PULocationID":130,"DOLocationID":205,"trip_distance":NaN},"ride_id":"bad-4"}',
  ];

  test('predicts each of 2,000 real rides once, as the batch does, and quarantines five bad records with reasons', async () => {
    await send(BAD);
    expect(await replayMonth(to, { taxiType: 'green', month: APRIL, limit: 2000 }, terminal)).toBe(2000);

    const seen = await somePredictions(({ prediction }) => String(prediction.ride_id).startsWith('2023/04_'), 2000);
    const batch = new Map((await batchOutput()).map((row) => [row.ride_id, row]));
    for (const { prediction } of seen) {
      const ride = batch.get(prediction.ride_id);
      expect(Math.fround(prediction.ride_duration)).toBe(ride?.predicted_duration);
      expect(prediction.interval.map(Math.fround)).toEqual([ride?.interval_low, ride?.interval_high]);
    }
    expect(new Set(seen.map(({ prediction_id }) => prediction_id)).size).toBe(2000);
    expect(new Set(seen.map(({ prediction }) => prediction.ride_id)).size).toBe(2000);
    expect((await quarantined(5)).map(({ reason }) => reason).sort()).toEqual([
      'not-json',
      'not-json',
      'out-of-range',
      'out-of-range',
      'wrong-type',
    ]);
  });
});

describe('the log of the stream', () => {
  test('counts every record once, as metrics', async () => {
    const metrics = (await logged('stream-score')).flatMap((line) =>
      line.startsWith('{"_aws"') ? [JSON.parse(line)] : [],
    );
    const sum = (name: string) => metrics.reduce((total, metric) => total + Number(metric[name] ?? 0), 0);
    expect(['RecordsIn', 'RecordsScored', 'RecordsQuarantined', 'RecordsFailed'].map(sum)).toEqual([2007, 2002, 5, 0]);
  });
});

describe('the predict API', () => {
  const apiUrl = () => to.apiUrl ?? expect.fail('There is none.');

  test('answers a ride as the batch does', async () => {
    const [ride] = (await batchOutput()).slice(0, 1);
    const pickup = new Date(String(ride?.lpep_pickup_datetime)).toISOString().slice(0, 19);
    const answer = await askApi(apiUrl(), {
      PULocationID: Number(ride?.PULocationID),
      DOLocationID: Number(ride?.DOLocationID),
      trip_distance: Number(ride?.trip_distance),
      pickup_datetime: pickup,
    });
    expect(Math.fround(answer.predicted_duration)).toBe(ride?.predicted_duration);
    expect(answer).toMatchObject({
      pickup_datetime_used: pickup,
      model_version: run.card.run_id,
      distance_source: 'given',
    });
  });

  test('names the invalid field', async () => {
    const asked = askApi(apiUrl(), { PULocationID: 0, DOLocationID: 205 });
    await expect(asked).rejects.toThrow(/422.*PULocationID/s);
  });

  test('reports that it is healthy', async () => {
    const health = await fetch(`${apiUrl()}/health`);
    expect(health.status).toBe(200);
    expect(await health.json()).toMatchObject({ status: 'ok', model_version: run.card.run_id });
  });

  test('tells what is on record, describes itself, and has a page for that', async () => {
    const get = async (path: string) => {
      const response = await fetch(`${apiUrl()}${path}`);
      expect(response.status, path).toBe(200);
      return response;
    };
    const champion = championAnswerSchema.parse(await (await get('/models/champion')).json());
    expect(champion).toMatchObject({ run_id: run.card.run_id, promotion: { sequence: 1 } });
    expect(historyAnswerSchema.parse(await (await get('/models/history')).json()).promotions).toHaveLength(1);
    const { months } = monthsAnswerSchema.parse(await (await get('/months')).json());
    expect(months.find(({ run_id }) => run_id === run.card.run_id)?.rows_scored).toBeGreaterThan(0);
    expect(await (await get('/openapi.json')).json()).toEqual(JSON.parse(JSON.stringify(openApiDocument())));
    expect(await (await get('/docs')).text()).toContain('docs/swagger-ui-bundle.js');
    const script = await (await get('/docs/swagger-ui-bundle.js')).arrayBuffer();
    expect(Buffer.from(script).equals(readFileSync(join(SWAGGER_PACKAGE, 'swagger-ui-bundle.js')))).toBe(true);
  });

  test('serves the console, and the model that it runs', async () => {
    const page = await fetch(`${apiUrl()}/`);
    expect(page.headers.get('content-security-policy')).toContain("default-src 'none'");
    const assets = [...(await page.text()).matchAll(/"(assets\/[a-z]+-[0-9a-f]{12}\.[a-z]+)"/g)].map(
      ([, path]) => path,
    );
    expect(new Set(assets).size).toBe(5);
    for (const path of assets) expect((await fetch(`${apiUrl()}/${path}`)).status, path).toBe(200);
    const model = await fetch(`${apiUrl()}/models/${run.card.run_id}/model.onnx`);
    expect(sha256(new Uint8Array(await model.arrayBuffer()))).toBe(run.card.model.sha256);
  });

  test('answers a batch with one answer for each ride', async () => {
    const ride = { PULocationID: 130, DOLocationID: 205, ride_id: 'whole-system-batch' };
    const response = await fetch(`${apiUrl()}/predict/batch`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ rides: [ride, { ...ride, DOLocationID: 999 }, ride] }),
    });
    const { answers } = batchAnswerSchema.parse(await response.json());
    expect(answers.map(({ outcome }) => outcome)).toEqual(['predicted', 'refused', 'predicted']);
    expect(answers[0]).toMatchObject({ prediction_id: expect.stringMatching(/^api\/[0-9a-f-]{36}$/) });
    expect(answers[2]).toEqual(answers[0]);
  });
});

describe('the console', () => {
  const SHOWN = 'seen in the console';
  let sent: PredictionRecord | undefined;

  beforeAll(async () => {
    await send([JSON.stringify({ ...EARLY, ride_id: SHOWN })]);
    [sent] = await somePredictions(({ prediction }) => prediction.ride_id === SHOWN, 1);
  });

  const SERVERS: readonly (readonly [name: string, start: () => Promise<string>])[] = [
    ['the deployed function', async () => to.apiUrl ?? expect.fail('There is none.')],
    ['tripcast serve', () => started('serve')],
    ['tripcast console', () => started('console')],
  ];

  test.each(SERVERS)('of %s shows what came through the stream and how far executions got', async (_, start) => {
    const url = await start();
    const read = async (path: string) => {
      const response = await fetch(`${url}${path}`);
      expect(response.status, await response.clone().text()).toBe(200);
      return response.json();
    };
    const now = streamNowSchema.parse(await read('/stream/latest'));
    expect(now).toMatchObject({ waiting: 0, lag_seconds: 0, quarantined_last_hour: 5 });
    expect(now.latest.find(({ ride_id }) => ride_id === SHOWN)).toEqual({
      ride_id: SHOWN,
      minutes: sent?.prediction.ride_duration,
      interval: sent?.prediction.interval,
      predicted_at: sent?.predicted_at,
      model_version: run.card.run_id,
    });
    const { pipelines } = pipelinesSchema.parse(await read('/pipelines'));
    const last = Object.fromEntries(pipelines.map((each) => [each.name, each.last]));
    expect(last).toMatchObject({
      'monthly-batch': { status: 'failed', states: { Plan: 'failed', Failed: 'failed' } },
      backfill: { status: 'succeeded', states: { Plan: 'succeeded', EachMonth: 'succeeded', Summary: 'succeeded' } },
      training: { name: executionName(training), status: 'succeeded' },
      retraining: null,
    });
    expect(last.training?.states).toEqual(
      Object.fromEntries(
        ['Train', 'Gate', 'IsSound', 'Register', 'IsToBePromoted', 'Promote', 'Done'].map((state) => [
          state,
          'succeeded',
        ]),
      ),
    );
  });
});

/** The first champion, by the state machine alone, as when somebody starts it in the console: no command follows it. */
async function trainedAlone(): Promise<FinishedRun> {
  const input = { recipe: 'linear-pair', months: ['2023-03'], promote: true };
  training = await startExecution(to.output('TrainingArn'), input);
  const end = await followExecution(training, () => {});
  if (end.outcome === 'failed') throw new Error(`${end.error}: ${end.cause}`);
  const outcome = trainingOutcomeSchema.parse(end.output);
  const card = await to.registry.card(outcome.run_id);
  if (card === undefined || outcome.model === null) throw new Error(`Not registered: ${JSON.stringify(outcome)}`);
  return { card, model: outcome.model, outcome };
}

/** A command that serves until the test has finished. @returns its address */
async function started(command: 'serve' | 'console'): Promise<string> {
  const words = [join(CLONE, 'bin/tripcast.mjs'), command, '--port', '0', '--json'];
  const server = spawn(process.execPath, words, { stdio: ['ignore', 'pipe', 'inherit'] });
  onTestFinished(() => void server.kill('SIGKILL'));
  const [line = ''] = await once(createInterface({ input: server.stdout }), 'line');
  return z.object({ url: z.url() }).parse(JSON.parse(line)).url;
}

async function textAt(uri: string | null): Promise<string> {
  const key = parseS3Uri(uri ?? '')?.key ?? '';
  const found = await to.data.get(key);
  if (found === undefined) throw new Error(`There is no ${uri}.`);
  return new TextDecoder().decode(found.body);
}

async function batchOutput(): Promise<Record<string, unknown>[]> {
  const path = join(temporaryFolder(), 'output.parquet');
  await to.data.download(`predictions/taxi_type=green/year=2023/month=04/${run.card.run_id}.parquet`, path);
  return readRows(path);
}

/** Puts events on the stream as they are. */
async function send(texts: readonly string[]): Promise<void> {
  const entries = texts.map((text, i) => ({ data: new TextEncoder().encode(text), partitionKey: String(i) }));
  const sink = kinesisSink(to.output('EventsStreamName'));
  expect(await publish(sink, entries, { clock: systemClock, deadline: Date.now() + 10_000 })).toEqual([]);
}

/** Such predictions of the stream; one more than `count` would be found too, since a quiet second ends the read. */
async function somePredictions(
  wanted: (record: PredictionRecord) => boolean,
  count: number,
): Promise<readonly PredictionRecord[]> {
  const found: PredictionRecord[] = [];
  const stop = new AbortController();
  const giveUp = setTimeout(() => stop.abort(), 60_000);
  for await (const record of predictions(to, 'oldest', stop.signal)) {
    if (!wanted(record)) continue;
    found.push(record);
    if (found.length === count) setTimeout(() => stop.abort(), 1000);
  }
  clearTimeout(giveUp);
  return found;
}

async function logged(name: FunctionName): Promise<readonly string[]> {
  const lines = await Array.fromAsync(logLines(`/aws/lambda/${functionName('dev', name)}`, { since: new Date(0) }));
  return lines.map(({ text }) => text);
}

async function quarantined(count: number): Promise<readonly { readonly reason: string }[]> {
  const deadline = Date.now() + 20_000;
  for (;;) {
    const lines: { readonly reason: string }[] = [];
    for await (const { key } of to.data.list('quarantine/')) {
      const text = await textAt(`s3://${to.data.bucket}/${key}`);
      lines.push(
        ...text
          .trim()
          .split('\n')
          .map((line) => JSON.parse(line) as { reason: string }),
      );
    }
    if (lines.length >= count || Date.now() > deadline) return lines;
    await systemClock.sleep(200);
  }
}
