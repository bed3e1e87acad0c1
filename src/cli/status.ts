import type { LocalEnvironment } from '../local/environment.ts';
import type { MlflowState } from '../local/mlflow.ts';
import { status as findStatus, type Status } from '../local/status.ts';
import type { CommonOptions } from './options.ts';
import { type Terminal, table } from './terminal.ts';

export { findStatus };

/** `tripcast status`: what is up, and where. */
export async function status(_options: CommonOptions, terminal: Terminal): Promise<void> {
  const found = await findStatus();
  terminal.result(found, () => describeEnvironment(found));
}

export function describeEnvironment(found: Status): string {
  if (!found.up) return notUp(found.ended);
  const { environment, answers, stack, mlflow, current } = found;
  if (!answers) {
    return [
      `The emulator at ${environment.endpointUrl} is running (process ${environment.process.pid}) but does not answer.`,
      'Start it again with `npx tripcast down` and `npx tripcast up`.',
      `Its log is ${environment.logFile}.`,
    ].join('\n');
  }
  const rows = [
    ['emulator', environment.endpointUrl],
    ['stack', stack === undefined ? 'not deployed' : `${stack.name} ${stack.status}`],
    ...Object.entries(stack?.outputs ?? {}),
    ['MLflow', describeMlflow(environment.mlflow?.url, mlflow)],
    ['log', environment.logFile],
  ];
  const stale =
    stack === undefined || current ? [] : ['The sources have changed since: `npx tripcast up` deploys them.'];
  return [table(['what', 'where'], rows), ...stale].join('\n');
}

function notUp(ended: LocalEnvironment | undefined): string {
  const start = 'Start it with `npx tripcast up`.';
  if (ended === undefined) return `The local environment is not up. ${start}`;
  return `The local environment is not up: its emulator at ${ended.endpointUrl} has ended, and what it held is gone. ${start}\nIts log is ${ended.logFile}.`;
}

/** Its address, or what it is at. */
export function describeMlflow(url: string | undefined, mlflow: MlflowState | undefined): string {
  if (url === undefined || mlflow === undefined) return process.env.MLFLOW_TRACKING_URI ?? 'not started';
  if (mlflow.state === 'ready') return url;
  return mlflow.state === 'stopped' ? `stopped: ${mlflow.reason}` : `${url} (${mlflow.state})`;
}
