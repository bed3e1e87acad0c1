import { CloudFormationClient, DescribeStacksCommand } from '@aws-sdk/client-cloudformation';
import { ListObjectsV2Command, S3Client } from '@aws-sdk/client-s3';
import { beforeAll, expect, inject, test } from 'vitest';
import { loadConfig } from '#lib/config/load.ts';
import { bucketNames, OUTPUT_NAMES } from '#lib/config/names.ts';
import { devEnvironmentVariables, useVariables } from '#local/environment.ts';
import { changedClone } from './changed-clone.ts';
import { answerOf, answersOf, tripcast } from './tripcast.ts';

// The main job of tripcast on a fresh LocalStack, step by step, as a user runs it. The figures are those of README.md.

const endpointUrl = inject('localstackUrl');
const UP = `up --emulator localstack --endpoint ${endpointUrl}`;
const { data } = bucketNames(loadConfig('dev'), '000000000000');
const RIDES = 200;
/** The ride of docs/contracts.md, which is in test/events/kinesis.json, too. */
const ASKED = 'predict --pu 130 --do 205 --distance 3.66 --at 2023-04-03T08:30';
const MINUTES = 15.4215183;
/** The champion, once it is trained. */
let run: string;

beforeAll(() => useVariables(devEnvironmentVariables(endpointUrl)));

/** The keys of the data bucket, as LocalStack itself lists them. */
async function keys(Prefix: string): Promise<readonly string[]> {
  const { Contents = [] } = await new S3Client({}).send(new ListObjectsV2Command({ Bucket: data, Prefix }));
  return Contents.map(({ Key = '' }) => Key);
}

/** The stack's outputs, as LocalStack itself lists them. */
async function outputs(): Promise<readonly string[]> {
  const { Stacks: [stack] = [] } = await new CloudFormationClient({}).send(
    new DescribeStacksCommand({ StackName: 'tripcast-dev' }),
  );
  return (stack?.Outputs ?? []).map(({ OutputKey = '' }) => OutputKey);
}

test('up says first what LocalStack lacks, then deploys; `localhost` will do for its address', async () => {
  const { code, out, err } = await tripcast(UP.replace('127.0.0.1', 'localhost'));
  expect(code, err).toBe(0);
  expect(out).toMatch(
    /not run HTTP APIs.*no container images.*no layers.*schedules never fire.*EMF.*bisect.*Firehose.*stack deployed/s,
  );
  expect(out).toContain(endpointUrl);
  expect([...(await outputs())].sort()).toEqual([...OUTPUT_NAMES].sort());
});

test('status shows it', async () => {
  const status = await answerOf('status');
  expect(status).toMatchObject({ up: true, emulator: 'localstack', endpointUrl, version: '4.14.0', current: true });
  expect((await tripcast('status')).out).toMatch(
    /LocalStack +4\.14\.0.*tripcast-dev CREATE_COMPLETE.*MonthlyBatchArn/s,
  );
});

test('up again finds it deployed', async () => {
  expect(await answerOf('up --emulator localstack')).toMatchObject({ endpointUrl, deployed: false });
});

test('months are ingested', async () => {
  const found = await answerOf('ingest --from 2023-03 --to 2023-04 --source data/tlc');
  expect(found).toMatchObject({
    months: [
      { month: '2023-03', outcome: 'ingested', rows: 72_044 },
      { month: '2023-04', outcome: 'ingested', rows: 65_392 },
    ],
  });
  expect(await keys('raw/taxi_type=green/year=2023/month=04/')).toContain(
    'raw/taxi_type=green/year=2023/month=04/green_tripdata_2023-04.parquet',
  );
});

test('a model is trained, gated and promoted', async () => {
  const trained = await answerOf('train --recipe linear-pair --train 2023-03 --promote');
  expect(trained).toMatchObject({ validation: { rows: 62_979, rmse: expect.closeTo(6.2212029, 6) } });
  const { runs } = (await answerOf('models list')) as { runs: readonly { run_id: string; champion: boolean }[] };
  expect(runs).toMatchObject([{ recipe: 'linear-pair', gate: 'passed', champion: true }]);
  run = runs[0]?.run_id ?? '';
});

