import type { ModelCard } from '../model/card.ts';
import { comparePredictions, type PairedPredictions } from '../model/compare.ts';
import { FigureSums, type Figures } from '../model/figures.ts';
import { checkGoldenRides, exactDifference } from '../model/golden.ts';
import { batchOf, withoutDistance } from '../model/rides.ts';
import type { Scorer } from '../model/scorer.ts';
import { countRows, loadRides, readRides, type TrainingDatabase } from '../model/training-rides.ts';
import { dataFacts } from './data-facts.ts';
import { type AgainstChampion, type Evidence, type GateLimits, judge, judgeGolden } from './gate.ts';
import { noRun, readCard, readModel } from './registry.ts';
import { findRival, type MeasuredRides, type Rival, type RivalDependencies } from './rival.ts';
import type { TrainingJob, TrainingOutcome } from './training-job.ts';

/** The database is for this gate alone: tables are left in it. */
export interface GateDependencies extends RivalDependencies {
  readonly limits: GateLimits;
}

const MEASURED_TABLE = 'measured_rides';
const BATCH_ROWS = 65_536;

/**
 * Measures a staged run and judges it: its golden rides here, the data it learnt from, its errors and intervals on the
 * validation rides, and the champion's errors on the very same rides.
 * @throws TripcastError when the run is not staged completely, or its months are gone
 */
export async function gateRun(job: TrainingJob, deps: GateDependencies): Promise<TrainingOutcome> {
  const folder = deps.registry.staged(job.run_id);
  const [card, files] = await Promise.all([readCard(folder), readModel(folder)]);
  if (card === undefined || files === undefined) throw noRun(job.run_id);
  const scorer = await deps.loadScorer(files.model);
  try {
    const { checked, max_difference } = await checkGoldenRides(scorer, files.golden);
    const golden = { checked, here: max_difference, exact: exactDifference(files.golden) };
    const unsound = judgeGolden(golden);
    if (unsound !== undefined) return { ...job, ...NOTHING_YET, gate: unsound, sound: false, status: 'refused' };
    const gate = judge({ golden, ...(await measure(job, card, scorer, deps)) }, deps.limits);
    return { ...job, ...NOTHING_YET, gate, sound: true, status: 'gated' };
  } finally {
    await scorer.close();
  }
}

const NOTHING_YET = { model: null, champion: null } as const;

async function measure(
  job: TrainingJob,
  card: ModelCard,
  scorer: Scorer,
  deps: GateDependencies,
): Promise<Omit<Evidence, 'golden'>> {
  const { database, fetch } = deps;
  const train = await fetch(job.months);
  const { validation } = job;
  const measured: MeasuredRides =
    validation.kind === 'split' ? { months: train, heldOut: validation } : { months: await fetch([validation.month]) };
  const data = await dataFacts(database, job.taxi_type, train, measured.heldOut ? [] : measured.months);
  const rival = await findRival(card, measured, deps);
  try {
    await loadRides(database, MEASURED_TABLE, job.taxi_type, measured.months, measured.heldOut);
    const relation = measured.heldOut ? `(SELECT * FROM ${MEASURED_TABLE} WHERE held_out)` : MEASURED_TABLE;
    const { figures, paired } = await score(scorer, rival, database, relation);
    return { data, figures, champion: against(rival, paired) };
  } finally {
    if (rival.kind === 'ready') await rival.close();
  }
}

/** One pass over the rides: the run with and without their distances, and the rival. */
async function score(scorer: Scorer, rival: Rival, database: TrainingDatabase, relation: string) {
  const rows = await countRows(database, relation);
  const column = () => new Float64Array(rows);
  const paired = { actual: column(), a: column(), b: column(), pickupTime: column() };
  const [given, typical] = [new FigureSums(), new FigureSums()];
  let done = 0;
  for await (const rides of readRides(database, relation, BATCH_ROWS)) {
    const predictions = await scorer.score(batchOf(rides));
    const withNone = await scorer.score(batchOf(withoutDistance(rides)));
    rides.minutes.forEach((minutes, i) => {
      given.add(minutes, predictions, i);
      typical.add(minutes, withNone, i);
    });
    paired.actual.set(rides.minutes, done);
    paired.pickupTime.set(rides.pickupTime, done);
    paired.a.set(predictions.predicted_duration, done);
    if (rival.kind === 'ready') paired.b.set(await rival.predict(rides), done);
    done += rides.size;
  }
  const figures: { readonly given: Figures; readonly typical: Figures } = {
    given: given.figures(),
    typical: typical.figures(),
  };
  return { figures, paired };
}

function against(rival: Rival, paired: PairedPredictions): AgainstChampion {
  if (rival.kind !== 'ready') return rival;
  const { champion, refitted } = rival;
  return { kind: 'compared', champion, refitted, comparison: comparePredictions(paired) };
}
