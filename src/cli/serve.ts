import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { getRequestListener } from '@hono/node-server';
import { loadConfig } from '../../lib/config.ts';
import { codeVersion } from '../adapters/git.ts';
import { freePort } from '../local/ports.ts';
import { createApp } from '../serving/app.ts';
import type { TaxiType } from '../trips/taxi-type.ts';
import { interruptible } from './interruptible.ts';
import { chooseModel } from './model-file.ts';
import type { CommonOptions } from './options.ts';
import type { Terminal } from './terminal.ts';

export interface ServeOptions {
  readonly model: string;
  readonly taxiType: TaxiType;
  readonly anyTaxiType?: boolean;
  readonly port: number;
}

/** `tripcast serve`: the API on this machine, with one model, until Ctrl-C. Rides are answered; nothing is published. */
export async function serve(options: ServeOptions & CommonOptions, terminal: Terminal): Promise<void> {
  const model = await chooseModel(options);
  const complain = (error: unknown) => terminal.say(`  ${error instanceof Error ? error.message : String(error)}`);
  const app = createApp({
    model: { current: async () => model },
    modelName: loadConfig(options.env).model.registeredModels[options.taxiType],
    codeVersion: await codeVersion(import.meta.dirname),
    now: Date.now,
    newUuid: randomUUID,
    publish: async () => {},
    onPublishFailed: complain,
    onAnswered: () => {},
    onError: complain,
  });
  const server = createServer(getRequestListener(app.fetch));
  await interruptible(async (signal) => {
    const port = await freePort(options.port);
    server.listen(port, '127.0.0.1');
    await once(server, 'listening');
    const url = `http://127.0.0.1:${port}`;
    terminal.result(
      { url, model_version: model.runId },
      () => `Model ${model.runId} answers at ${url}/predict. Ctrl-C ends it.`,
    );
    await once(signal, 'abort');
    server.close();
    server.closeAllConnections();
  });
  await model.scorer.close();
}
