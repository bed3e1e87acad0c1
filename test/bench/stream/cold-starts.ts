/** A bundled handler in fresh processes, up to its first prediction. */
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { z } from 'zod';
import { CLONE, say } from '../side-by-side.ts';
import { serveModel } from './model-server.ts';

/** The functions that serve, and an event for each. */
const EVENTS = {
  'stream-score': join(CLONE, 'test/events/kinesis.json'),
  predict: join(import.meta.dirname, 'predict-event.json'),
} as const;
export type Serving = keyof typeof EVENTS;

const coldSchema = z.object({ boot: z.number(), import: z.number(), first: z.number(), total: z.number() });

export interface ColdStart extends z.infer<typeof coldSchema> {
  /** From the arrival of the first request to the end of the last response, as the bucket sees it. */
  readonly fetch: number;
  readonly without: number;
}

/**
 * Cold starts of a function, each in a process of its own, milliseconds.
 * @param functions the folder of bundled functions
 * @param models    the folder of the model that it fetches
 */
export async function coldStarts(
  functions: string,
  models: string,
  times: number,
  engine: 'auto' | 'onnxruntime' = 'auto',
  serving: Serving = 'stream-score',
): Promise<readonly ColdStart[]> {
  say(`cold starts of ${serving} with ${models.split('/').at(-1)}`);
  const server = await serveModel(models);
  const env = {
    PATH: process.env.PATH,
    NODE_PATH: join(CLONE, 'node_modules'),
    AWS_ENDPOINT_URL: server.url,
    AWS_REGION: 'us-east-1',
    AWS_ACCESS_KEY_ID: 'test',
    AWS_SECRET_ACCESS_KEY: 'test',
    MODEL_BUCKET: 'models',
    MODEL_EXPERIMENT: 'bench',
    REGISTERED_MODEL_GREEN: 'green',
    REGISTERED_MODEL_YELLOW: 'yellow',
    SERVED_TAXI_TYPE: 'green',
    SCORING_ENGINE: engine,
    PROFILE_SECONDS: '',
    MODEL_REFRESH_SECONDS: '60',
    RUN_ID: '0123456789abcdef0123456789abcdef',
    MODEL_LOCATION: 's3://models/model/model.onnx',
    DATA_BUCKET: 'data',
    PREDICTIONS_STREAM_NAME: 'predictions',
    LIVE_VIEWS: '',
    TEST_RUN: 'true',
    CODE_VERSION: 'bench',
    POWERTOOLS_SERVICE_NAME: serving,
    POWERTOOLS_METRICS_NAMESPACE: 'tripcast',
  };
  const starts: ColdStart[] = [];
  for (let i = 0; i < times; i++) {
    const args = [join(import.meta.dirname, 'cold-start.cjs'), join(functions, serving, 'index.js'), EVENTS[serving]];
    // The server answers from this process, so this must not block.
    const { stdout } = await promisify(execFile)(process.execPath, args, { env });
    const start = coldSchema.parse(JSON.parse(stdout.trim().split('\n').at(-1) ?? ''));
    const fetch = server.fetchMilliseconds();
    starts.push({ ...start, fetch, without: start.total - fetch });
  }
  server.close();
  return starts;
}