test('a month is scored once', async () => {
  const month = { month: '2023-04', rows_in: 65_392, rows_scored: 62_979, rmse: expect.closeTo(6.2212029, 6) };
  expect(await answerOf('batch --month 2023-04')).toMatchObject({ months: [{ ...month, status: 'scored' }] });
  expect(await answerOf('batch --month 2023-04')).toMatchObject({ months: [{ ...month, status: 'unchanged' }] });
  expect(await keys('predictions/')).toEqual([`predictions/taxi_type=green/year=2023/month=04/${run}.parquet`]);
});

test('past months are backfilled', async () => {
  await answerOf('ingest --from 2022-02 --to 2022-03 --source data/tlc');
  expect(await answerOf('backfill --from 2022-02 --to 2022-03')).toMatchObject({
    months: [
      { month: '2022-02', status: 'scored', rows_in: 69_399 },
      { month: '2022-03', status: 'scored', rows_in: 78_537 },
    ],
  });
  expect(await keys('current/')).toHaveLength(3);
});

interface Predicted {
  readonly version: string;
  readonly prediction: { readonly ride_id: string; readonly ride_duration: number };
}

test('rides are replayed, and each is predicted as in the batch', async () => {
  expect(await answerOf(`stream replay --month 2023-04 --limit ${RIDES}`)).toMatchObject({ sent: RIDES });
  const seen = (await answersOf(`stream tail --from-start --limit ${RIDES}`)) as readonly Predicted[];
  expect(new Set(seen.map(({ prediction }) => prediction.ride_id)).size).toBe(RIDES);
  expect(new Set(seen.map(({ version }) => version))).toEqual(new Set([run]));
  const first = seen.find(({ prediction }) => prediction.ride_id === '2023/04_0');
  const { prediction } = (await answerOf('explain 2023/04_0')) as { prediction: { ride_duration: number } };
  expect(Math.fround(first?.prediction.ride_duration ?? 0)).toBe(prediction.ride_duration);
});

test('predictions are archived', async () => {
  await expect.poll(() => keys('stream/'), { timeout: 30_000 }).not.toEqual([]);
});

test('a single ride is predicted, by the function of the API and by that of the stream', async () => {
  expect(await answerOf(ASKED)).toMatchObject({ predicted_duration: MINUTES, model_version: run });
  const { out } = await tripcast('invoke stream-score test/events/kinesis.json');
  expect(JSON.parse(out)).toMatchObject({
    predictions: [{ prediction: { ride_id: 156, ride_duration: MINUTES } }, {}, {}],
    batchItemFailures: [],
  });
});

test('the functions’ logs are read', async () => {
  expect((await tripcast('logs stream-score')).out).toMatch(/RecordsScored/);
});

test('changed code goes live, and the champion stays', async () => {
  const clone = changedClone('predict', "console.log('the second version');");
  expect((await answerOf('status', { clone })) as object).toMatchObject({ current: false });
  const { code, err } = await tripcast(UP, { clone });
  expect(code, err).toBe(0);
  expect([...(await outputs())].sort()).toEqual([...OUTPUT_NAMES].sort());
  expect(await answerOf('rollout --check')).toMatchObject({
    functions: [
      { function: 'stream-score', outcome: 'kept', live: 2 }, // it carries the code's version
      { function: 'predict', outcome: 'kept', live: 2 },
    ],
  });
  expect(await answerOf(ASKED)).toMatchObject({ predicted_duration: MINUTES, model_version: run });
  expect((await tripcast('logs predict')).out).toContain('the second version');
});

test('changed code is rolled back', async () => {
  expect(await answerOf('rollout --rollback --function predict')).toMatchObject({
    functions: [{ function: 'predict', outcome: 'moved-back', live: 1 }],
  });
  expect(await answerOf(ASKED)).toMatchObject({ predicted_duration: MINUTES });
});
