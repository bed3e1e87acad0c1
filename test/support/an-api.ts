import { once } from 'node:events';
import { createServer } from 'node:http';
import { getRequestListener } from '@hono/node-server';
import type { Hono } from 'hono';
import { onTestFinished } from 'vitest';
import { swaggerUi } from '#adapters/swagger-ui.ts';
import { monthOverviews } from '#monitoring/month-overview.ts';
import { Registry } from '#registry/registry.ts';
import { createOneModelApp } from '#serving/one-model-app.ts';
import { registryRecords } from '#serving/records.ts';
import { SWAGGER_PACKAGE } from '#setup/paths.mjs';
import { dataKeys } from '#storage/layout.ts';
import { NAMES, runFiles } from './a-card.ts';
import { APRIL, leaveScored } from './a-receipt.ts';
import { aReport } from './a-report.ts';
import { aRun } from './a-run.ts';
import { aScorer } from './a-scorer.ts';
import { MemoryStore } from './memory-store.ts';

/** An API with a model, two promotions on record, and a month with a report. */
export async function anApiWithRecords() {
  const registry = new Registry(new MemoryStore('models'), NAMES);
  for (const digit of ['b', 'a']) {
    const files = runFiles({ run_id: aRun(digit) });
    await registry.register(files);
    await registry.promote(aRun(digit), 'ada', new Date('2023-05-01T00:00:00Z'));
  }
  const data = new MemoryStore('data');
  await leaveScored(data, aRun('a'));
  await data.put(dataKeys.report('green', APRIL, aRun('a')), JSON.stringify(aReport()));
  const { golden } = runFiles();
  const complaints: unknown[] = [];
  const app = createOneModelApp({
    model: { current: async () => ({ runId: aRun('a'), scorer: aScorer(), golden }) },
    records: registryRecords(registry, 'green', monthOverviews(data, 'green')),
    docs: swaggerUi(SWAGGER_PACKAGE),
    modelName: NAMES.registeredModels.green,
    codeVersion: 'v1',
    complain: (error) => complaints.push(error),
  });
  return { app, data, registry, complaints };
}

/** Serves an API until the test ends. @returns its address */
export async function listening(app: Hono): Promise<string> {
  const server = createServer(getRequestListener(app.fetch)).listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  const address = server.address();
  if (typeof address !== 'object' || address === null) throw new Error('It has no port.');
  return `http://127.0.0.1:${address.port}`;
}
