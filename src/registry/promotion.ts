import { TripcastError } from '../errors.ts';
import type { LoadScorer } from '../model/scorer.ts';
import type { TaxiType } from '../trips/taxi-type.ts';
import type { MoveOutcome } from './alias.ts';
import { proveGoldenRides } from './golden-check.ts';
import { moveBefore } from './history.ts';
import { noRun, type Registry } from './registry.ts';
import type { RunId } from './run-id.ts';
import type { TrainingOutcome } from './training-job.ts';

/** Who decides, and what runs the golden rides first. */
export interface PromotionOptions {
  readonly loadScorer: LoadScorer;
  readonly by: string;
  readonly at: Date;
}

export type PromotionOutcome =
  | MoveOutcome
  /** The gate spoke against the run, or was never asked. */
  | { readonly outcome: 'refused'; readonly reasons: readonly string[] };

/**
 * Makes a run the champion of its taxi type, if the gate let it pass, or a person overrules the gate.
 * @param over the sequence number of the champion that the decision rests on, 0 for none: has it changed since, the race is lost
 * @throws TripcastError when there is no such completed run, or it does not answer its golden rides here
 */
export async function promoteRun(
  registry: Registry,
  run: RunId,
  { by, at, loadScorer, over, force = false }: PromotionOptions & { readonly over?: number; readonly force?: boolean },
): Promise<PromotionOutcome> {
  if ((await registry.card(run)) === undefined) throw noRun(run);
  if (!force) {
    const verdict = await registry.verdict(run);
    if (verdict === undefined) return { outcome: 'refused', reasons: ['The run never went through the gate'] };
    if (verdict.outcome !== 'passed') return { outcome: 'refused', reasons: verdict.reasons };
  }
  await proveGoldenRides(registry.folder(run), loadScorer);
  return registry.promote(run, by, at, over === undefined ? {} : { over });
}

/** The last step of a training: promotes over the champion that the gate compared with, and no other. */
export async function promoteTrained(
  job: TrainingOutcome,
  { registry, ...how }: Omit<PromotionOptions, 'by'> & { readonly registry: Registry },
): Promise<TrainingOutcome> {
  const over = job.gate.champion?.sequence ?? 0;
  const promotion = await promoteRun(registry, job.run_id, { ...how, by: job.promoted_by, over });
  if (promotion.outcome === 'refused') return { ...job, status: 'refused' };
  if (promotion.outcome === 'lost-race') return { ...job, status: 'lost-race', champion: promotion.winner };
  return { ...job, status: 'promoted', champion: promotion.pointer };
}

/**
 * Makes the champion before the present one the champion again. The gate is not asked: it was asked when that run was promoted.
 * @throws TripcastError when there is none, or it does not answer its golden rides any more
 */
export async function rollBack(
  registry: Registry,
  taxiType: TaxiType,
  { by, at, loadScorer }: PromotionOptions,
): Promise<{ readonly to: RunId; readonly outcome: MoveOutcome }> {
  const seen = await registry.champion(taxiType);
  const before = moveBefore((await registry.history(taxiType)).filter(isUpTo(seen?.pointer.sequence ?? 0)));
  if (seen === undefined || before === undefined) {
    throw new TripcastError(
      `There is no ${taxiType} champion before ${seen?.pointer.run_id ?? 'the first'}`,
      'Promote another run with `tripcast models promote RUN`.',
    );
  }
  await proveGoldenRides(registry.folder(before.run_id), loadScorer);
  const over = seen.pointer.sequence;
  return { to: before.run_id, outcome: await registry.promote(before.run_id, by, at, { over, isRollback: true }) };
}

const isUpTo =
  (sequence: number) =>
  (move: { readonly sequence: number }): boolean =>
    move.sequence <= sequence;
