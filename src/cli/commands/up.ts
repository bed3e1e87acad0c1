import { type OnLocalStack, upOnLocalStack } from '#local/localstack-up.ts';
import { up as bringEnvironmentUp } from '#local/up.ts';
import { interruptible } from '../interruptible.ts';
import { refuseUnlessLocal } from '../local-only.ts';
import type { CommonOptions, EmulatorName } from '../options.ts';
import type { Terminal } from '../view/terminal.ts';
import { WrongUsage } from '../wrong-usage.ts';
import { describeEnvironment, findStatus } from './status.ts';

export interface UpOptions {
  readonly emulator: EmulatorName;
  /** LocalStack's address; defaults to the configuration's. */
  readonly endpoint?: string;
}

export interface BroughtUp {
  readonly endpointUrl: string;
  /** Whether the emulator was started by this command: then an interruption stops it again. */
  readonly started: boolean;
  /** Whether the stack was deployed by this command. */
  readonly deployed: boolean;
}

/** `tripcast up`: the emulator and the deployed stack; what is already in place stays as it is. */
export async function up({ emulator, endpoint, env }: UpOptions & CommonOptions, terminal: Terminal): Promise<void> {
  refuseUnlessLocal('up', env, `Deploy it with \`npx cdk deploy --context env=${env}\`.`);
  refuseEndpoint({ emulator, endpoint });
  if (emulator === 'localstack') return upLocalStack(endpoint, terminal);
  await interruptible((signal) => bringUp(terminal, signal));
  const found = await findStatus();
  terminal.result(found, () => describeEnvironment(found));
}

/** @throws WrongUsage for an address that goes with another emulator */
export function refuseEndpoint({
  emulator,
  endpoint,
}: {
  emulator: EmulatorName;
  endpoint?: string | undefined;
}): void {
  if (emulator === 'localstack' || endpoint === undefined) return;
  throw new WrongUsage(`--endpoint ${endpoint} is where a LocalStack would run`, 'Add --emulator localstack.');
}

async function upLocalStack(endpoint: string | undefined, terminal: Terminal): Promise<void> {
  const found = await interruptible((signal) => bringUpOnLocalStack(endpoint, terminal, signal));
  const now = await findStatus();
  terminal.result(found, () => describeEnvironment(now));
}

export async function bringUpOnLocalStack(
  endpointUrl: string | undefined,
  terminal: Terminal,
  signal: AbortSignal,
): Promise<OnLocalStack> {
  const progress = terminal.progress('LocalStack');
  const onLacks = (sentences: readonly string[]) => {
    for (const sentence of sentences) terminal.say(`  ${sentence}`);
  };
  const onLine = (line: string) => progress.update(0, line);
  const found = await upOnLocalStack({ endpointUrl, onLacks, onLine, signal });
  progress.done(`${found.deployed ? 'stack deployed' : 'was up'}, ${found.endpointUrl}`);
  return found;
}

export async function bringUp(terminal: Terminal, signal: AbortSignal): Promise<BroughtUp> {
  const done = new Set<'emulator' | 'deploy'>();
  let wasUp = false;
  const progress = terminal.progress('environment');
  signal.addEventListener('abort', () => terminal.say('\nInterrupted: cleaning up.'), { once: true });
  const environment = await bringEnvironmentUp({
    signal,
    onStep: (step) => {
      if (step.step === 'leftover')
        terminal.say(`Stopped an emulator on port ${step.port} that a killed command had left.`);
      else if (step.step === 'waiting') progress.update(0, `waiting for another tripcast (process ${step.pid})`);
      else if (step.step === 'deploy-line') progress.update(0, step.line);
      else if (step.state === 'done') done.add(step.step);
      else if (step.state === 'unchanged' && step.step === 'emulator') wasUp = true;
      else if (step.state === 'started') progress.update(0, STARTED[step.step]);
    },
  }).catch((error: unknown) => {
    if (signal.aborted) terminal.say(afterInterruption(wasUp));
    throw error;
  });
  const what = done.size === 0 ? 'was up' : [...done].map((step) => DONE[step]).join(', ');
  progress.done(`${what}, ${environment.endpointUrl}`);
  return { endpointUrl: environment.endpointUrl, started: done.has('emulator'), deployed: done.has('deploy') };
}

/** What is left of an environment whose start was interrupted. */
export const afterInterruption = (wasUp: boolean) =>
  wasUp
    ? 'The emulator keeps running, as it did before; `npx tripcast up` finishes the work.'
    : 'Nothing was left running.';

const STARTED = { emulator: 'starting the emulator', deploy: 'deploying the stack' } as const;
const DONE = { emulator: 'emulator started', deploy: 'stack deployed' } as const;
