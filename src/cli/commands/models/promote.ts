import { askGate } from '#cli/ask-gate.ts';
import { chooseRun } from '#cli/choose-run.ts';
import { connect, type Deployment } from '#cli/context.ts';
import type { CommonOptions } from '#cli/options.ts';
import { userName } from '#cli/user-name.ts';
import type { Terminal } from '#cli/view/terminal.ts';
import { TripcastError } from '#errors.ts';
import { type PromotionOutcome, promoteRun } from '#registry/promotion.ts';
import { noRun } from '#registry/registry.ts';
import type { RunId } from '#storage/run-id.ts';
import { mirrorToMlflow } from './sync.ts';

export interface ModelsPromoteOptions {
  readonly run: string;
  /** Asks the gate first, against the current champion. */
  readonly gate?: boolean;
  /** Overrules the gate. */
  readonly force: boolean;
  /** Why it is overruled, for the history. */
  readonly reason?: string;
}

/** `tripcast models promote`: a registered run becomes the champion for its own taxi type. */
export async function modelsPromote(options: ModelsPromoteOptions & CommonOptions, terminal: Terminal): Promise<void> {
  if (options.reason !== undefined && !options.force) {
    throw new TripcastError('--reason says why the gate is overruled, but --force is missing', 'Add --force.');
  }
  const to = await connect(options.env);
  const run = await chooseRun(to, options.run, to.config.model.servedTaxiType);
  const outcome = await promote(to, run, options, terminal);
  terminal.result(promotionJson(run, outcome), () => promotionText(run, outcome, options.env));
  if (outcome.outcome === 'moved') await mirrorToMlflow(to, terminal);
  if (outcome.outcome === 'refused' || outcome.outcome === 'lost-race') process.exitCode = 1;
}

async function promote(
  to: Deployment,
  run: RunId,
  { gate = false, force, reason }: Omit<ModelsPromoteOptions, 'run'>,
  terminal: Terminal,
): Promise<PromotionOutcome> {
  if (gate) {
    const card = await to.registry.card(run);
    if (card === undefined) throw noRun(run);
    await askGate(to, run, card.taxi_type, terminal);
  }
  const { loadScorer } = await import('#adapters/onnxruntime.ts');
  const how = { loadScorer, by: userName(), at: new Date(), force, ...(reason !== undefined && { because: reason }) };
  return promoteRun(to.registry, run, how);
}

const STATUS = {
  moved: 'promoted',
  'already-there': 'already-champion',
  'lost-race': 'lost-race',
  refused: 'refused',
} as const satisfies Record<PromotionOutcome['outcome'], string>;

const promoteCommand = (run: RunId, env: string) => `tripcast models promote ${run} --env ${env}`;

/** What `models promote` and `models rollback` print with `--json`. */
export const promotionJson = (run: RunId, outcome: PromotionOutcome) => ({
  status: STATUS[outcome.outcome],
  run_id: run,
  champion: championOf(outcome) ?? null,
  reasons: outcome.outcome === 'refused' ? outcome.reasons : [],
});

const championOf = (outcome: PromotionOutcome) =>
  outcome.outcome === 'refused' ? undefined : outcome.outcome === 'lost-race' ? outcome.winner : outcome.pointer;

export function promotionText(run: RunId, outcome: PromotionOutcome, env: string): string {
  switch (outcome.outcome) {
    case 'moved': {
      const { previous_run_id, sequence, overruled } = outcome.pointer;
      return [
        `Run ${run} is the champion (#${sequence})${previous_run_id === null ? '' : `, after ${previous_run_id}`}.`,
        ...(overruled === undefined
          ? []
          : ['The gate was overruled, as the history records:', ...overruled.reasons.map((reason) => `  - ${reason}`)]),
      ].join('\n');
    }
    case 'already-there':
      return `Run ${run} is already the champion (#${outcome.pointer.sequence}).`;
    case 'lost-race':
      return `Run ${run} was not promoted: ${outcome.winner.promoted_by} made ${outcome.winner.run_id} the champion in the meantime. Run the gate again with \`${promoteCommand(run, env)} --gate\`.`;
    case 'refused':
      return outcome.judged
        ? [
            `Run ${run} was not promoted: the gate rejects it (--force overrules it):`,
            ...outcome.reasons.map((reason) => `  - ${reason}`),
          ].join('\n')
        : `Run ${run} was not promoted. ${outcome.reasons.join('. ')}. Run the gate with \`${promoteCommand(run, env)} --gate\`.`;
  }
}
