import { randomUUID } from 'node:crypto';
import { handle, type LambdaContext, type LambdaEvent } from 'hono/aws-lambda';
import { z } from 'zod';
import { flag, functionEnv } from '#adapters/function-env.ts';
import { kinesisSink } from '#adapters/kinesis.ts';
import { systemClock } from '#clock.ts';
import { goldenCheck, isGoldenCheck } from '#registry/golden-check.ts';
import { createApp } from '#serving/app.ts';
import { publisher } from '#serving/publisher.ts';
import { nowhere } from '#streaming/publish.ts';
import { modelName, servedModel } from '../served-model.ts';
import { addCount, logger, publishMetrics, reportRefreshFailed } from '../telemetry.ts';

const env = functionEnv(z.object({ PREDICTIONS_STREAM_NAME: z.string(), TEST_RUN: flag, CODE_VERSION: z.string() }));
const model = servedModel(reportRefreshFailed);
const app = createApp({
  model,
  modelName,
  codeVersion: env.CODE_VERSION,
  clock: systemClock,
  newUuid: randomUUID,
  publish: publisher(env.TEST_RUN ? nowhere : kinesisSink(env.PREDICTIONS_STREAM_NAME), systemClock),
  onPublishFailed: (error, { prediction_id }) => {
    logger.error('A prediction was answered but not published', { error, prediction_id });
    addCount('PublishFailed');
  },
  onAnswered: (kind) => addCount(kind === 'ride' ? 'RidesPredicted' : 'QuestionsAnswered'),
  onError: (error) => logger.error('A request failed', { error }),
});
const answer = handle(app);

/** The API behind the HTTP API; a direct invoke can ask for the golden rides. */
export async function handler(event: LambdaEvent, context: LambdaContext) {
  try {
    return isGoldenCheck(event) ? await goldenCheck(model) : await answer(event, context);
  } finally {
    publishMetrics();
  }
}
