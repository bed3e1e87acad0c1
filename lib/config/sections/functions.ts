import { z } from 'zod';
import type { FunctionName, LiveFunctionName } from '../functions.ts';
import { positive } from '../values.ts';

const functionSize = z.strictObject({
  memoryMb: z.int().min(128).max(10_240),
  timeoutSeconds: z.int().min(1).max(900),
  storageMb: z.int().min(512).max(10_240).describe('/tmp'),
});

export const functions = z.strictObject({
  'stream-score': functionSize,
  predict: functionSize,
  plan: functionSize,
  ingest: functionSize,
  score: functionSize,
  monitor: functionSize,
  'check-month': functionSize,
  train: functionSize,
  gate: functionSize,
  register: functionSize,
  promote: functionSize,
  retrain: functionSize,
  'check-rollout': functionSize,
} satisfies Record<FunctionName, typeof functionSize>);

export const reservedConcurrency = z
  .strictObject({ 'stream-score': positive.nullable(), predict: positive.nullable() } satisfies Record<
    LiveFunctionName,
    unknown
  >)
  .describe('concurrent calls set aside for this function; null = none. `tripcast doctor` checks it against the quota');
