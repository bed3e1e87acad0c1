import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import {
  GetFunctionConfigurationCommand,
  LambdaClient,
  UpdateFunctionConfigurationCommand,
} from '@aws-sdk/client-lambda';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { readStream } from '#adapters/kinesis.ts';
import { connect, type Deployment } from '#cli/context.ts';
import { functionName } from '#lib/config/names.ts';
import { CHECKS_PYTHON, CLONE } from '#setup/paths.mjs';
import type { RunId } from '#storage/run-id.ts';
import { predictionRecordSchema } from '#streaming/prediction-record.ts';
import { aGreenChampion } from '../support/a-champion.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const run = promisify(execFile);
const EVENT = join(CLONE, 'test/events/kinesis.json');
const FunctionName = functionName('dev', 'stream-score');
const lambda = new LambdaClient({});

/** Just these two keys. */
const answerSchema = z.strictObject({
  predictions: z.array(predictionRecordSchema),
  batchItemFailures: z.array(z.unknown()),
});
type Answer = z.infer<typeof answerSchema>;

let to: Deployment;
let champion: RunId;

beforeAll(async () => {
  to = await connect('dev');
  champion = await aGreenChampion(to);
});

afterAll(() => lambda.destroy());

/** The AWS CLI itself; by its module, since the first line of a script breaks in a path with a space. */
async function invokedByAws(): Promise<Answer> {
  const out = join(temporaryFolder(), 'out.json');
  const command = ['lambda', 'invoke', '--function-name', FunctionName, '--payload', `fileb://${EVENT}`, out];
  await run(CHECKS_PYTHON, ['-m', 'awscli', ...command]);
  return answerSchema.parse(JSON.parse(await readFile(out, 'utf8')));
}

async function invokedByTripcast(): Promise<Answer> {
  const { stdout } = await run(process.execPath, [
    join(CLONE, 'bin/tripcast.mjs'),
    'invoke',
    'stream-score',
    EVENT,
    '--json',
  ]);
  return answerSchema.parse(JSON.parse(stdout));
}

describe.each([
  ['aws lambda invoke', invokedByAws],
  ['tripcast invoke', invokedByTripcast],
])('%s', (_, invoked) => {
  test("prints only the function's answer", async () => {
    const { predictions, batchItemFailures } = await invoked();
    expect(batchItemFailures).toEqual([]);
    expect(
      predictions.map(({ version, prediction }) => [version, prediction.ride_id, prediction.distance_source]),
    ).toEqual([
      [champion, 156, 'given'],
      [champion, '2023/04_1', 'given'],
      [champion, 'no-distance-yet', 'typical'],
    ]);
  });
});

test('a test run gives the same predictions, and publishes nothing', async () => {
  const from = new Date();
  const before = await variables();
  await configure({ ...before, TEST_RUN: 'true' });
  const tested = await invokedByTripcast().finally(() => configure(before));
  const usual = await invokedByTripcast();
  const minutes = ({ predictions }: Answer) => predictions.map(({ prediction }) => prediction);
  expect(minutes(tested)).toEqual(minutes(usual));
  // All copies, since by prediction_id the two runs are the same.
  const times = await publishedTimes(from);
  expect(times.filter((time) => time === usual.predictions[0]?.predicted_at)).toHaveLength(3);
  expect(times).not.toContain(tested.predictions[0]?.predicted_at);
});

async function variables(): Promise<Record<string, string>> {
  const { Environment } = await lambda.send(new GetFunctionConfigurationCommand({ FunctionName }));
  return Environment?.Variables ?? {};
}

async function configure(Variables: Record<string, string>): Promise<void> {
  await lambda.send(new UpdateFunctionConfigurationCommand({ FunctionName, Environment: { Variables } }));
}

/** When each record of the predictions stream was made that arrived since. */
async function publishedTimes(from: Date): Promise<readonly string[]> {
  const times: string[] = [];
  const signal = AbortSignal.timeout(3000);
  for await (const { data } of readStream(to.output('PredictionsStreamName'), { from, signal })) {
    times.push(predictionRecordSchema.parse(JSON.parse(new TextDecoder().decode(data))).predicted_at);
  }
  return times;
}
