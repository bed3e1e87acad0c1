import { connect } from '#cli/context.ts';
import type { CommonOptions } from '#cli/options.ts';
import { userName } from '#cli/user-name.ts';
import type { Terminal } from '#cli/view/terminal.ts';
import { rollBack } from '#registry/promotion.ts';
import type { TaxiType } from '#trips/taxi-type.ts';
import { promotionJson, promotionText } from './promote.ts';
import { mirrorToMlflow } from './sync.ts';

export interface ModelsRollbackOptions {
  readonly taxiType: TaxiType;
}

/** `tripcast models rollback`: makes the previous champion the champion again. */
export async function modelsRollback(
  options: ModelsRollbackOptions & CommonOptions,
  terminal: Terminal,
): Promise<void> {
  const deployment = await connect(options.env);
  const { loadScorer } = await import('#adapters/onnxruntime.ts');
  const { to, outcome } = await rollBack(deployment.registry, options.taxiType, {
    loadScorer,
    by: userName(),
    at: new Date(),
  });
  terminal.result(promotionJson(to, outcome), () => promotionText(to, outcome, options.env));
  if (outcome.outcome === 'moved') await mirrorToMlflow(deployment, terminal);
  if (outcome.outcome === 'lost-race') process.exitCode = 1;
}
