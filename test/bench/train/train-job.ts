/**
 * A whole training. usage: train-job.ts RECIPE TAXI_TYPE FOLDER MONTHS VALIDATION, months joined by commas; or split:SHARE.
 * zone-map-before is zone-map-before.ts.
 */
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DuckDB } from '#adapters/duckdb.ts';
import { loadScorer } from '#adapters/onnxruntime.ts';
import { openXGBoost } from '#adapters/xgboost.ts';
import { recipeNamed } from '#model/recipes/index.ts';
import { trainModel } from '#model/train.ts';
import { xgboostLibrary } from '#packaging/natives.ts';
import { monthFile } from '#storage/layout.ts';
import { sha256OfFile } from '#storage/sha256.ts';
import { parseMonth } from '#trips/month.ts';
import { parseTaxiType } from '#trips/taxi-type.ts';
import { zoneMapBefore } from './zone-map-before.ts';

const [recipe = '', type = '', folder = '', months = '', validation = ''] = process.argv.slice(2);
const taxiType = parseTaxiType(type);
const sourceOf = async (text: string) => {
  const month = parseMonth(text);
  const path = join(folder, monthFile(taxiType, month));
  return { month, path, sha256: await sha256OfFile(path) };
};
await using database = await DuckDB.open({ tempDirectory: tmpdir() });
const cpu = process.cpuUsage();
const steps: { readonly step: string; readonly at: number }[] = [];
const started = performance.now();
const { card } = await trainModel({
  recipe: recipe === 'zone-map-before' ? zoneMapBefore : recipeNamed(recipe),
  taxiType,
  database,
  boosting: () => openXGBoost(xgboostLibrary()),
  loadScorer,
  codeVersion: 'bench',
  train: await Promise.all(months.split(',').map(sourceOf)),
  validation: validation.startsWith('split:')
    ? { kind: 'split', share: Number(validation.slice('split:'.length)), seed: 42 }
    : { kind: 'month', source: await sourceOf(validation) },
  onProgress: (step) => steps.push({ step, at: (performance.now() - started) / 1000 }),
});
const { user, system } = process.cpuUsage(cpu);
const rounds = steps.filter(({ step }) => step.includes(': round '));
console.log(
  JSON.stringify({
    rmse: card.validation.rmse,
    coverage_90: card.validation.coverage_90,
    typical_rmse: card.validation.typical_distance.rmse,
    typical_coverage_90: card.validation.typical_distance.coverage_90,
    seconds: card.seconds,
    boosting_seconds:
      rounds.length === 0
        ? null
        : ((rounds.at(-1)?.at ?? 0) - (rounds[0]?.at ?? 0)) * (rounds.length / (rounds.length - 1)),
    cpu_seconds: (user + system) / 1e6,
    peak_mib: process.resourceUsage().maxRSS / 1024,
  }),
);
