import { TripcastError } from '#errors.ts';
import type { ModelCard } from '#model/card/card.ts';
import { PairedErrors } from '#model/evaluation/compare.ts';
import { FigureSums, type Figures } from '#model/evaluation/figures.ts';
import { type SegmentErrors, SegmentSums } from '#model/evaluation/segments.ts';
import { checkGoldenRides, exactDifference } from '#model/golden/golden.ts';
import { batchOf, withoutDistance } from '#model/rides/rides.ts';
import { loadRides, readRides, type TrainingDatabase } from '#model/rides/training-rides.ts';
import type { Scorer } from '#model/scorer.ts';
import { type ModelFiles, noRun, readModel } from '#registry/registry.ts';
import type { Verdict } from '#registry/verdict.ts';
import type { RawMonth } from '#storage/raw-months.ts';
import type { RunId } from '#storage/run-id.ts';
import type { Month } from '#trips/month.ts';
import { dataFacts } from './data-facts.ts';
import { type AgainstOther, type Evidence, type GateLimits, judge, judgeGolden } from './gate.ts';
import { findRivals, type MeasuredRides, type Rival, type RivalDeps, type Rivals } from './rival.ts';
import type { TrainingJob, TrainingOutcome } from './training-job.ts';

/** The database is used only for this gate: tables are left behind in it. */
export interface GateDeps extends RivalDeps {
  readonly limits: GateLimits;
}

const MEASURED_TABLE = 'measured_rides';

/**
 * Measures a staged run and judges it: its golden rides here, the data it was trained on, its errors and intervals on
 * the validation rides, and the errors of the champion and of the best champion so far on those same rides.
 * @throws TripcastError when the run is not fully staged, or its months are gone
 * @example
 * const { gate } = await gateRun(job, { registry, database, boosting, loadScorer, fetch, limits });
 * if (gate.outcome !== 'passed') console.error(gate.reasons.join('\n'));
 */
export async function gateRun(job: TrainingJob, deps: GateDeps): Promise<TrainingOutcome> {
  const files = await readModel(deps.registry.staged(job.run_id));
  if (files === undefined) throw noRun(job.run_id);
  const { verdict: gate, sound } = await judgeFiles(files, job, deps);
  return { ...job, model: null, champion: null, gate, sound, status: sound ? 'gated' : 'refused' };
}

/**
 * Has the gate judge a run in the registry against the current champion, and stores the verdict.
 * @throws TripcastError when there is no such run, or the data bucket no longer has the month files it was trained on
 */
export async function gateRegistered(run: RunId, deps: GateDeps): Promise<Verdict> {
  const files = await deps.registry.readModel(run);
  if (files === undefined) throw noRun(run);
  const { verdict, sound } = await judgeFiles(files, jobOf(files.card), deps);
  if (sound) await deps.registry.keepVerdict(run, verdict);
  return verdict;
}

type Judged = Pick<TrainingJob, 'run_id' | 'months' | 'validation'>;

/** What a run in the registry was trained and validated on, according to its card. */
function jobOf({ run_id, train, validation }: ModelCard): Judged {
  const months = train.months.map(({ month }) => month);
  const { month, held_out } = validation;
  if (month !== null) return { run_id, months, validation: { kind: 'month', month } };
  if (held_out !== undefined) {
    const validation =
      'days' in held_out ? ({ kind: 'last', ...held_out } as const) : ({ kind: 'split', ...held_out } as const);
    return { run_id, months, validation };
  }
  throw new TripcastError(
    `The card of run ${run_id} does not say which rides were held out of its training`,
    'Train it again with this release, or promote it with `--force`.',
  );
}

async function judgeFiles(
  { card, model, golden: rides }: ModelFiles,
  job: Judged,
  deps: GateDeps,
): Promise<{ readonly verdict: Verdict; readonly sound: boolean }> {
  const scorer = await deps.loadScorer(model);
  try {
    const { checked, max_difference } = await checkGoldenRides(scorer, rides);
    const golden = { checked, here: max_difference, exact: exactDifference(rides) };
    const unsound = judgeGolden(golden);
    if (unsound !== undefined) return { verdict: unsound, sound: false };
    return { verdict: judge({ golden, ...(await measure(job, card, scorer, deps)) }, deps.limits), sound: true };
  } finally {
    await scorer.close();
  }
}

