import { type ChildProcess, spawn } from 'node:child_process';
import { TripcastError } from '#errors.ts';
import { runCommand } from './command.ts';

/** How the docker command says that nobody listens, or no longer does. */
const UNANSWERED =
  /cannot connect to the docker daemon|error during connect|failed to connect to the docker api|unexpected EOF/i;

/** A Docker engine, spoken to with the docker command. */
export class Docker {
  /** Where it listens; undefined is where the docker command looks by itself. */
  readonly host: string | undefined;
  /** The engine's own log, if it is known where it is. */
  readonly log: string | undefined;

  constructor(host?: string, log?: string) {
    this.host = host;
    this.log = log;
  }

  /** What docker commands are run with. Lambda refuses a manifest with attestations, which BuildKit adds by itself. */
  get env(): Readonly<Record<string, string>> {
    return { BUILDX_NO_DEFAULT_ATTESTATIONS: '1', ...(this.host !== undefined && { DOCKER_HOST: this.host }) };
  }

  /**
   * Runs `docker ...args` to its end.
   * @returns what it printed, without the last line's end
   * @throws TripcastError with the end of what it said; one that the engine does not answer says so first
   */
  async run(...args: readonly string[]): Promise<string> {
    try {
      return (
        await runCommand('docker', args, { env: this.env, fix: 'Mend what it says, and run it again.' })
      ).trimEnd();
    } catch (error) {
      throw error instanceof Error && UNANSWERED.test(error.message) ? this.#gone(error) : error;
    }
  }

  /** Starts `docker ...args` and leaves it running, its output to be read. */
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
