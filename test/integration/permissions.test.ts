import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  CreateFunctionCommand,
  DeleteFunctionCommand,
  GetFunctionConfigurationCommand,
  LambdaClient,
} from '@aws-sdk/client-lambda';
import { build } from 'esbuild';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { invokeFunction } from '#adapters/lambda.ts';
import { connect, type Deployment } from '#cli/context.ts';
import { FUNCTIONS, type FunctionName } from '#lib/config/functions.ts';
import { functionName } from '#lib/config/names.ts';
import { writeStoredZip } from '#packaging/stored-zip.ts';

// The emulator enforces IAM (AUTH=true). A probe runs under a deployed function's own role and tries what it is told to.

/** Tries one operation on S3 or Kinesis. A missing object is allowed to be read: what counts is whether IAM says no. */
const PROBE = `
  import { GetObjectCommand, PutObjectCommand, ListObjectsV2Command, DeleteObjectCommand, S3Client } from '@aws-sdk/client-s3';
  import { KinesisClient, PutRecordCommand } from '@aws-sdk/client-kinesis';
  import { NodeHttpHandler } from '@smithy/node-http-handler';
  const s3 = new S3Client({});
  const kinesis = new KinesisClient({ requestHandler: new NodeHttpHandler() });
  const operations = {
    get: ({ bucket, key }) => s3.send(new GetObjectCommand({ Bucket: bucket, Key: key })),
    put: ({ bucket, key }) => s3.send(new PutObjectCommand({ Bucket: bucket, Key: key, Body: 'probe' })),
    delete: ({ bucket, key }) => s3.send(new DeleteObjectCommand({ Bucket: bucket, Key: key })),
    list: ({ bucket, key }) => s3.send(new ListObjectsV2Command({ Bucket: bucket, Prefix: key || undefined })),
    putRecord: ({ stream }) => kinesis.send(new PutRecordCommand({ StreamName: stream, PartitionKey: 'p', Data: Buffer.from('probe') })),
  };
  export async function handler(what) {
    try {
      await operations[what.operation](what);
      return 'allowed';
    } catch (error) {
      if (error.name === 'NoSuchKey') return 'allowed';
      if (error.name.startsWith('AccessDenied')) return 'denied';
      throw error;
    }
  }`;

const lambda = new LambdaClient({});
const probed = FUNCTIONS;
const probeOf = (name: FunctionName) => `probe-${name}`;
let to: Deployment;

beforeAll(async () => {
  to = await connect('dev');
  const folder = await mkdtemp(join(tmpdir(), 'tripcast-probe-'));
  const index = join(folder, 'index.js');
  const bundled = await build({
    stdin: { contents: PROBE, resolveDir: import.meta.dirname },
    bundle: true,
    platform: 'node',
    format: 'cjs',
    write: false,
  });
  await writeFile(index, bundled.outputFiles[0]?.contents ?? '');
  await writeStoredZip(join(folder, 'probe.zip'), [{ path: 'index.js', file: index }]);
  const ZipFile = await readFile(join(folder, 'probe.zip'));
  await rm(folder, { recursive: true });
  for (const name of probed) {
    const { Role, Runtime } = await lambda.send(
      new GetFunctionConfigurationCommand({ FunctionName: functionName('dev', name) }),
    );
    await lambda.send(
      new CreateFunctionCommand({
        FunctionName: probeOf(name),
        Role,
        Runtime,
        Handler: 'index.handler',
        Timeout: 30,
        Code: { ZipFile },
      }),
    );
  }
});

afterAll(async () => {
  for (const name of probed) await lambda.send(new DeleteFunctionCommand({ FunctionName: probeOf(name) }));
  lambda.destroy();
});

type Place = 'models' | 'data';
const MODEL = 'nyc-taxi-experiment/run/artifacts/model/model.onnx';
const ALIAS = 'aliases/ride_duration_prediction_model/champion.json';
const STAGED = 'staging/run/model.onnx';

