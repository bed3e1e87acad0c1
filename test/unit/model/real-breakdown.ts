import { loadScorer } from '#adapters/onnxruntime.ts';
import { baselinesOf } from '#model/evaluation/baselines.ts';
import { type Breakdown, BreakdownSums } from '#model/evaluation/breakdown.ts';
import { batchOf, withoutDistance } from '#model/rides/rides.ts';
import { loadRides, readRides } from '#model/rides/training-rides.ts';
import type { TrainedModel } from '#model/train.ts';
import { aDatabase, aRealSource, trainOnReal } from '../../support/training.ts';

const BATCH_ROWS = 20_000;

interface BrokenDown {
  readonly trained: TrainedModel;
  readonly breakdown: Breakdown;
}

let once: Promise<BrokenDown> | undefined;

/** linear-pair trained on 2023-03 and broken down on 2023-04; made by the first test of a file that asks. */
export function realBreakdown(): Promise<BrokenDown> {
  once ??= brokenDownOnReal('2023-03', '2023-04');
  return once;
}

async function brokenDownOnReal(month: string, validation: string): Promise<BrokenDown> {
  const trained = await trainOnReal(month, validation);
  const database = await aDatabase();
  await loadRides(database, 'trained', 'green', [await aRealSource(month)]);
  await loadRides(database, 'validated', 'green', [await aRealSource(validation)]);
  const sums = new BreakdownSums(await baselinesOf(database, 'trained'));
  const scorer = await loadScorer(trained.model);
  for await (const rides of readRides(database, 'validated', BATCH_ROWS)) {
    const given = await scorer.score(batchOf(rides));
    const typical = await scorer.score(batchOf(withoutDistance(rides)));
    sums.add(rides, { given, typical });
  }
  await scorer.close();
  return { trained, breakdown: sums.breakdown() };
}
