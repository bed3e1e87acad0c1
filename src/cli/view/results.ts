import type { Writable } from 'node:stream';
import { TripcastError } from '#errors.ts';

/** What a shell reports for a program that a closed pipe ended: 128 + SIGPIPE. */
const CLOSED_PIPE = 141;

/**
 * Standard output as the place for a command's results. When one cannot be written (`| head -1`, a full disk), the work
 * continues anyway, since it has effects besides its output; the exit code says that a result was lost.
 */
export class Results {
  readonly #to: Writable;
  readonly #lost = new AbortController();

  constructor(to: Writable) {
    this.#to = to;
  }

  /** Aborted once a result could not be written: a command that only writes results ends then. */
  get lost(): AbortSignal {
    return this.#lost.signal;
  }

  write(text: string): void {
    this.#to.write(text, (error) => {
      if (error) this.#lost.abort(error);
    });
  }

  /**
   * Waits for pending writes.
   * @returns the exit code of work that succeeded: 0, or 141 when the reader left
   * @throws TripcastError when a result could not be written for another reason
   */
  async exitCode(): Promise<number> {
    if (!this.lost.aborted) await new Promise<void>((resolve) => this.#to.write('', () => resolve()));
    if (!this.lost.aborted) return 0;
    const { reason }: { readonly reason: NodeJS.ErrnoException } = this.lost;
    if (reason.code === 'EPIPE') return CLOSED_PIPE;
    throw new TripcastError(
      `The command did its work, but its result could not be written to standard output: ${reason.message}`,
      'Write it somewhere else.',
    );
  }
}
