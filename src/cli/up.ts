import { up as bringEnvironmentUp } from '../local/up.ts';
import type { CommonOptions } from './options.ts';
import { describeEnvironment, findStatus } from './status.ts';
import type { Terminal } from './terminal.ts';

export interface BroughtUp {
  readonly endpointUrl: string;
  /** Whether the emulator was started now: then an interruption stops it again. */
  readonly started: boolean;
  /** Whether the stack was deployed now. */
  readonly deployed: boolean;
}

/** `tripcast up`: the emulator and the deployed stack; what is already so stays as it is. */
export async function up(_options: CommonOptions, terminal: Terminal): Promise<void> {
  await interruptible((signal) => bringUp(terminal, signal));
  const found = await findStatus();
  terminal.result(found, () => describeEnvironment(found));
}

export async function bringUp(terminal: Terminal, signal: AbortSignal): Promise<BroughtUp> {
  const done = new Set<'emulator' | 'deploy'>();
  const progress = terminal.progress('environment');
  const environment = await bringEnvironmentUp({
    signal,
    onStep: (step) => {
      if (step.step === 'waiting') progress.update(0, `another tripcast (process ${step.pid}) is at it; waiting`);
      else if (step.step === 'deploy-line') progress.update(0, step.line);
      else if (step.state === 'done') done.add(step.step);
      else if (step.state === 'started') progress.update(0, STARTED[step.step]);
    },
  });
  const what = done.size === 0 ? 'was up' : [...done].map((step) => DONE[step]).join(', ');
  progress.done(`${what}, ${environment.endpointUrl}`);
  return { endpointUrl: environment.endpointUrl, started: done.has('emulator'), deployed: done.has('deploy') };
}

const STARTED = { emulator: 'starting the emulator', deploy: 'deploying the stack' } as const;
const DONE = { emulator: 'emulator started', deploy: 'stack deployed' } as const;

/** Runs work that Ctrl-C (or TERM) aborts through the signal, so that it can clean up; then the command ends as interrupted. */
export async function interruptible<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const stop = new AbortController();
  const abort = () => stop.abort();
  process.once('SIGINT', abort).once('SIGTERM', abort);
  try {
    return await work(stop.signal);
  } finally {
    process.off('SIGINT', abort).off('SIGTERM', abort);
  }
}