describe('each function may do what its work needs, and no more', () => {
  test.each<[FunctionName, string, Place, string, 'allowed' | 'denied']>([
    ['stream-score', 'get', 'models', MODEL, 'allowed'],
    ['stream-score', 'get', 'models', ALIAS, 'allowed'],
    ['stream-score', 'put', 'models', MODEL, 'denied'],
    ['stream-score', 'get', 'data', 'raw/x', 'denied'],
    ['stream-score', 'put', 'data', 'quarantine/x', 'allowed'],
    ['stream-score', 'put', 'data', 'predictions/x', 'denied'],
    ['stream-score', 'get', 'data', 'quarantine/x', 'denied'],
    ['predict', 'get', 'models', ALIAS, 'allowed'],
    ['predict', 'put', 'models', MODEL, 'denied'],
    ['predict', 'put', 'models', ALIAS, 'denied'],
    ['predict', 'delete', 'models', MODEL, 'denied'],
    ['predict', 'get', 'data', 'raw/x', 'denied'],
    ['predict', 'get', 'data', 'receipts/x', 'allowed'],
    ['predict', 'put', 'data', 'receipts/x', 'denied'],
    ['predict', 'get', 'data', 'quarantine/x', 'allowed'], // it serves the console in dev
    ['predict', 'put', 'data', 'quarantine/x', 'denied'],
    ['plan', 'get', 'data', 'raw/x', 'allowed'],
    ['plan', 'put', 'data', 'raw/x', 'denied'],
    ['ingest', 'put', 'data', 'raw/x', 'allowed'],
    ['ingest', 'put', 'data', 'predictions/x', 'denied'],
    ['ingest', 'get', 'models', MODEL, 'denied'],
    ['score', 'get', 'data', 'raw/x', 'allowed'],
    ['score', 'put', 'data', 'raw/x', 'denied'],
    ['score', 'put', 'data', 'predictions/x', 'allowed'],
    ['score', 'put', 'data', 'receipts/x', 'allowed'],
    ['score', 'put', 'models', ALIAS, 'denied'],
    ['score', 'delete', 'data', 'predictions/x', 'denied'],
    ['monitor', 'get', 'data', 'raw/x', 'allowed'],
    ['monitor', 'get', 'data', 'predictions/x', 'allowed'],
    ['monitor', 'put', 'data', 'reports/x', 'allowed'],
    ['monitor', 'put', 'data', 'predictions/x', 'denied'],
    ['monitor', 'put', 'models', ALIAS, 'denied'],
    ['check-month', 'get', 'data', 'receipts/x', 'allowed'],
    ['check-month', 'get', 'data', 'raw/x', 'denied'],
    ['check-month', 'put', 'data', 'receipts/x', 'denied'],
    ['train', 'get', 'data', 'raw/x', 'allowed'],
    ['train', 'put', 'data', 'raw/x', 'denied'],
    ['train', 'put', 'models', STAGED, 'allowed'],
    ['train', 'put', 'models', MODEL, 'denied'],
    ['train', 'put', 'models', ALIAS, 'denied'],
    ['gate', 'get', 'data', 'raw/x', 'allowed'],
    ['gate', 'get', 'models', STAGED, 'allowed'],
    ['gate', 'get', 'models', MODEL, 'allowed'],
    ['gate', 'put', 'models', STAGED, 'denied'],
    ['gate', 'put', 'models', MODEL, 'denied'],
    ['gate', 'put', 'models', ALIAS, 'denied'],
    ['register', 'get', 'models', STAGED, 'allowed'],
    ['register', 'put', 'models', MODEL, 'allowed'],
    ['register', 'put', 'models', ALIAS, 'denied'],
    ['register', 'delete', 'models', MODEL, 'denied'],
    ['register', 'get', 'data', 'raw/x', 'denied'],
    ['promote', 'put', 'models', ALIAS, 'allowed'],
    ['promote', 'put', 'models', MODEL, 'denied'],
    ['promote', 'get', 'models', STAGED, 'denied'],
    ['promote', 'get', 'data', 'raw/x', 'denied'],
    ['retrain', 'get', 'data', 'raw/x', 'allowed'],
    ['retrain', 'get', 'models', MODEL, 'allowed'],
    ['retrain', 'get', 'models', STAGED, 'denied'],
    ['retrain', 'put', 'models', ALIAS, 'denied'],
    ['retrain', 'put', 'data', 'raw/x', 'denied'],
    ['predict', 'get', 'models', STAGED, 'denied'],
    ['plan', 'list', 'data', 'raw/', 'allowed'],
    ['plan', 'list', 'data', 'quarantine/', 'denied'],
    // A missing key is told apart from a forbidden one by asking without a prefix, and so is a list of all keys.
    ['plan', 'list', 'data', '', 'allowed'],
    ['ingest', 'list', 'models', '', 'denied'],
    ['check-rollout', 'get', 'models', ALIAS, 'allowed'],
    ['check-rollout', 'get', 'models', MODEL, 'denied'],
    ['check-rollout', 'put', 'models', ALIAS, 'denied'],
  ])('%s: %s in %s of %s is %s', async (name, operation, place, key, expected) => {
    const bucket = place === 'models' ? to.models.bucket : to.data.bucket;
    expect(await invokeFunction(probeOf(name), { operation, bucket, key })).toBe(expected);
  });

  test.each<[FunctionName, 'events' | 'predictions', 'allowed' | 'denied']>([
    ['stream-score', 'predictions', 'allowed'],
    ['stream-score', 'events', 'denied'],
    ['predict', 'predictions', 'allowed'],
    ['predict', 'events', 'denied'],
    ['score', 'predictions', 'denied'],
  ])('%s: writing to the %s stream is %s', async (name, which, expected) => {
    const stream = to.output(which === 'events' ? 'EventsStreamName' : 'PredictionsStreamName');
    expect(await invokeFunction(probeOf(name), { operation: 'putRecord', stream })).toBe(expected);
  });
});
