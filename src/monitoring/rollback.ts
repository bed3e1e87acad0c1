import { evaluationOf } from '#batch/receipts.ts';
import type { Clock } from '#clock.ts';
import type { Comparison } from '#model/evaluation/compare.ts';
import { compareOnMonth } from '#model/evaluation/compare-on-month.ts';
import type { TrainingDatabase } from '#model/rides/training-rides.ts';
import type { LoadScorer } from '#model/scorer.ts';
import { type AliasPointer, moveBefore } from '#registry/alias.ts';
import { loadRun } from '#registry/load-run.ts';
import { rollBack } from '#registry/promotion.ts';
import { noRun, type Registry } from '#registry/registry.ts';
import type { ObjectStore } from '#storage/object-store.ts';
import { fetchRawMonths } from '#storage/raw-months.ts';
import type { RunId } from '#storage/run-id.ts';
import { DAY_MILLISECONDS } from '#trips/day.ts';
import type { Month } from '#trips/month.ts';
import type { TaxiType } from '#trips/taxi-type.ts';
import type { MetricValue } from './metrics.ts';
import type { Notice } from './notice.ts';

export interface RollbackDeps {
  readonly registry: Registry;
  readonly loadScorer: LoadScorer;
  /** `rollback.toleranceMinutes` in the config. */
  readonly toleranceMinutes: number;
  /** Raw months. */
  readonly data: ObjectStore;
  readonly database: TrainingDatabase;
  /** A folder on local disk with room for the month. */
  readonly workFolder: string;
  readonly clock: Clock;
}

/** A month whose labels are here, and the run that scored it. */
export interface LabelledMonth {
  readonly taxi_type: TaxiType;
  readonly month: Month;
  readonly run_id: RunId;
}

/** A champion and the one before it, on the same rides: a is the newer one. */
export interface ChampionsCompared {
  readonly newer: RunId;
  readonly older: RunId;
  readonly comparison: Comparison;
}

export type RollbackOutcome =
  /** There was nothing to decide. */
  | { readonly outcome: 'not-compared'; readonly why: string }
  | (ChampionsCompared & { readonly outcome: 'kept' })
  /** The newer one is worse, but another promotion or rollback was faster: that one counts. */
  | (ChampionsCompared & { readonly outcome: 'overtaken' })
  | (ChampionsCompared & { readonly outcome: 'rolled-back' });

/** After three monthly runs with labels, a champion has stood its test, and the one before is out of date. */
const WATCHED_DAYS = 100;

/**
 * Makes the champion before the current one the champion again if the current one's error turns out to be larger by more
 * than is tolerated. Both score all rides of the month, whichever of them served it when: the question is who predicts
 * these rides better, and neither has seen them. The month has to be one that the champion itself has scored, so that the
 * error in question is its realized one.
 *
 * Worse means that the whole 95% interval of the RMSE difference (compare.ts: days are its unit) is above the tolerance.
 * The alias moves only if it still is where it was when this began. A month that is monitored again after its rollback
 * gets the same answer, and moves nothing.
 * @throws TripcastError when a run's files are gone, or the run before no longer reproduces its golden rides
 */
export async function rollBackIfWorse(month: LabelledMonth, deps: RollbackDeps): Promise<RollbackOutcome> {
  const { registry, loadScorer, toleranceMinutes, clock } = deps;
  const by = promoterOf(month);
  const pair = pairOf(await registry.history(month.taxi_type), month.run_id, by, clock.now());
  if ('why' in pair) return { outcome: 'not-compared', why: pair.why };
  const compared = await compare(month, pair, deps);
  if ('why' in compared) return { outcome: 'not-compared', why: compared.why };
  if (pair.isDone) return { outcome: 'rolled-back', ...compared };
  const { interval } = compared.comparison;
  if (interval === null || interval[0] <= toleranceMinutes) return { outcome: 'kept', ...compared };
  const at = new Date(clock.now());
  const { outcome } = await rollBack(registry, month.taxi_type, { loadScorer, by, at, over: pair.sequence });
  if (outcome.outcome === 'lost-race') return { outcome: 'overtaken', ...compared };
  const isOurs = outcome.outcome === 'moved' || outcome.pointer.promoted_by === by;
  return { outcome: isOurs ? 'rolled-back' : 'overtaken', ...compared };
}

/** Whom the alias's history names, so that a second monitoring of the month recognizes what the first one did. */
const promoterOf = ({ month }: LabelledMonth) => `monitoring (error in ${month})`;

