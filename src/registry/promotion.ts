import { TripcastError } from '#errors.ts';
import type { LoadScorer } from '#model/scorer.ts';
import type { RunId } from '#storage/run-id.ts';
import type { TaxiType } from '#trips/taxi-type.ts';
import { type AliasPointer, type MoveOutcome, moveBefore } from './alias.ts';
import { NoChampionError } from './model-source.ts';
import { proveGoldenRides } from './prove-run.ts';
import { noRun, type Registry } from './registry.ts';
import { bestAfter, type SeenChampion } from './verdict.ts';

/** Who makes the decision, and what scores the golden rides first. */
export interface PromotionOptions {
  readonly loadScorer: LoadScorer;
  readonly by: string;
  readonly at: Date;
}

/** What became of a promotion. `refused` is never the answer to a forced one. */
export type PromotionOutcome =
  | MoveOutcome
  | {
      readonly outcome: 'refused';
      /** What counts against the run, one sentence each. */
      readonly reasons: readonly string[];
      /** Whether these are the gate's own reasons; false if it has not judged the run against the current champion. */
      readonly judged: boolean;
    };

/**
 * Makes a run the champion of its taxi type if it passed the gate against the current champion or a person overrules
 * the gate. A verdict against any other champion does not count.
 * @param over    the sequence number of the champion that the decision is based on, if known, 0 for none: if it has
 *                changed since, the race is lost
 * @param force   overrule the gate
 * @param because why, in the person's words
 * @throws TripcastError when there is no such completed run, or it does not reproduce its golden rides here
 * @example
 * const done = await promoteRun(registry, run, { loadScorer, by: 'ada', at: new Date() });
 * if (done.outcome === 'refused') console.error(done.reasons.join('; '));
 */
export async function promoteRun(
  registry: Registry,
  run: RunId,
  {
    by,
    at,
    loadScorer,
    over,
    force = false,
    because,
  }: PromotionOptions & { readonly over?: number; readonly force?: boolean; readonly because?: string },
): Promise<PromotionOutcome> {
  const card = await registry.card(run);
  if (card === undefined) throw noRun(run);
  const champion = (await registry.champion(card.taxi_type))?.pointer;
  if (champion?.run_id === run) return registry.promote(run, by, at);
  const sequence = over ?? champion?.sequence ?? 0;
  const verdict = await registry.verdictOver(run, sequence);
  const passed = verdict?.outcome === 'passed' ? verdict : undefined;
  const reasons = verdict === undefined ? [await unjudged(registry, run, champion)] : verdict.reasons;
  if (passed === undefined && !force) return { outcome: 'refused', reasons, judged: verdict !== undefined };
  await proveGoldenRides(registry.folder(run), loadScorer);
  // A person can overrule the gate whatever the champion is, and the run becomes the bar for later ones.
  if (passed === undefined) {
    const overruled = { reasons: [...reasons], because: because ?? null };
    return registry.promote(run, by, at, { ...(over !== undefined && { over }), overruled });
  }
  const best = bestAfter(passed);
  return registry.promote(run, by, at, { over: sequence, ...(best && { best }) });
}

/** Explains why the run has no verdict that counts. */
async function unjudged(registry: Registry, run: RunId, champion: AliasPointer | undefined): Promise<string> {
  const first = await registry.verdict(run);
  if (first === undefined) return 'The run never went through the gate';
  const named = (one: SeenChampion | null | undefined) => (one ? `champion #${one.sequence} (${one.run_id})` : 'none');
  return `The gate compared the run with ${named(first.champion)}, but the champion is now ${named(champion)}`;
}

/**
 * Makes the previous champion the champion again. The gate is skipped: it already judged that run when it was promoted.
 * @param over the sequence number of the champion that the decision is based on: if it has changed since, the race is lost
 * @throws TripcastError when there is none, or it no longer reproduces its golden rides
 * @example
 * const { to, outcome } = await rollBack(registry, 'green', { loadScorer, by: 'ada', at: new Date() });
 */
export async function rollBack(
  registry: Registry,
  taxiType: TaxiType,
  { by, at, loadScorer, over }: PromotionOptions & { readonly over?: number },
): Promise<{ readonly to: RunId; readonly outcome: MoveOutcome }> {
  const seen = await registry.champion(taxiType);
  const before = moveBefore((await registry.history(taxiType)).filter(isUpTo(over ?? seen?.pointer.sequence ?? 0)));
  if (seen === undefined) throw new NoChampionError(taxiType);
  if (before === undefined) {
    throw new TripcastError(
      `There is no ${taxiType} champion before ${seen.pointer.run_id}`,
      'Promote another run with `tripcast models promote RUN`.',
    );
  }
  await proveGoldenRides(registry.folder(before.run_id), loadScorer);
  const { best } = before;
  const how = { over: over ?? seen.pointer.sequence, isRollback: true, ...(best && { best }) };
  return { to: before.run_id, outcome: await registry.promote(before.run_id, by, at, how) };
}

const isUpTo =
  (sequence: number) =>
  (move: { readonly sequence: number }): boolean =>
    move.sequence <= sequence;
