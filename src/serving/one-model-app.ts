import { randomUUID } from 'node:crypto';
import type { Hono } from 'hono';
import { systemClock } from '#clock.ts';
import { type AppDeps, createApp } from './app.ts';

/** What the API with one model needs. */
export interface OneModelDeps extends Pick<AppDeps, 'model' | 'modelName' | 'codeVersion' | 'records' | 'docs'> {
  /** Called with every failure that is not the caller's. */
  readonly complain: (error: unknown) => void;
}

/**
 * The API outside Lambda, with one model: it answers rides and publishes nothing.
 * @example
 * const model = { current: async () => loaded };
 * const records = soleModelRecords('green', card);
 * const docs = swaggerUi('node_modules/swagger-ui-dist');
 * const app = createOneModelApp({ model, records, docs, modelName: 'served', codeVersion: 'local', complain: console.error });
 * createServer(getRequestListener(app.fetch)).listen(8000);
 */
export const createOneModelApp = ({ complain, ...deps }: OneModelDeps): Hono =>
  createApp({
    ...deps,
    clock: systemClock,
    newUuid: randomUUID,
    publish: async () => {},
    onPublishFailed: complain,
    onAnswered: () => {},
    onError: complain,
  });
