import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  GetFunctionConfigurationCommand,
  LambdaClient,
  UpdateFunctionConfigurationCommand,
} from '@aws-sdk/client-lambda';
import { DeleteObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { DuckDB } from '#adapters/duckdb.ts';
import { invokeFunction } from '#adapters/lambda.ts';
import { loadScorer } from '#adapters/onnxruntime.ts';
import { S3Store, s3Client } from '#adapters/s3.ts';
import { currentSchema } from '#batch/current.ts';
import { type MonthJob, monthOutcomeSchema } from '#batch/outcome.ts';
import { receiptSchema } from '#batch/receipts.ts';
import { scoreMonth } from '#batch/score-month.ts';
import { runMonth } from '#cli/commands/batch.ts';
import { connect, type Deployment } from '#cli/context.ts';
import { systemClock } from '#clock.ts';
import { functionName } from '#lib/config/names.ts';
import { loadRun } from '#registry/load-run.ts';
import { dataKeys, modelKeys, parseS3Uri } from '#storage/layout.ts';
import type { RunId } from '#storage/run-id.ts';
import { sha256 } from '#storage/sha256.ts';
import { type Month, parseMonth } from '#trips/month.ts';
import { registerRun } from '../support/deployed.ts';
import { type Fault, faultyS3 } from '../support/faulty-s3.ts';
import { silentTerminal } from '../support/silent-terminal.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { readRows, realMonth, type TestRide, writeMonth } from '../support/tlc-files.ts';

const terminal = silentTerminal();
const lambda = new LambdaClient({});
let to: Deployment;
let run: RunId;

beforeAll(async () => {
  to = await connect('dev');
  run = await registerRun(to);
});

afterAll(() => lambda.destroy());

const jobOf = (month: Month, run_id = run): MonthJob => ({
  taxi_type: 'green',
  month,
  run_id,
  force: false,
  all: false,
});

/** By the deployed function, as the state machine calls it. */
const scoreDeployed = async (job: MonthJob) =>
  monthOutcomeSchema.parse(await invokeFunction(functionName('dev', 'score'), job));

/** By the function's code, in this process, through a client that may fail. */
async function scoreThrough(client: S3Client, job: MonthJob) {
  const data = new S3Store(to.data.bucket, client);
  const workFolder = temporaryFolder();
  await using database = await DuckDB.open({ tempDirectory: workFolder });
  return await scoreMonth(job, {
    data,
    storeOf: () => data,
    loadModel: () => loadRun(to.registry, job.run_id, loadScorer),
    database,
    workFolder,
    codeVersion: 'test',
    engines: {},
    clock: systemClock,
  });
}

/** Puts a month into the bucket that no other test knows. */
async function aMonth(month: string, bytes: Uint8Array): Promise<Month> {
  const parsed = parseMonth(month);
  await to.data.put(dataKeys.raw('green', parsed), bytes);
  return parsed;
}

async function ridesFile(rides: readonly TestRide[], columns: Readonly<Record<string, string | null>> = {}) {
  const path = join(temporaryFolder(), 'month.parquet');
  await writeMonth(path, rides, columns);
  return readFile(path);
}

const namesUnder = async (prefix: string) => (await Array.fromAsync(to.data.list(prefix))).map(({ key }) => key);
const outputsOf = (month: Month) => namesUnder(dataKeys.predictions('green', month, run).replace(/[^/]*$/, ''));
const receiptsOf = (month: Month) => namesUnder(dataKeys.receipts('green', month, run));

async function bytesAt(key: string): Promise<Uint8Array> {
  const found = await to.data.get(key);
  return found?.body ?? expect.fail(`There is no ${key}`);
}
const textAt = async (key: string) => new TextDecoder().decode(await bytesAt(key));

/** Whole outputs alone are seen, whatever happened on the way: each is Parquet to its last row. */
async function expectWholeOutputs(month: Month): Promise<void> {
  for (const key of await outputsOf(month)) {
    const path = join(temporaryFolder(), 'output.parquet');
    await to.data.download(key, path);
    const [{ n } = { n: 0 }] = await readRows(path, 'count(model_version)::INT AS n');
    expect(n).toBe(2);
  }
}

/** One output, one receipt that speaks of it, and a pointer to both. */
async function expectScoredOnce(month: Month): Promise<void> {
  const [outputs, receipts] = [await outputsOf(month), await receiptsOf(month)];
  expect([outputs.length, receipts.length]).toEqual([1, 1]);
  const receipt = receiptSchema.parse(JSON.parse(await textAt(receipts[0] ?? '')));
  const current = currentSchema.parse(JSON.parse(await textAt(dataKeys.current('green', month))));
  expect(parseS3Uri(receipt.output.uri)?.key).toBe(outputs[0]);
  expect(receipt.output.sha256).toBe(sha256(await bytesAt(outputs[0] ?? '')));
  expect(current).toMatchObject({ key: outputs[0], receipt: receipts[0], sha256: receipt.output.sha256 });
}

const TWO_OF_THREE: readonly TestRide[] = [{ minutes: 12 }, { minutes: 25 }, { minutes: 0.2 }];

describe('S3 that fails', () => {
  test('from any call on leaves no partial output, and the next run completes the month', async () => {
    const bytes = await ridesFile(TWO_OF_THREE);
    const statuses: string[] = [];
    for (let nth = 1; statuses.at(-1) !== 'not once'; nth++) {
      const month = await aMonth(`2030-${String(nth).padStart(2, '0')}`, bytes);
      const s3 = await faultyS3(to.data.bucket, (call) => (call >= nth ? 'down' : undefined));
      const outcome = await scoreThrough(s3.client(1), jobOf(month)).catch(() => undefined);
      await expectWholeOutputs(month);
      const again = await scoreThrough(s3Client(), jobOf(month));
      await expectScoredOnce(month);
      statuses.push(outcome === undefined ? again.status : 'not once');
    }
    // raw, receipt, other receipts, output, schema report, output, receipt; then the pointer, read and written
    expect(statuses).toEqual([...Array(7).fill('scored'), 'unchanged', 'unchanged', 'not once']);
  });

  test.each(['receipts/', 'current/'])('to answer after writing to %s still scores the month once', async (prefix) => {
    const month = await aMonth(prefix === 'receipts/' ? '2041-01' : '2041-02', await ridesFile(TWO_OF_THREE));
    let lost = 0;
    const late = (_: number, call: string): Fault =>
      call.startsWith(`PUT ${prefix}`) && lost++ === 0 ? 'late' : undefined;
    const s3 = await faultyS3(to.data.bucket, late);
    expect(await scoreThrough(s3.client(3), jobOf(month))).toMatchObject({ status: 'scored', rows_scored: 2 });
    expect(s3.calls.filter((call) => call.startsWith(`PUT ${prefix}`))).toHaveLength(2);
    await expectScoredOnce(month);
  });

  test('to answer after storing the output fails the run, and the next one completes it', async () => {
    const month = await aMonth('2041-03', await ridesFile(TWO_OF_THREE));
    const s3 = await faultyS3(to.data.bucket, (_, call) => (call.startsWith('PUT predictions/') ? 'late' : undefined));
    await expect(scoreThrough(s3.client(3), jobOf(month))).rejects.toThrow();
    expect([await outputsOf(month), await receiptsOf(month)]).toMatchObject([{ length: 1 }, { length: 0 }]);
    expect(await scoreDeployed(jobOf(month))).toMatchObject({ status: 'scored' });
    await expectScoredOnce(month);
  });

  test('two simultaneous executions score a month once, and the loser names the winner', async () => {
    const month = await aMonth('2041-04', await ridesFile(TWO_OF_THREE));
    const outcomes = await Promise.all([scoreDeployed(jobOf(month)), scoreThrough(s3Client(), jobOf(month))]);
    expect(outcomes.map(({ status }) => status).sort()).toEqual(['scored', 'unchanged']);
    await expectScoredOnce(month);
  });
});

describe('a raw file that cannot be scored is refused, with a report next to the file', () => {
  const cut = async () => (await readFile(realMonth('2023-04'))).subarray(0, 700_000);
  const badFooter = async () => {
    const month = await readFile(realMonth('2023-04'));
    return month.fill('?', month.length - 3000, month.length - 8);
  };
  test.each([
    ['a truncated file', '2042-01', cut],
    ['an error page', '2042-02', async () => Buffer.from('<html><body>403 Forbidden</body></html>')],
    ['an empty file', '2042-03', async () => new Uint8Array()],
    ['a bad footer', '2042-04', badFooter],
    ['a file without distances', '2042-05', () => ridesFile(TWO_OF_THREE, { trip_distance: null })],
    ['no time of pickup', '2042-07', () => ridesFile(TWO_OF_THREE, { lpep_pickup_datetime: 'NULL::TIMESTAMP' })],
  ])('%s', async (_, name, bytes) => {
    const month = await aMonth(name, await bytes());
    const outcome = await scoreDeployed(jobOf(month));
    expect(outcome).toMatchObject({ status: 'refused', schema: { decision: 'refuse' } });
    expect(JSON.parse(await textAt(dataKeys.rawSchema('green', month)))).toMatchObject({ decision: 'refuse' });
    expect([await outputsOf(month), await receiptsOf(month)]).toEqual([[], []]);
  });

  test('one without a ride that can be scored, and the outcome counts the reasons', async () => {
    const month = await aMonth('2042-06', await ridesFile([{ minutes: 0.2 }, { minutes: 90 }]));
    expect(await scoreDeployed(jobOf(month))).toMatchObject({
      status: 'refused',
      note: 'None of its 2 rides can be scored: 1 duration-below-1, 1 duration-above-60',
    });
    expect([await outputsOf(month), await receiptsOf(month)]).toEqual([[], []]);
  });
});

test('a missing model fails the month, is named, and nothing is written', async () => {
  const month = await aMonth('2043-01', await ridesFile(TWO_OF_THREE));
  const gone = await registerRun(to);
  await s3Client().send(
    new DeleteObjectCommand({
      Bucket: to.output('ModelBucketName'),
      Key: modelKeys.file('nyc-taxi-experiment', gone, 'model.onnx'),
    }),
  );
  await expect(scoreDeployed(jobOf(month, gone))).rejects.toThrow(gone);
  expect(await namesUnder(dataKeys.predictions('green', month, gone))).toEqual([]);
});

test('a function that times out right after writing its output is completed by the next run', async () => {
  const month = await aMonth('2043-02', await ridesFile(TWO_OF_THREE));
  const s3 = await faultyS3(to.data.bucket, (_, call) => (call.startsWith('PUT predictions/') ? 'silent' : undefined));
  const asItWas = await changeFunction({ Timeout: 3, endpoint: s3.endpoint });
  try {
    await expect(scoreDeployed(jobOf(month))).rejects.toThrow(/timed out/i);
  } finally {
    await asItWas();
  }
  expect([await outputsOf(month), await receiptsOf(month)]).toMatchObject([{ length: 1 }, { length: 0 }]);
  const options = { taxiType: 'green', force: false, all: false, runId: run, month } as const;
  expect(await runMonth(to, options, terminal)).toMatchObject({ status: 'scored', rows_scored: 2 });
  await expectScoredOnce(month);
});

/** Gives the deployed scorer little time and another S3. @returns what undoes it */
async function changeFunction({ Timeout, endpoint }: { readonly Timeout: number; readonly endpoint: string }) {
  const FunctionName = functionName('dev', 'score');
  const before = await lambda.send(new GetFunctionConfigurationCommand({ FunctionName }));
  const Variables = { ...before.Environment?.Variables, AWS_ENDPOINT_URL_S3: endpoint };
  await lambda.send(new UpdateFunctionConfigurationCommand({ FunctionName, Timeout, Environment: { Variables } }));
  const { Timeout: time, Environment } = before;
  return () => lambda.send(new UpdateFunctionConfigurationCommand({ FunctionName, Timeout: time, Environment }));
}
