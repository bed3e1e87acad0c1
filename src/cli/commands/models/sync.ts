import { join } from 'node:path';
import { MlflowClient } from '#adapters/mlflow.ts';
import { connect, type Deployment } from '#cli/context.ts';
import type { CommonOptions } from '#cli/options.ts';
import { userName } from '#cli/user-name.ts';
import { type Terminal, table } from '#cli/view/terminal.ts';
import { TripcastError } from '#errors.ts';
import { readEnvironment } from '#local/environment.ts';
import { type SyncReport, syncMlflow } from '#mlflow/mirror.ts';
import { withLock } from '#setup/lock.mjs';
import { LOCAL } from '#setup/paths.mjs';

/** `tripcast models sync`: adds to MLflow what it lacks: runs, versions, champions. */
export async function modelsSync({ env }: CommonOptions, terminal: Terminal): Promise<void> {
  const report = await sync(await connect(env), terminal);
  terminal.result(report, () => summary(report));
}

/**
 * The same alongside other work, after a run was registered or a champion has changed: MLflow only mirrors the
 * registry, so its failure is a line, not a stop.
 */
export async function mirrorToMlflow(to: Deployment, terminal: Terminal): Promise<void> {
  try {
    const { url, mirrored, champions } = await sync(to, terminal);
    const moved = champions.filter((champion) => champion.moved);
    const news = [
      ...mirrored.map(({ registered_model, version }) => `${registered_model} version ${version}`),
      ...moved.map(({ registered_model, version }) => `champion of ${registered_model} is version ${version}`),
    ];
    terminal.say(`  MLflow at ${url}: ${news.join(', ') || 'up to date'}.`);
  } catch (error) {
    if (!(error instanceof TripcastError)) throw error;
    terminal.say(`  Not yet in MLflow: ${error.message}`);
  }
}

/** One at a time on this machine: two at once could mirror a run twice. */
async function sync(to: Deployment, terminal: Terminal): Promise<SyncReport> {
  const mlflow = new MlflowClient({ url: trackingUri(to), variables: process.env });
  const progress = terminal.progress('MLflow');
  let count = 0;
  const mirror = {
    mlflow,
    registry: to.registry,
    store: to.models,
    names: to.config.model,
    user: userName(),
    onMirrored: ({ run_id }: { readonly run_id: string }) => progress.update(++count, `run ${run_id}`),
  };
  const report = await withLock(join(LOCAL, 'models-sync.lock'), () => syncMlflow(mirror));
  progress.done(`${report.mirrored.length} runs mirrored, ${report.present} already there`);
  return report;
}

/** MLFLOW_TRACKING_URI, as in MLflow's own clients; else the local environment's. */
function trackingUri({ config }: Deployment): string {
  const given = process.env.MLFLOW_TRACKING_URI;
  if (given) return given;
  const local = config.endpointUrl === null ? undefined : readEnvironment()?.mlflow;
  if (local !== undefined) return local.url;
  throw new TripcastError(
    `The address of the MLflow server of ${config.env} is not set`,
    'Set MLFLOW_TRACKING_URI to its http(s) address.',
  );
}

function summary({ url, experiment, mirrored, present, champions }: SyncReport): string {
  const rows = mirrored.map((run) => [run.run_id, run.mlflow_run_id, `${run.registered_model} ${run.version}`]);
  return [
    ...(rows.length === 0 ? [] : [table(['run', 'MLflow run', 'version'], rows)]),
    `${mirrored.length} runs mirrored, ${present} already there: experiment ${experiment} of ${url}`,
    ...champions.map(
      ({ registered_model, version, run_id, moved }) =>
        `champion of ${registered_model}: version ${version}${moved ? ' (moved now)' : ''}, run ${run_id}`,
    ),
  ].join('\n');
}
