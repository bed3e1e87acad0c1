import { TripcastError } from '../errors.ts';
import { findRun } from '../registry/mlflow-ids.ts';
import type { RunId } from '../registry/run-id.ts';
import type { TaxiType } from '../trips/taxi-type.ts';
import type { Deployment } from './context.ts';

/**
 * The run that a person means: by its id, by MLflow's, or as `champion`.
 * @throws TripcastError when there is none
 */
export async function chooseRun(to: Deployment, text: string, taxiType: TaxiType): Promise<RunId> {
  if (text !== 'champion') return findRun(to.registry, to.models, to.config.model, text);
  const champion = await to.registry.champion(taxiType);
  if (champion !== undefined) return champion.pointer.run_id;
  throw new TripcastError(`There is no ${taxiType} champion`, 'Make one with `tripcast train --promote`.');
}