interface Pair {
  readonly newer: RunId;
  readonly older: RunId;
  /** Of the champion that the decision is about. */
  readonly sequence: number;
  /** Whether the alias was already rolled back for this month. */
  readonly isDone: boolean;
}

/** @param history oldest move first */
function pairOf(
  history: readonly AliasPointer[],
  scoredBy: RunId,
  by: string,
  now: number,
): Pair | { readonly why: string } {
  const champion = history.at(-1);
  if (champion === undefined) return { why: 'there is no champion' };
  const { run_id, sequence, promoted_at, rolled_back_run_id } = champion;
  if (rolled_back_run_id === scoredBy && champion.promoted_by === by) {
    return { newer: scoredBy, older: run_id, sequence, isDone: true };
  }
  if (run_id !== scoredBy) return { why: 'the month was scored by another run than the champion' };
  if (rolled_back_run_id !== undefined) return { why: 'the champion is back after a rollback' };
  const older = moveBefore(history);
  if (older === undefined) return { why: 'there was no champion before it' };
  if (now - Date.parse(promoted_at) > WATCHED_DAYS * DAY_MILLISECONDS) {
    return { why: `the champion was promoted more than ${WATCHED_DAYS} days ago` };
  }
  return { newer: run_id, older: older.run_id, sequence, isDone: false };
}

async function compare(
  { taxi_type, month }: LabelledMonth,
  { newer, older }: Pair,
  { registry, loadScorer, data, database, workFolder }: RollbackDeps,
): Promise<ChampionsCompared | { readonly why: string }> {
  for (const run of [newer, older]) {
    const card = await registry.card(run);
    if (card === undefined) throw noRun(run);
    if (evaluationOf(card, month) === 'in-training') return { why: `run ${run} was trained on ${month}` };
  }
  const [source] = await fetchRawMonths(data, taxi_type, [month], workFolder);
  if (source === undefined) throw new TypeError('A month that was fetched must be there.');
  const a = await loadRun(registry, newer, loadScorer);
  try {
    const b = await loadRun(registry, older, loadScorer);
    try {
      return {
        newer,
        older,
        comparison: await compareOnMonth({ a: a.scorer, b: b.scorer }, taxi_type, source, database),
      };
    } finally {
      await b.scorer.close();
    }
  } finally {
    await a.scorer.close();
  }
}

/** Alarms and the dashboard count rollbacks; a month without one puts nothing. */
export const rollbackMetrics = ({ outcome }: RollbackOutcome): readonly MetricValue[] =>
  outcome === 'rolled-back' ? [{ name: 'ChampionRolledBack', value: 1, unit: 'Count' }] : [];

/** Tells people what was done, and why; undefined if nothing was. */
export function rollbackNotice(
  { taxi_type: type, month }: LabelledMonth,
  outcome: RollbackOutcome,
  { toleranceMinutes, env }: { readonly toleranceMinutes: number; readonly env: string },
): Notice | undefined {
  if (outcome.outcome !== 'rolled-back' && outcome.outcome !== 'overtaken') return undefined;
  const { newer, older, comparison } = outcome;
  const { a, b, rows, days, rmse_difference: difference, interval } = comparison;
  const isDone = outcome.outcome === 'rolled-back';
  const range = interval === null ? '' : `, 95% interval ${minutes(interval[0])} to ${minutes(interval[1])}`;
  return {
    subject: `tripcast ${env}: ${type} champion ${isDone ? 'rolled back' : 'worse than the one before'}`,
    message: [
      isDone
        ? `The champion for ${type} taxis was rolled back: on the rides of ${month} it was worse than the one before.`
        : `The champion that scored ${month} for ${type} taxis was worse than the one before. It was not rolled back: someone else has moved the alias in the meantime.`,
      '',
      `Until now: ${newer}, RMSE ${minutes(a.rmse)} min over ${rows.toLocaleString('en-US')} rides on ${days} days.`,
      `${isDone ? 'Champion again' : 'Before it'}: ${older}, RMSE ${minutes(b.rmse)} min on the same rides.`,
      `Difference: ${minutes(difference)} min${range}; at most ${toleranceMinutes} is tolerated.`,
      '',
      `History: npx tripcast models show ${older} --env ${env}`,
      ...(isDone
        ? [`To undo it: npx tripcast models promote ${newer} --force --reason "why" --env ${env}`]
        : [`Who is champion now: npx tripcast models show champion --env ${env}`]),
    ].join('\n'),
  };
}

const minutes = (value: number) => value.toFixed(2);