async function measure(
  { months, validation }: Judged,
  card: ModelCard,
  scorer: Scorer,
  deps: GateDeps,
): Promise<Omit<Evidence, 'golden'>> {
  const { database } = deps;
  const train = await asTrainedOn(card, months, deps);
  const measured: MeasuredRides =
    validation.kind === 'month'
      ? { months: await fetchAll(card, [validation.month], deps) }
      : {
          months: train.filter(({ month }) => validation.kind === 'split' || month === validation.month),
          heldOut: validation,
        };
  const data = await dataFacts(database, card.taxi_type, train, measured.heldOut ? [] : measured.months);
  const rivals = await findRivals(card, measured, deps);
  try {
    await loadRides(database, MEASURED_TABLE, card.taxi_type, measured.months, measured.heldOut);
    const relation = measured.heldOut ? `(SELECT * FROM ${MEASURED_TABLE} WHERE held_out)` : MEASURED_TABLE;
    const { figures, against } = await score(scorer, rivals, database, relation);
    const { champion = { kind: 'no-champion' }, ...others } = against;
    return { data, figures, champion, ...others };
  } finally {
    for (const rival of [rivals.champion, rivals.best]) if (rival?.kind === 'ready') await rival.close();
  }
}

/** Fetches months from the data bucket, all of them. */
async function fetchAll({ run_id, taxi_type }: ModelCard, months: readonly Month[], deps: GateDeps) {
  const found = await deps.fetch(months);
  const missing = months.filter((month) => !found.some((each) => each.month === month));
  if (missing.length === 0) return found;
  throw new TripcastError(
    `The gate cannot judge run ${run_id}: ${taxi_type} ${missing.join(', ')} is not in the data bucket`,
    `Ingest it with \`tripcast ingest --taxi-type ${taxi_type} --from ${missing[0]} --to ${missing.at(-1)}\`.`,
  );
}

/** The very files that a run was trained on: a newer edition under the same name says nothing about it. */
async function asTrainedOn(card: ModelCard, months: readonly Month[], deps: GateDeps): Promise<readonly RawMonth[]> {
  const found = await fetchAll(card, months, deps);
  const changed = found.filter(
    ({ month, sha256 }) => !card.train.months.some((each) => each.month === month && each.sha256 === sha256),
  );
  if (changed.length === 0) return found;
  throw new TripcastError(
    `The gate cannot judge run ${card.run_id}: ${card.taxi_type} ${changed.map(({ month }) => month).join(', ')} in the data bucket is not the file that it was trained on`,
    'Train it again on the file that is there now, or promote it with `--force`.',
  );
}

/** One pass over the rides: the run with and without distances, and its rivals. */
async function score(scorer: Scorer, rivals: Rivals, database: TrainingDatabase, relation: string) {
  const [champion, best] = [rivals.champion, rivals.best].map(
    (rival) => rival && { rival, errors: new PairedErrors() },
  );
  const segments = new SegmentSums();
  const [given, typical] = [new FigureSums(), new FigureSums()];
  for await (const rides of readRides(database, relation)) {
    const predictions = await scorer.score(batchOf(rides));
    const withNone = await scorer.score(batchOf(withoutDistance(rides)));
    rides.minutes.forEach((minutes, i) => {
      given.add(minutes, predictions, i);
      typical.add(minutes, withNone, i);
    });
    if (best?.rival.kind === 'ready') {
      best.errors.add(rides, predictions.predicted_duration, await best.rival.predict(rides));
    }
    if (champion?.rival.kind === 'ready') {
      const { rival, errors } = champion;
      const theirs = { given: await rival.predict(rides), withheld: await rival.predict(withoutDistance(rides)) };
      errors.add(rides, predictions.predicted_duration, theirs.given);
      segments.add(rides, { given: predictions.predicted_duration, withheld: withNone.predicted_duration }, theirs);
    }
  }
  const figures: { readonly given: Figures; readonly typical: Figures } = {
    given: given.figures(),
    typical: typical.figures(),
  };
  const against = {
    ...(champion && { champion: compared(champion.rival, champion.errors, segments.errors()) }),
    ...(best && { best: compared(best.rival, best.errors) }),
  };
  return { figures, against };
}

function compared(rival: Rival, errors: PairedErrors, segments?: readonly SegmentErrors[]): AgainstOther {
  if (rival.kind !== 'ready') return rival;
  const { champion, refitted } = rival;
  return { kind: 'compared', champion, refitted, comparison: errors.comparison(), ...(segments && { segments }) };
}
