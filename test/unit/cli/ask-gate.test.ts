import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { DuckDB } from '#adapters/duckdb.ts';
import { loadScorer } from '#adapters/onnxruntime.ts';
import { askGate } from '#cli/ask-gate.ts';
import { systemClock } from '#clock.ts';
import { loadConfig } from '#lib/config/load.ts';
import { Registry } from '#registry/registry.ts';
import { dataKeys } from '#storage/layout.ts';
import { fetchRawMonths } from '#storage/raw-months.ts';
import { newRunId } from '#storage/run-id.ts';
import { trainRun } from '#training/train-run.ts';
import { planTraining, trainingRequestSchema } from '#training/training-job.ts';
import { parseMonth } from '#trips/month.ts';
import { NAMES } from '../../support/a-card.ts';
import { MemoryStore } from '../../support/memory-store.ts';
import { silentTerminal } from '../../support/silent-terminal.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import { realMonth } from '../../support/tlc-files.ts';

test("`models promote --gate` judges a run on the environment's months, by its limits", {
  timeout: 60_000,
}, async () => {
  const data = new MemoryStore('data');
  for (const month of ['2023-03', '2023-04']) {
    await data.put(dataKeys.raw('green', parseMonth(month)), await readFile(realMonth(month)));
  }
  const registry = new Registry(new MemoryStore('models'), NAMES);
  const folder = temporaryFolder();
  await using database = await DuckDB.open({ tempDirectory: folder });
  const plan = planTraining(trainingRequestSchema.parse({ recipe: 'linear-pair', months: ['2023-03'] }), 'green');
  const run = await trainRun(newRunId(), plan, {
    database,
    boosting: () => Promise.reject(new Error('linear-pair boosts nothing')),
    loadScorer,
    fetch: (months) => fetchRawMonths(data, 'green', months, folder),
    codeVersion: 'test',
    clock: systemClock,
  });
  await registry.register(run);
  const { run_id } = run.card;

  const to = { registry, data, config: loadConfig('prod') };
  await askGate(to, run_id, 'green', silentTerminal());
  const verdict = await registry.verdictOver(run_id, 0);
  expect(verdict).toMatchObject({ outcome: 'passed', champion: null });
  expect(verdict?.checks.find(({ check }) => check === 'rows')?.said).toMatch(/^69392 rides .* at least 5000/);
});
