import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { handle, type LambdaContext, type LambdaEvent } from 'hono/aws-lambda';
import { z } from 'zod';
import { CONSOLE_FOLDER, consoleIn } from '#adapters/console-files.ts';
import { flag, functionEnv, optionalText } from '#adapters/function-env.ts';
import { kinesisSink, readStream } from '#adapters/kinesis.ts';
import { S3Store } from '#adapters/s3.ts';
import { SWAGGER_FOLDER, swaggerUi } from '#adapters/swagger-ui.ts';
import { systemClock } from '#clock.ts';
import type { MonthOverview } from '#monitoring/month-overview.ts';
import { goldenCheck, isGoldenCheck } from '#registry/golden-check.ts';
import { createApp } from '#serving/app.ts';
import { consoleRoutes } from '#serving/console.ts';
import { consoleData } from '#serving/console-data.ts';
import { livePlacesSchema, liveViews, READ_MS } from '#serving/live-views.ts';
import { publisher } from '#serving/publisher.ts';
import { registryRecords } from '#serving/records.ts';
import { nowhere } from '#streaming/publish.ts';
import { registry } from '../model-registry.ts';
import { modelName, servedModel, servedTaxiType } from '../served-model.ts';
import { addCount, logger, publishMetrics, reportRefreshFailed } from '../telemetry.ts';

const env = functionEnv(
  z.object({
    PREDICTIONS_STREAM_NAME: z.string(),
    DATA_BUCKET: z.string(),
    LIVE_VIEWS: optionalText.transform((text) =>
      text === undefined ? undefined : livePlacesSchema.parse(JSON.parse(text)),
    ),
    TEST_RUN: flag,
    CODE_VERSION: z.string(),
  }),
);
/** Lambda answers at most 6 MB, of which base64 takes a third. */
const MOST_BYTES = 4.4e6;
const model = servedModel(reportRefreshFailed);
const data = new S3Store(env.DATA_BUCKET);
let months: (() => Promise<MonthOverview[]>) | undefined;
const app = createApp({
  model,
  records: registryRecords(registry, servedTaxiType, async () => {
    const { monthOverviews } = await import('#monitoring/month-overview.ts'); // few calls need it
    months ??= monthOverviews(data, servedTaxiType);
    return months();
  }),
  docs: swaggerUi(join(import.meta.dirname, SWAGGER_FOLDER)),
  modelName,
  codeVersion: env.CODE_VERSION,
  clock: systemClock,
  newUuid: randomUUID,
  publish: publisher(env.TEST_RUN ? nowhere : kinesisSink(env.PREDICTIONS_STREAM_NAME), systemClock),
  onPublishFailed: (error, [first]) => {
    logger.error('Predictions were answered but not published', { error, prediction_id: first?.prediction_id });
    addCount('PublishFailed');
  },
  onAnswered: (kind, count) => addCount(kind === 'ride' ? 'RidesPredicted' : 'QuestionsAnswered', count),
  onError: (error) => logger.error('A request failed', { error }),
});
app.route('/', consoleRoutes(consoleIn(join(import.meta.dirname, CONSOLE_FOLDER))));
app.route(
  '/',
  consoleData({
    model: async (run) => {
      if (run !== (await model.current()).runId) return undefined;
      const bytes = (await registry.readModel(run))?.model;
      return bytes !== undefined && bytes.length <= MOST_BYTES ? bytes : undefined;
    },
    report: async (month) => {
      const { reportPage } = await import('#monitoring/stored-reports.ts'); // few calls need it
      return reportPage(data, servedTaxiType, month);
    },
    live:
      env.LIVE_VIEWS &&
      liveViews({
        places: env.LIVE_VIEWS,
        readStream: (name, from, until) => readStream(name, { from, until, signal: AbortSignal.timeout(READ_MS) }),
        seenMachine: async (arn) => (await import('#adapters/step-functions.ts')).seenMachine(arn), // few calls need it
        data,
        clock: systemClock,
      }),
  }),
);
const answer = handle(app);

/** The API behind the HTTP API; a direct invoke can ask for the golden rides. */
export async function handler(event: LambdaEvent, context: LambdaContext) {
  try {
    return isGoldenCheck(event) ? await goldenCheck(model) : await answer(event, context);
  } finally {
    publishMetrics();
  }
}
