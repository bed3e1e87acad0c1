import { type ChildProcess, spawn } from 'node:child_process';
import { TripcastError } from '#errors.ts';
import { runCommand } from './command.ts';

/** How the docker command says that nothing is listening, or no longer is. */
const UNANSWERED =
  /cannot connect to the docker daemon|error during connect|failed to connect to the docker api|unexpected EOF/i;

/** A Docker engine, reached through the docker command. */
export class Docker {
  /** Where it listens; undefined: wherever the docker command looks by default. */
  readonly host: string | undefined;
  /** The engine's own log, if its location is known. */
  readonly log: string | undefined;

  constructor(host?: string, log?: string) {
    this.host = host;
    this.log = log;
  }

  /** What docker commands are run with. Lambda refuses a manifest with attestations, which BuildKit adds by default. */
  get env(): Readonly<Record<string, string>> {
    return { BUILDX_NO_DEFAULT_ATTESTATIONS: '1', ...(this.host !== undefined && { DOCKER_HOST: this.host }) };
  }

  /**
   * Runs `docker ...args` to completion.
   * @returns what it printed, without the final newline
   * @throws TripcastError with the end of its output; when the engine does not answer, that comes first
   */
  async run(...args: readonly string[]): Promise<string> {
    try {
      return (await runCommand('docker', args, { env: this.env, fix: 'Fix that, then run it again.' })).trimEnd();
    } catch (error) {
      throw error instanceof Error && UNANSWERED.test(error.message) ? this.#gone(error) : error;
    }
  }

  /** Starts `docker ...args` and leaves it running, with its output readable. */
  start(...args: readonly string[]): ChildProcess {
    return spawn('docker', args, { env: { ...process.env, ...this.env }, stdio: ['ignore', 'pipe', 'pipe'] });
  }

  #gone(cause: Error): TripcastError {
    const where = this.host === undefined ? '' : ` at ${this.host}`;
    return new TripcastError(
      `The Docker engine${where} does not answer, or no longer does`,
      `Run it again; ${this.log ?? "the engine's own log"} may say why.`,
      { cause },
    );
  }
}
