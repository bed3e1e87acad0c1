import { runToScore } from '#batch/plan.ts';
import { findRun } from '#mlflow/ids.ts';
import { NoChampionError } from '#registry/model-source.ts';
import type { RunId } from '#storage/run-id.ts';
import type { TaxiType } from '#trips/taxi-type.ts';
import type { Deployment } from './context.ts';

/**
 * The run that a person means: by its id, by MLflow's id, or as `champion`.
 * @throws TripcastError if there is none
 */
export async function chooseRun(to: Deployment, text: string, taxiType: TaxiType): Promise<RunId> {
  if (text !== 'champion') return findRun(to.registry, to.models, to.config.model, text);
  const champion = await to.registry.champion(taxiType);
  if (champion === undefined) throw new NoChampionError(taxiType);
  return champion.pointer.run_id;
}

/**
 * Checks, before a state machine is started, whether there is a run for it to score with: it would report that too, but
 * after three tries and with an error whose name differs on the emulator.
 * @returns the requested run, by tripcast's id; undefined when the champion is to score
 * @throws TripcastError when there is no such run or no champion, or the run is for other taxis
 */
export async function checkedRun(
  { registry, models, config }: Deployment,
  { runId, taxiType }: { readonly runId?: RunId; readonly taxiType: TaxiType },
): Promise<RunId | undefined> {
  const run = runId && (await findRun(registry, models, config.model, runId));
  await runToScore(registry, taxiType, run);
  return run;
}
