/** Our engine compared with onnxruntime and libxgboost, in one process and on one thread. See README.md. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DuckDB } from '#adapters/duckdb.ts';
import { loadScorer } from '#adapters/onnxruntime.ts';
import { decimals, table } from '#cli/view/terminal.ts';
import { loadEngine } from '#engine/engine.ts';
import { encodeOnMap, readEncoder } from '#model/recipes/map-features.ts';
import { batchOf, type Rides } from '#model/rides/rides.ts';
import { allRides, loadRides } from '#model/rides/training-rides.ts';
import type { Scorer } from '#model/scorer.ts';
import { xgboostLibrary } from '#packaging/natives.ts';
import { monthFile } from '#storage/layout.ts';
import { parseMonth } from '#trips/month.ts';
import { median, percentile } from '../figures.ts';
import { CLONE, folder, run, say, TLC } from '../side-by-side.ts';
import { inPlace } from './in-place.ts';

const MONTH = parseMonth('2023-04');
/** As many rides as a short round holds: other work on the machine then hits both sides alike. */
const SOME = 8192;
const ROUNDS = Number(process.argv[2] ?? 25);
/** Where models are trained; MODELS names a folder that has them, one folder per recipe. */
const models = process.env.MODELS;

const RECIPES = ['linear-pair', 'linear-zones', 'xgboost-pair', 'zone-map-fast', 'zone-map'];

function modelOf(recipe: string): string {
  if (models !== undefined) return join(models, recipe);
  const out = join(folder, recipe);
  const options = ['--train', '2023-03', '--validate', MONTH, '--local', '--source', TLC, '--out', out];
  run(process.execPath, [join(CLONE, 'bin/tripcast.mjs'), 'train', '--recipe', recipe, ...options]);
  return out;
}

/** @param database must stay open: the rides are in its memory */
async function realRides(database: DuckDB): Promise<Rides> {
  const path = join(TLC, monthFile('green', MONTH));
  await loadRides(database, 'rides', 'green', [{ month: MONTH, path, sha256: '' }]);
  return allRides(database, 'rides');
}

/** The first rides of the month. */
const firstOf = (rides: Rides, size: number): Rides => ({
  size,
  pickupZone: rides.pickupZone.subarray(0, size),
  dropoffZone: rides.dropoffZone.subarray(0, size),
  distance: rides.distance.subarray(0, size),
  pickupTime: rides.pickupTime.subarray(0, size),
});

type Work = () => unknown;

/** Microseconds that each of the works took, round by round, in turns. */
async function alternately(works: readonly Work[], rounds: number, times = 1): Promise<readonly (readonly number[])[]> {
  const taken: number[][] = works.map(() => []);
  for (let round = -3; round < rounds; round += 1) {
    for (const [i, work] of works.entries()) {
      const start = performance.now();
      for (let k = 0; k < times; k += 1) await work();
      if (round >= 0) taken[i]?.push(((performance.now() - start) * 1000) / times);
    }
  }
  return taken;
}

const ratio = (slow: readonly number[], fast: readonly number[]) => {
  const ratios = slow.map((each, i) => each / (fast[i] ?? Number.NaN));
  return `${decimals(median(ratios), 2)} (${decimals(percentile(ratios, 25), 2)}..${decimals(percentile(ratios, 75), 2)})`;
};

async function load(model: Uint8Array): Promise<{ readonly ours: Scorer; readonly reference: Scorer }> {
  const loaded = loadEngine(model);
  if (loaded.outcome === 'refused') throw new Error(loaded.reason);
  return { ours: loaded.scorer, reference: await loadScorer(model) };
}

await using database = await DuckDB.open({ tempDirectory: folder });
const rides = await realRides(database);
const some = firstOf(rides, SOME);
const lines: string[][] = [];
for (const recipe of RECIPES) {
  say(recipe);
  const path = modelOf(recipe);
  const model = new Uint8Array(readFileSync(join(path, 'model.onnx')));
  const { ours, reference } = await load(model);
  const sides = (count: number) => {
    const batch = batchOf(firstOf(rides, count));
    return [() => ours.score(batch), () => reference.score(batch)] as const;
  };
  const works: Work[] = [...sides(SOME)];
  if (recipe.startsWith('zone-map')) {
    const encoder = readEncoder(readFileSync(join(path, 'zone-map.json'), 'utf8'));
    const { values, columns } = encodeOnMap(encoder, some);
    const predict = inPlace(xgboostLibrary(), readFileSync(join(path, 'model.ubj')), columns);
    works.push(() => predict(values));
  }
  const [here = [], there = [], library] = await alternately(works, ROUNDS);
  const [one = [], oneThere = []] = await alternately(sides(1), ROUNDS, 100);
  const [city = [], cityThere = []] = await alternately(sides(263), ROUNDS);
  const perRide = (times: readonly number[]) => decimals(median(times) / SOME, 3);
  lines.push([
    recipe,
    perRide(here),
    perRide(there),
    ratio(there, here),
    library === undefined ? '–' : ratio(library, here),
    decimals(median(one), 1),
    decimals(median(oneThere), 1),
    decimals(median(city) / 1000, 2),
    decimals(median(cityThere) / 1000, 2),
  ]);
}
console.log(
  table(
    [
      '',
      'us a ride',
      'onnxruntime',
      'ratio (quartiles)',
      'to libxgboost',
      'us, 1 ride',
      'onnxruntime',
      'ms, 263',
      'onnxruntime',
    ],
    lines,
  ),
);
