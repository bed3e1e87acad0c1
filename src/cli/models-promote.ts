import { type PromotionOutcome, promoteRun } from '../registry/promotion.ts';
import type { RunId } from '../registry/run-id.ts';
import { chooseRun } from './choose-run.ts';
import { connect, type Deployment } from './context.ts';
import { mirrorToMlflow } from './models-sync.ts';
import type { CommonOptions } from './options.ts';
import type { Terminal } from './terminal.ts';
import { userName } from './user-name.ts';

export interface ModelsPromoteOptions {
  readonly run: string;
  /** Overrules the gate. */
  readonly force: boolean;
}

/** `tripcast models promote`: a registered run becomes the champion of its own taxi type. */
export async function modelsPromote(options: ModelsPromoteOptions & CommonOptions, terminal: Terminal): Promise<void> {
  const to = await connect(options.env);
  const run = await chooseRun(to, options.run, to.config.model.servedTaxiType);
  const outcome = await promote(to, run, options.force);
  terminal.result(promotionJson(run, outcome), () => promotionText(run, outcome));
  if (outcome.outcome === 'moved') await mirrorToMlflow(to, terminal);
  if (outcome.outcome === 'refused' || outcome.outcome === 'lost-race') process.exitCode = 1;
}

async function promote(to: Deployment, run: RunId, force: boolean): Promise<PromotionOutcome> {
  const { loadScorer } = await import('../adapters/onnxruntime.ts');
  return promoteRun(to.registry, run, { loadScorer, by: userName(), at: new Date(), force });
}

const STATUS = {
  moved: 'promoted',
  'already-there': 'already-champion',
  'lost-race': 'lost-race',
  refused: 'refused',
} as const satisfies Record<PromotionOutcome['outcome'], string>;

/** What `models promote` and `models rollback` print with `--json`. */
export const promotionJson = (run: RunId, outcome: PromotionOutcome) => ({
  status: STATUS[outcome.outcome],
  run_id: run,
  champion: championOf(outcome) ?? null,
  reasons: outcome.outcome === 'refused' ? outcome.reasons : [],
});

const championOf = (outcome: PromotionOutcome) =>
  outcome.outcome === 'refused' ? undefined : outcome.outcome === 'lost-race' ? outcome.winner : outcome.pointer;

export function promotionText(run: RunId, outcome: PromotionOutcome): string {
  switch (outcome.outcome) {
    case 'moved': {
      const { previous_run_id, sequence } = outcome.pointer;
      return `Run ${run} is the champion (#${sequence})${previous_run_id === null ? '' : `, after ${previous_run_id}`}.`;
    }
    case 'already-there':
      return `Run ${run} is the champion already (#${outcome.pointer.sequence}).`;
    case 'lost-race':
      return `Run ${run} was not promoted: ${outcome.winner.promoted_by} made ${outcome.winner.run_id} the champion meanwhile.`;
    case 'refused':
      return [
        `Run ${run} was not promoted; the gate speaks against it (--force overrules it):`,
        ...outcome.reasons.map((reason) => `  - ${reason}`),
      ].join('\n');
  }
}
