import type { ObjectStore } from '#storage/object-store.ts';
import { findRawMonths } from '#storage/raw-months.ts';
import type { RunId } from '#storage/run-id.ts';
import { gateRegistered } from '#training/gate-run.ts';
import type { TaxiType } from '#trips/taxi-type.ts';
import type { Deployment } from './context.ts';
import type { Terminal } from './view/terminal.ts';

/** What the gate needs from an environment. */
export interface GatedEnvironment extends Pick<Deployment, 'registry' | 'config'> {
  readonly data: ObjectStore;
}

/**
 * Asks the gate about a registered run, on this machine and with the environment's own limits: against the current champion,
 * on the months of the environment's data bucket.
 */
export async function askGate(to: GatedEnvironment, run: RunId, taxiType: TaxiType, terminal: Terminal): Promise<void> {
  const [{ loadScorer }, { DuckDB }, { workFolder }, { openXGBoost }, { xgboostLibrary }] = await Promise.all([
    import('#adapters/onnxruntime.ts'),
    import('#adapters/duckdb.ts'),
    import('#adapters/work-folder.ts'),
    import('#adapters/xgboost.ts'),
    import('#packaging/natives.ts'),
  ]);
  const progress = terminal.progress(`gate ${run}`);
  await using folder = await workFolder();
  await using database = await DuckDB.open({ tempDirectory: folder.path });
  const { outcome } = await gateRegistered(run, {
    registry: to.registry,
    database,
    boosting: () => openXGBoost(xgboostLibrary()),
    loadScorer,
    fetch: async (months) => (await findRawMonths(to.data, taxiType, months, folder.path)).found,
    limits: to.config.gate,
  });
  progress.done(outcome);
}
