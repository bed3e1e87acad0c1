import { once } from 'node:events';
import { createServer } from 'node:http';
import { getRequestListener } from '@hono/node-server';
import { Hono } from 'hono';
import { askDeployedApi } from '#adapters/deployed-api.ts';
import { TripcastError } from '#errors.ts';
import { buildConsole } from '#packaging/console.ts';
import { consoleRoutes } from '#serving/console.ts';
import { forwardTo } from '#serving/forward.ts';
import { connect } from '../context.ts';
import { interruptible } from '../interruptible.ts';
import { listen } from '../listen.ts';
import { liveViewsOf } from '../live-views.ts';
import type { CommonOptions } from '../options.ts';
import type { Terminal } from '../view/terminal.ts';

export interface ConsoleOptions {
  /** 0: any free port. */
  readonly port?: number;
}

/**
 * `tripcast console`: the console of a deployed environment on this machine, until Ctrl-C. What the page asks is forwarded
 * with the caller's own credentials, since a browser signs nothing.
 */
export async function showConsole(options: ConsoleOptions & CommonOptions, terminal: Terminal): Promise<void> {
  const deployment = await connect(options.env);
  const { config, apiUrl } = deployment;
  if (apiUrl === undefined) {
    throw new TripcastError(
      `The emulator of ${config.env} has no HTTP API`,
      'Use `tripcast serve`, which has the same page.',
    );
  }
  const { region, api } = config;
  const ask = askDeployedApi({ url: apiUrl, region, authorization: api.authorization });
  const page = await buildConsole();
  const app = new Hono();
  const server = createServer(getRequestListener(app.fetch));
  await interruptible(async (signal) => {
    const port = await listen(server, options.port);
    app.route(
      '/',
      consoleRoutes(async () => page),
    );
    const hosts = [`127.0.0.1:${port}`, `localhost:${port}`];
    app.route('/', forwardTo(ask, hosts, liveViewsOf(deployment, signal)));
    const url = `http://127.0.0.1:${port}`;
    terminal.result(
      { url, api: apiUrl },
      () => `The console of ${config.env} is at ${url}, and asks ${apiUrl} for you. Ctrl-C stops it.`,
    );
    await once(signal, 'abort');
    server.close();
    server.closeAllConnections();
  });
}
