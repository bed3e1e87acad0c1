import { withoutCredentials } from '#credentials.ts';
import { loadConfig } from '#lib/config/load.ts';
import { stackName } from '#lib/config/names.ts';
import type { Config } from '#lib/config/schema.ts';
import type { LocalEnvironment } from '#local/environment.ts';
import { deployCommand } from '#local/localstack-record.ts';
import type { MlflowState } from '#local/mlflow.ts';
import { status as findStatus, type Status } from '#local/status.ts';
import type { CommonOptions } from '../options.ts';
import { type Terminal, table } from '../view/terminal.ts';

export { findStatus };

/** `tripcast status`: what is up, and where. */
export async function status({ env }: CommonOptions, terminal: Terminal): Promise<void> {
  const config = loadConfig(env);
  if (config.endpointUrl === null) return showStack(config, terminal);
  const found = await findStatus();
  terminal.result(found, () => describeEnvironment(found));
}

/** For an environment on AWS: its stack. */
async function showStack(config: Config, terminal: Terminal): Promise<void> {
  const [{ pointAt }, { describeStack }] = await Promise.all([
    import('../context.ts'),
    import('#adapters/cloudformation.ts'),
  ]);
  await pointAt(config);
  const { env, region } = config;
  const name = stackName(env);
  const stack = await describeStack(name);
  terminal.result({ env, region, stack: stack === undefined ? null : { name, ...stack } }, () =>
    stack === undefined
      ? `The stack ${name} is not deployed in ${region}. Deploy it with \`npx cdk deploy --context env=${env}\`.`
      : table(
          ['what', 'where'],
          [['region', region], ['stack', `${name} ${stack.status}`], ...Object.entries(stack.outputs)],
        ),
  );
}

export function describeEnvironment(found: Status): string {
  if (!found.up) return notUp(found.ended);
  if (found.emulator === 'localstack') return describeLocalStack(found);
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

type OnLocalStack = Extract<Status, { readonly emulator: 'localstack' }>;

function describeLocalStack({ endpointUrl, version, stack, current }: OnLocalStack): string {
  const deploy = `\`${deployCommand(endpointUrl)}\``;
  if (version === undefined) {
    return `LocalStack at ${endpointUrl} does not answer.\nStart it again and deploy with ${deploy}, or forget it with \`npx tripcast down\`.`;
  }
  if (stack === undefined) {
    return `LocalStack ${version} at ${endpointUrl} does not hold the stack: it keeps nothing when it is restarted.\nDeploy it with ${deploy}.`;
  }
  const rows = [
    ['LocalStack', `${version}, ${endpointUrl}`],
    ['stack', `${stack.name} ${stack.status}`],
    ...Object.entries(stack.outputs),
  ];
  const stale = current ? [] : [`The sources have changed since: ${deploy} deploys them.`];
  return [table(['what', 'where'], rows), ...stale].join('\n');
}

const elsewhere = () => withoutCredentials(process.env.MLFLOW_TRACKING_URI ?? 'not started');

function notUp(ended: LocalEnvironment | undefined): string {
  const start = 'Start it with `npx tripcast up`.';
  if (ended === undefined) return `The local environment is not up. ${start}`;
  return `The local environment is not up: its emulator at ${ended.endpointUrl} has stopped, and its data is lost. ${start}\nIts log is ${ended.logFile}.`;
}

/** Its address, or what it is doing. */
export function describeMlflow(url: string | undefined, mlflow: MlflowState | undefined): string {
  if (url === undefined || mlflow === undefined) return elsewhere();
  if (mlflow.state === 'ready') return url;
  return mlflow.state === 'stopped' ? `stopped: ${mlflow.reason}` : `${url} (${mlflow.state})`;
}
