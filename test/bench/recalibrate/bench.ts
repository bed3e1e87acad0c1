/** Coverage of the 90% interval month after month: as trained, recalibrated, and adapted online. See README.md. */
import { join } from 'node:path';
import { DuckDB } from '#adapters/duckdb.ts';
import { loadScorer } from '#adapters/onnxruntime.ts';
import { workFolder } from '#adapters/work-folder.ts';
import { openXGBoost } from '#adapters/xgboost.ts';
import { decimals } from '#cli/view/terminal.ts';
import { at } from '#model/at.ts';
import { recalibrate } from '#model/recalibrate.ts';
import { recipeNamed } from '#model/recipes/index.ts';
import { batchOf, type LabelledRides, withoutDistance } from '#model/rides/rides.ts';
import { allRides, loadRides } from '#model/rides/training-rides.ts';
import type { Predictions } from '#model/scorer.ts';
import { trainModel } from '#model/train.ts';
import { xgboostLibrary } from '#packaging/natives.ts';
import { monthFile } from '#storage/layout.ts';
import type { RawMonth } from '#storage/raw-months.ts';
import { newRunId } from '#storage/run-id.ts';
import { sha256OfFile } from '#storage/sha256.ts';
import { type Month, parseMonths } from '#trips/month.ts';
import { KEPT_MINUTES } from '#trips/tlc-file.ts';
import { TLC } from '../side-by-side.ts';
import { adaptive, byDay } from './adaptive.ts';

/**
 * Trees of these months; then, step by step, the months that the tables are made from, the month that is measured, and
 * by how much longer the rides of both take, if not as recorded.
 */
const WALKS = [
  {
    trees: '2022-02,2022-03',
    steps: [
      '2022-04 2022-05',
      '2022-05 2023-01',
      '2023-01 2023-02',
      '2023-02 2023-03',
      '2023-03 2023-04',
      '2023-01 2023-04',
      '2023-03 2023-04 1.1',
    ],
  },
  {
    trees: '2023-01',
    steps: ['2023-02 2023-03', '2023-03 2023-04', '2023-02,2023-03 2023-04', '2023-03 2023-04 1.1'],
  },
] as const;

const [, , recipe = 'zone-map', only] = process.argv;
await using folder = await workFolder();
await using database = await DuckDB.open({ tempDirectory: folder.path });

const sourcesOf = (months: string): Promise<readonly RawMonth[]> =>
  Array.fromAsync(parseMonths(months), async (month: Month) => {
    const path = join(TLC, monthFile('green', month));
    return { month, path, sha256: await sha256OfFile(path) };
  });

const slowed = (relation: string, factor: string) =>
  `(SELECT * REPLACE (minutes * ${factor} AS minutes) FROM ${relation} WHERE minutes * ${factor} <= ${KEPT_MINUTES.most})`;

async function ridesOf(months: string, factor: string): Promise<LabelledRides> {
  await loadRides(database, 'measured', 'green', await sourcesOf(months));
  return allRides(database, slowed('measured', factor));
}

async function answersOf(model: Uint8Array, rides: LabelledRides) {
  const scorer = await loadScorer(model);
  const answers = {
    metered: await scorer.score(batchOf(rides)),
    none: await scorer.score(batchOf(withoutDistance(rides))),
  };
  await scorer.close();
  return answers;
}

function held({ minutes }: LabelledRides, { interval_low: low, interval_high: high }: Predictions) {
  let [inside, width] = [0, 0];
  minutes.forEach((actual, i) => {
    inside += Number(actual >= at(low, i) && actual <= at(high, i));
    width += at(high, i) - at(low, i);
  });
  return { coverage: inside / minutes.length, width: width / minutes.length };
}

const shown = ({ coverage, width }: { readonly coverage: number; readonly width: number }) =>
  `${decimals(coverage * 100, 1)}% (${decimals(width, 1)})`;

console.log(
  '| trees of | tables of | measured on | distance | as trained | recalibrated | adaptive, labels the next day | adaptive, labels late |',
);
console.log('|---|---|---|---|---|---|---|---|');
for (const { trees, steps } of WALKS) {
  if (only !== undefined && only !== trees) continue;
  const { model, card } = await trainModel({
    recipe: recipeNamed(recipe),
    taxiType: 'green',
    codeVersion: 'bench',
    database,
    boosting: () => openXGBoost(xgboostLibrary()),
    loadScorer,
    train: await sourcesOf(trees),
    validation: { kind: 'month', source: (await sourcesOf(steps[0].slice(0, 7)))[0] ?? raise() },
  });
  const original = { model, card: { ...card, run_id: newRunId() } };
  for (const step of steps) {
    const [tables = '', measuredOn = '', factor = '1'] = step.split(' ');
    const months = await sourcesOf(tables);
    await loadRides(database, 'later', 'green', months);
    const { model: again } = await recalibrate(
      original,
      { months, relation: slowed('later', factor) },
      { database, loadScorer },
    );
    const [before, then] = [await ridesOf(tables, factor), await ridesOf(measuredOn, factor)];
    const [earlier, trained, recalibrated] = [
      await answersOf(model, before),
      await answersOf(model, then),
      await answersOf(again, then),
    ];
    for (const distance of ['metered', 'none'] as const) {
      const calibration = byDay(before, earlier[distance]);
      const days = byDay(then, trained[distance]);
      const followed = (labelsCome: boolean) =>
        adaptive(calibration, [...calibration, ...days], days.length, labelsCome);
      const cells = [
        trees,
        tables,
        factor === '1' ? measuredOn : `${measuredOn} x ${factor}`,
        distance,
        shown(held(then, trained[distance])),
        shown(held(then, recalibrated[distance])),
        shown(followed(true)),
        shown(followed(false)),
      ];
      console.log(`| ${cells.join(' | ')} |`);
    }
  }
}

function raise(): never {
  throw new Error('A walk has at least one step.');
}
