import { loadConfig } from '#lib/config/load.ts';
import { stackName } from '#lib/config/names.ts';
import { sourcesHash } from '#packaging/sources.ts';
import { withLock } from '#setup/lock.mjs';
import { LOCAL, UP_LOCK } from '#setup/paths.mjs';
import { isRunning } from '#setup/processes.mjs';
import { deployStack } from './deploy.ts';
import { type Emulator, startEmulator } from './emulator.ts';
import { forgetEnvironment, type LocalEnvironment, readEnvironment, writeEnvironment } from './environment.ts';
import { stopLeftovers } from './leftovers.ts';
import { startMlflow, stopMlflow } from './mlflow.ts';

/** What `up` reports while it works. `deploy-line` is a line of the CDK's own output. */
export type UpStep =
  | { readonly step: 'waiting'; readonly pid: number }
  /** An emulator that a killed `up` left behind was found and stopped. */
  | { readonly step: 'leftover'; readonly port: number }
  | { readonly step: 'emulator' | 'deploy'; readonly state: 'started' | 'unchanged' }
  | { readonly step: 'emulator' | 'deploy'; readonly state: 'done'; readonly seconds: number }
  | { readonly step: 'deploy-line'; readonly line: string };

export type UpOptions = { readonly onStep?: (step: UpStep) => void; readonly signal?: AbortSignal };

/**
 * Brings the local environment up: the emulator, and the stack as the sources have it now. What is already in place
 * stays as it is. MLflow is started alongside and not waited for. If this fails or is aborted, what it started is
 * stopped, and nothing else.
 * @throws TripcastError; the signal's reason when aborted
 * @example
 * const { endpointUrl } = await up({ onStep: ({ step }) => console.error(step) });
 */
export function up({ onStep = () => {}, signal }: UpOptions = {}): Promise<LocalEnvironment> {
  return withLock(UP_LOCK, () => bringUp(onStep, signal), {
    onWait: ({ pid }) => onStep({ step: 'waiting', pid }),
    ...(signal && { signal }),
  });
}

async function bringUp(onStep: (step: UpStep) => void, signal: AbortSignal | undefined): Promise<LocalEnvironment> {
  const running = readEnvironment();
  if (running !== undefined) {
    onStep({ step: 'emulator', state: 'unchanged' });
    return deployIfChanged(await withMlflow(running), onStep, signal);
  }
  for (const port of await stopLeftovers(LOCAL)) onStep({ step: 'leftover', port });
  const emulator = await timed('emulator', onStep, () => startWhereConfigured(signal));
  let started: LocalEnvironment = { ...described(emulator), startedAt: new Date().toISOString() };
  try {
    writeEnvironment(started);
    started = await withMlflow(started);
    return await deployIfChanged(started, onStep, signal);
  } catch (error) {
    await Promise.all([emulator.stop(), started.mlflow && stopMlflow(started.mlflow)]);
    forgetEnvironment();
    throw error;
  }
}

/** Starts MLflow unless it is running, or MLFLOW_TRACKING_URI names another one. */
async function withMlflow(environment: LocalEnvironment): Promise<LocalEnvironment> {
  const { mlflow } = environment;
  if (process.env.MLFLOW_TRACKING_URI || (mlflow !== undefined && isRunning(mlflow.process))) return environment;
  const now = { ...environment, mlflow: await startMlflow({ emulator: environment }) };
  writeEnvironment(now);
  return now;
}

function startWhereConfigured(signal: AbortSignal | undefined): Promise<Emulator> {
  const { endpointUrl } = loadConfig('dev');
  return startEmulator({ ...(endpointUrl && { port: Number(new URL(endpointUrl).port) }), ...(signal && { signal }) });
}

const described = ({ endpointUrl, port, process, logFile, home }: Emulator) => ({
  endpointUrl,
  port,
  process,
  logFile,
  home,
});

async function deployIfChanged(
  environment: LocalEnvironment,
  onStep: (step: UpStep) => void,
  signal: AbortSignal | undefined,
): Promise<LocalEnvironment> {
  const hash = sourcesHash();
  if (environment.deployed?.sourcesHash === hash) {
    onStep({ step: 'deploy', state: 'unchanged' });
    return environment;
  }
  const onLine = (line: string) => onStep({ step: 'deploy-line', line });
  await timed('deploy', onStep, () =>
    deployStack({ endpointUrl: environment.endpointUrl, onLine, ...(signal && { signal }) }),
  );
  const deployed = { stack: stackName('dev'), at: new Date().toISOString(), sourcesHash: hash };
  const now = { ...environment, deployed };
  writeEnvironment(now);
  return now;
}

async function timed<T>(
  step: 'emulator' | 'deploy',
  onStep: (step: UpStep) => void,
  work: () => Promise<T>,
): Promise<T> {
  onStep({ step, state: 'started' });
  const from = performance.now();
  const result = await work();
  onStep({ step, state: 'done', seconds: (performance.now() - from) / 1000 });
  return result;
}
