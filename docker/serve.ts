import { once } from 'node:events';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { getRequestListener } from '@hono/node-server';
import { z } from 'zod';
import { CONSOLE_FOLDER, consoleIn } from '#adapters/console-files.ts';
import { engineSchema, scorerLoader } from '#adapters/engine.ts';
import { S3Store } from '#adapters/s3.ts';
import { SWAGGER_FOLDER, swaggerUi } from '#adapters/swagger-ui.ts';
import { shown, TripcastError } from '#errors.ts';
import type { ModelCard } from '#model/card/card.ts';
import { modelAt } from '#registry/live-model.ts';
import type { ModelSource } from '#registry/model-source.ts';
import { consoleRoutes } from '#serving/console.ts';
import { consoleData } from '#serving/console-data.ts';
import { createOneModelApp } from '#serving/one-model-app.ts';
import { soleModelRecords } from '#serving/records.ts';
import { runIdSchema } from '#storage/run-id.ts';
import { taxiTypeSchema } from '#trips/taxi-type.ts';
import { modelIn } from './mounted-model.ts';

// `docker run -p 8000:8000 -e MODEL_LOCATION=... IMAGE serve`: the predict API and the console with one model,
// anywhere. It answers rides and publishes nothing.

const envSchema = z.object({
  MODEL_LOCATION: z.string().min(1),
  RUN_ID: runIdSchema.optional(),
  SERVED_TAXI_TYPE: taxiTypeSchema.default('green'),
  SCORING_ENGINE: engineSchema.default('auto'),
  PORT: z.coerce.number().int().min(1).max(65_535).default(8000),
  CODE_VERSION: z.string().default('unknown'),
});

async function serve(): Promise<void> {
  const env = readEnv();
  const loadScorer = scorerLoader(env.SCORING_ENGINE, (reason) =>
    console.error(`onnxruntime scores instead of the engine: ${reason}`),
  );
  const model: ModelSource & { readonly card?: ModelCard; readonly file?: Uint8Array } = env.MODEL_LOCATION.startsWith(
    's3://',
  )
    ? modelAt({
        location: env.MODEL_LOCATION,
        taxiType: env.SERVED_TAXI_TYPE,
        ...(env.RUN_ID && { runId: env.RUN_ID }),
        storeOf: (bucket) => new S3Store(bucket),
        loadScorer,
      })
    : await modelIn(env.MODEL_LOCATION, loadScorer, env.SERVED_TAXI_TYPE);
  const complain = (error: unknown) => console.error(error instanceof Error ? error.message : error);
  const app = createOneModelApp({
    model,
    records: soleModelRecords(env.SERVED_TAXI_TYPE, model.card),
    docs: swaggerUi(join(import.meta.dirname, SWAGGER_FOLDER)),
    modelName: 'served', // only used in published records, and there are none
    codeVersion: env.CODE_VERSION,
    complain,
  });
  app.route('/', consoleRoutes(consoleIn(join(import.meta.dirname, CONSOLE_FOLDER))));
  app.route('/', consoleData({ model: async (run) => (run === model.card?.run_id ? model.file : undefined) }));
  const { runId } = await model.current(); // fail now, not at the first request, if the model cannot be loaded
  const server = createServer(getRequestListener(app.fetch)).listen(env.PORT, '0.0.0.0');
  await once(server, 'listening');
  console.log(`Model ${runId} answers POST /predict on port ${env.PORT}`);
  await stopSignal();
  server.close();
  server.closeAllConnections();
}

/** @throws TripcastError naming the variable that is missing or wrong */
function readEnv(): z.output<typeof envSchema> {
  const parsed = envSchema.safeParse(process.env);
  if (parsed.success) return parsed.data;
  const [wrong] = parsed.error.issues;
  const name = String(wrong?.path[0]);
  throw new TripcastError(
    `The variable ${name} is ${shown(process.env[name])}: ${wrong?.message}`,
    'MODEL_LOCATION is s3://BUCKET/.../RUN_ID/artifacts/model/model.onnx, with AWS_REGION and credentials, or a ' +
      'mounted folder that `tripcast train --local` wrote; RUN_ID names the run if an s3:// location does not; PORT defaults to 8000.',
  );
}

/** A container's first process is not terminated by a signal that it has no handler for. */
function stopSignal(): Promise<void> {
  return new Promise((resolve) => {
    for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(name, () => resolve());
  });
}

serve().catch((error: unknown) => {
  console.error(error instanceof TripcastError ? error.message : error);
  process.exitCode = 1;
});
