import { once } from 'node:events';
import { createServer } from 'node:http';
import { getRequestListener } from '@hono/node-server';
import { codeVersion } from '#adapters/git.ts';
import { swaggerUi } from '#adapters/swagger-ui.ts';
import { loadConfig } from '#lib/config/load.ts';
import { buildConsole } from '#packaging/console.ts';
import { consoleRoutes } from '#serving/console.ts';
import { consoleData } from '#serving/console-data.ts';
import { createOneModelApp } from '#serving/one-model-app.ts';
import { SWAGGER_PACKAGE } from '#setup/paths.mjs';
import type { TaxiType } from '#trips/taxi-type.ts';
import { interruptible } from '../interruptible.ts';
import { listen } from '../listen.ts';
import { chooseModel } from '../model-file.ts';
import type { CommonOptions } from '../options.ts';
import { servedConsole } from '../served-console.ts';
import { servedRecords } from '../served-records.ts';
import type { Terminal } from '../view/terminal.ts';

export interface ServeOptions {
  readonly model: string;
  readonly taxiType: TaxiType;
  readonly anyTaxiType?: boolean;
  /** Copies of an environment's buckets, for a machine without AWS. */
  readonly folder?: string;
  /** 0: any free port. */
  readonly port?: number;
}

/** `tripcast serve`: the API and the console on this machine, with one model, until Ctrl-C. It answers rides and publishes nothing. */
export async function serve(options: ServeOptions & CommonOptions, terminal: Terminal): Promise<void> {
  const model = await chooseModel(options);
  const complain = (error: unknown) => terminal.say(`  ${error instanceof Error ? error.message : String(error)}`);
  const app = createOneModelApp({
    model: { current: async () => model },
    records: await servedRecords(options),
    docs: swaggerUi(SWAGGER_PACKAGE),
    modelName: loadConfig(options.env).model.registeredModels[options.taxiType],
    codeVersion: await codeVersion(import.meta.dirname),
    complain,
  });
  const server = createServer(getRequestListener(app.fetch));
  await interruptible(async (signal) => {
    const page = await buildConsole();
    app.route(
      '/',
      consoleRoutes(async () => page),
    );
    app.route('/', consoleData(await servedConsole(options, { run: model.runId, signal })));
    const port = await listen(server, options.port);
    const url = `http://127.0.0.1:${port}`;
    terminal.result(
      { url, model_version: model.runId },
      () =>
        `Model ${model.runId} answers: the console is at ${url}, the API's description at ${url}/docs. Ctrl-C stops it.`,
    );
    await once(signal, 'abort');
    server.close();
    server.closeAllConnections();
  });
  await model.scorer.close();
}
