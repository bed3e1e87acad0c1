/** The job of train_linear.py: read, clean, fit, error on the same rides. usage: linear-job.ts RECIPE TAXI_TYPE FILE */
import { tmpdir } from 'node:os';
import { DuckDB } from '#adapters/duckdb.ts';
import { at } from '#model/at.ts';
import { recipeNamed } from '#model/recipes/index.ts';
import { keptRides } from '#model/rides/training-rides.ts';
import { PAIR_SLOTS, zonesOfPair } from '#model/rides/zone-pair.ts';
import { sha256OfFile } from '#storage/sha256.ts';
import { parseMonth } from '#trips/month.ts';
import { parseTaxiType } from '#trips/taxi-type.ts';

const [recipe = '', taxiType = '', path = ''] = process.argv.slice(2);
const source = { month: parseMonth('2023-03'), path, sha256: await sha256OfFile(path) };
const relation = keptRides(parseTaxiType(taxiType), source);
const boosting = () => Promise.reject(new Error('A linear recipe needs no boosting.'));

const started = performance.now();
await using database = await DuckDB.open({ tempDirectory: tmpdir() });
const model = await recipeNamed(recipe).fit({ database, boosting, relation });
const fitted = performance.now();
const { rows, rmse } = await errorOnTraining();
const ended = performance.now();

console.log(
  JSON.stringify({
    rows,
    rmse,
    intercept: model.intercept,
    fit_seconds: (fitted - started) / 1000,
    seconds: (ended - started) / 1000,
    peak_mib: process.resourceUsage().maxRSS / 1024,
  }),
);

/** A linear model is a + b x in every pair, so the sums of a pair tell its squared error. */
async function errorOnTraining() {
  const everyPair = (miles: number) => ({
    size: PAIR_SLOTS,
    pickupZone: Float64Array.from({ length: PAIR_SLOTS }, (_, pair) => zonesOfPair(pair).pickup),
    dropoffZone: Float64Array.from({ length: PAIR_SLOTS }, (_, pair) => zonesOfPair(pair).dropoff),
    distance: new Float64Array(PAIR_SLOTS).fill(miles),
    pickupTime: new Float64Array(PAIR_SLOTS),
  });
  const at0 = model.predict(everyPair(0));
  const at1 = model.predict(everyPair(1));
  const sums = `SELECT pair::DOUBLE, count(*)::DOUBLE, sum(distance), sum(minutes), sum(distance * distance),
    sum(minutes * minutes), sum(distance * minutes) FROM ${relation} GROUP BY pair`;
  let [rows, squared] = [0, 0];
  for await (const { rows: pairs, columns } of database.numbers(sums, PAIR_SLOTS)) {
    for (let i = 0; i < pairs; i += 1) {
      const of = (column: number) => columns[column]?.[i] ?? Number.NaN;
      const [pair, n, x, y, xx, yy, xy] = [of(0), of(1), of(2), of(3), of(4), of(5), of(6)];
      const a = at(at0, pair);
      const b = at(at1, pair) - a;
      rows += n;
      squared += yy - 2 * (a * y + b * xy) + n * a * a + 2 * a * b * x + b * b * xx;
    }
  }
  return { rows, rmse: Math.sqrt(squared / rows) };
}
