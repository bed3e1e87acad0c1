import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { getRequestListener } from '@hono/node-server';
import { DuckDB } from '#adapters/duckdb.ts';
import { loadScorer } from '#adapters/onnxruntime.ts';
import { swaggerUi } from '#adapters/swagger-ui.ts';
import { workFolder } from '#adapters/work-folder.ts';
import { openXGBoost } from '#adapters/xgboost.ts';
import { recipeNamed } from '#model/recipes/index.ts';
import { type TrainedModel, trainModel } from '#model/train.ts';
import { buildConsole } from '#packaging/console.ts';
import { xgboostLibrary } from '#packaging/natives.ts';
import type { LoadedModel } from '#registry/model-source.ts';
import { consoleRoutes } from '#serving/console.ts';
import { type ConsoleData, consoleData } from '#serving/console-data.ts';
import { createOneModelApp } from '#serving/one-model-app.ts';
import { type Records, soleModelRecords } from '#serving/records.ts';
import { SWAGGER_PACKAGE } from '#setup/paths.mjs';
import type { RawMonth } from '#storage/raw-months.ts';
import { sha256OfFile } from '#storage/sha256.ts';
import { parseMonth } from '#trips/month.ts';
import { sqlText } from '#trips/sql.ts';
import { aRun } from '../support/a-run.ts';
import { realMonth } from '../support/tlc-files.ts';

export interface AModel extends LoadedModel {
  readonly trained: TrainedModel;
}

/** A small model of boosted trees, trained on every 50th ride of a real month. @param digit of its run's id */
export async function aTreeModel(digit: string, month: string): Promise<AModel> {
  await using folder = await workFolder();
  await using database = await DuckDB.open({ tempDirectory: folder.path });
  const thinned = async (name: string): Promise<RawMonth> => {
    const path = join(folder.path, `${name}.parquet`);
    await database.run(`COPY (SELECT * EXCLUDE file_row_number
        FROM read_parquet(${sqlText(realMonth(name))}, file_row_number = true) WHERE file_row_number % 50 = 0)
      TO ${sqlText(path)} (FORMAT parquet)`);
    return { month: parseMonth(name), path, sha256: await sha256OfFile(path) };
  };
  const trained = await trainModel({
    recipe: recipeNamed('zone-map-fast'),
    taxiType: 'green',
    codeVersion: 'test',
    loadScorer,
    database,
    boosting: () => openXGBoost(xgboostLibrary()),
    train: [await thinned(month)],
    validation: { kind: 'month', source: await thinned('2023-04') },
  });
  return { runId: aRun(digit), scorer: await loadScorer(trained.model), golden: trained.golden, trained };
}

export interface AConsoleOptions extends Pick<ConsoleData, 'live' | 'report'> {
  readonly model: AModel;
  readonly records?: Records;
  /** Where the page is, such as `/behind/a/proxy`. */
  readonly prefix?: string;
}

/** The API and the console on a free port, with a model that a test can exchange or keep to itself. */
export async function aConsole({ model, records, prefix = '', ...data }: AConsoleOptions) {
  const state = { model, handsOutModel: true };
  const complaints: unknown[] = [];
  const card = {
    ...model.trained.card,
    run_id: model.runId,
    mlflow_run_id: null,
    created_at: '2026-11-30T05:00:00.000Z',
  };
  const app = createOneModelApp({
    model: { current: async () => state.model },
    records: records ?? soleModelRecords('green', card),
    docs: swaggerUi(SWAGGER_PACKAGE),
    modelName: 'test',
    codeVersion: 'test',
    complain: (error) => complaints.push(error),
  });
  const page = await buildConsole();
  app.route(
    '/',
    consoleRoutes(async () => page),
  );
  app.route(
    '/',
    consoleData({
      ...data,
      model: async (run) => (state.handsOutModel && run === state.model.runId ? state.model.trained.model : undefined),
    }),
  );
  // As a proxy does: the app never sees the prefix.
  const behind = (request: Request) => app.fetch(new Request(request.url.replace(prefix, ''), request));
  const server = createServer(getRequestListener(prefix === '' ? app.fetch : behind)).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}${prefix}/`,
    state,
    complaints,
    async [Symbol.asyncDispose]() {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}
