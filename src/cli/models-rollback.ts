import { rollBack } from '../registry/promotion.ts';
import type { TaxiType } from '../trips/taxi-type.ts';
import { connect } from './context.ts';
import { promotionJson, promotionText } from './models-promote.ts';
import { mirrorToMlflow } from './models-sync.ts';
import type { CommonOptions } from './options.ts';
import type { Terminal } from './terminal.ts';
import { userName } from './user-name.ts';

export interface ModelsRollbackOptions {
  readonly taxiType: TaxiType;
}

/** `tripcast models rollback`: the champion before the present one is the champion again. */
export async function modelsRollback(
  options: ModelsRollbackOptions & CommonOptions,
  terminal: Terminal,
): Promise<void> {
  const deployment = await connect(options.env);
  const { loadScorer } = await import('../adapters/onnxruntime.ts');
  const { to, outcome } = await rollBack(deployment.registry, options.taxiType, {
    loadScorer,
    by: userName(),
    at: new Date(),
  });
  terminal.result(promotionJson(to, outcome), () => promotionText(to, outcome, options.env));
  if (outcome.outcome === 'moved') await mirrorToMlflow(deployment, terminal);
  if (outcome.outcome === 'lost-race') process.exitCode = 1;
}
