import { open, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { z } from 'zod';
import type { Fetched } from '#batch/ingest.ts';
import { type Clock, systemClock } from '#clock.ts';
import { TransientError, TripcastError } from '#errors.ts';
import { unlessMissing } from './files.ts';
import { parseWebAddress, type WebAddress } from './web-address.ts';

export interface DownloadOptions {
  /** The ETag of the local copy: if the file still has it, nothing is fetched. */
  readonly unless?: string | undefined;
  readonly onProgress?: ((bytes: number, of: number | undefined) => void) | undefined;
  /** Called before each wait for another attempt. */
  readonly onRetry?: ((reason: string) => void) | undefined;
  readonly clock?: Clock;
  /** How long a connection may be silent. */
  readonly silenceMs?: number;
}

/** TLC answers 403 for a month that is not published; other mirrors answer 404. */
const NOT_PUBLISHED = [403, 404];
/** Answers that may change a moment later: timeout, a range that no longer fits, too many requests. */
const PASSING = [408, 416, 429];
/** Retried as long as an attempt gets further than those before it, and for this long after the last one that did. */
const PATIENCE_MS = 120_000;
/** An address that was never reached is probably wrong. */
const UNREACHED_MS = 10_000;
const UNREACHED = /^(ENOTFOUND|EAI_AGAIN|ECONNREFUSED|EHOSTUNREACH|ENETUNREACH)$/;
const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 20_000;
const SILENCE_MS = 30_000;

/**
 * Downloads a file, all or nothing. What has arrived is in `{path}.partial` until it is complete, and a later attempt,
 * by this process or another, resumes from there if the file is still the same one (RFC 9110, If-Range).
 * @throws TransientError when it did not arrive in time; TripcastError for an answer that will not change
 */
export async function download(address: string, path: string, options: DownloadOptions = {}): Promise<Fetched> {
  const { clock = systemClock } = options;
  const { url, headers } = parseWebAddress(address);
  const partial = new PartialFile(path, url);
  const unreachedAt = clock.now() + UNREACHED_MS;
  let wasReached = false;
  let [furthest, giveUpAt, failures] = [0, clock.now() + PATIENCE_MS, 0];
  for (;;) {
    try {
      return await attempt({ url, headers }, partial, options);
    } catch (error) {
      if (isFinal(error)) throw error;
      const reached = await partial.bytes();
      if (reached > furthest) [furthest, giveUpAt, failures] = [reached, clock.now() + PATIENCE_MS, 0];
      wasReached ||= !isUnreached(error);
      const wait = withJitter(Math.min(FIRST_WAIT_MS * 2 ** failures++, LONGEST_WAIT_MS));
      if (!wasReached && clock.now() + wait > unreachedAt) {
        throw new TransientError(
          `${new URL(url).host} cannot be reached (${reasonOf(error)})`,
          'Check the address and the network, then try again.',
          { cause: error },
        );
      }
      if (clock.now() + wait > giveUpAt) {
        throw new TransientError(`${url} could not be fetched (${reasonOf(error)})`, 'Try again later.', {
          cause: error,
        });
      }
      options.onRetry?.(reasonOf(error));
      await clock.sleep(wait);
    }
  }
}

async function attempt(
  { url, headers }: WebAddress,
  partial: PartialFile,
  { unless, onProgress, silenceMs = SILENCE_MS }: DownloadOptions,
): Promise<Fetched> {
  const begun = await partial.begun();
  const silence = new AbortController();
  const timer = setTimeout(() => silence.abort(new Error(`no data for ${silenceMs / 1000} s`)), silenceMs);
  try {
    const response = await fetch(url, {
      headers: { ...headers, ...headersFor(begun, unless) },
      signal: silence.signal,
    });
    const { status, body } = response;
    if (NOT_PUBLISHED.includes(status)) return { outcome: 'not-published' };
    if (status === 304) return { outcome: 'unchanged' };
    if (status === 416) await partial.discard();
    if (!response.ok || body === null) throw answered(status, url);

    const etag = response.headers.get('etag');
    const from = status === 206 && begun !== undefined ? begun.bytes : 0;
    const total = lengthOf(response, from);
    if (from === 0) await partial.begin(etag);
    let bytes = from;
    await using file = await open(partial.path, from === 0 ? 'w' : 'a');
    // Each piece is on disk before the next is requested: when the connection breaks, everything that arrived is kept.
    for await (const piece of body) {
      timer.refresh();
      await file.writeFile(piece);
      bytes += piece.byteLength;
      onProgress?.(bytes, total);
    }
    if (total !== undefined && bytes !== total) {
      if (bytes > total) await partial.discard();
      throw new Error(`${bytes} of ${total} bytes arrived`);
    }
    await partial.complete();
    return { outcome: 'fetched', etag };
  } finally {
    clearTimeout(timer);
  }
}

/** Without compression, so that lengths are those of the file. */
const headersFor = (begun: Begun | undefined, unless: string | undefined): Record<string, string> => ({
  'accept-encoding': 'identity',
  ...(begun !== undefined
    ? { range: `bytes=${begun.bytes}-`, 'if-range': begun.etag }
    : unless !== undefined && { 'if-none-match': unless }),
});

/** The length of the whole file, if the answer says. @throws Error when the answer is about a different part of it */
function lengthOf({ status, headers }: Response, from: number): number | undefined {
  if (status !== 206) return Number(headers.get('content-length') ?? Number.NaN) || undefined;
  const [, start, total] = /^bytes (\d+)-\d+\/(\d+)$/.exec(headers.get('content-range') ?? '') ?? [];
  if (Number(start) === from) return Number(total);
  throw new Error(`it sent ${headers.get('content-range')} instead of the bytes from ${from} on`);
}

function answered(status: number, url: string): Error {
  if (status < 400 || status >= 500 || PASSING.includes(status)) return new Error(`it answered ${status}`);
  const fix =
    status === 401 ? 'Write a name and password in it: https://NAME:PASSWORD@HOST/PATH.' : 'Check the address.';
  return new TripcastError(`${url} answered ${status}`, fix);
}

interface Begun {
  readonly bytes: number;
  readonly etag: string;
}

const noteSchema = z.object({ url: z.string(), etag: z.string() });

/** What has arrived of a file, with a note next to it saying which version of which file it is. */
class PartialFile {
  readonly path: string;
  readonly #target: string;
  readonly #url: string;

  constructor(target: string, url: string) {
    this.#target = target;
    this.#url = url;
    this.path = `${target}.partial`;
  }

  get #note(): string {
    return `${this.path}.json`;
  }

  async bytes(): Promise<number> {
    return (await unlessMissing(stat(this.path)))?.size ?? 0;
  }

  /** What can be resumed; only a strong ETag proves that the rest belongs to it. */
  async begun(): Promise<Begun | undefined> {
    const note = noteIn(await unlessMissing(readFile(this.#note, 'utf8')));
    const bytes = await this.bytes();
    return note?.url === this.#url && bytes > 0 ? { bytes, etag: note.etag } : undefined;
  }

  async begin(etag: string | null): Promise<void> {
    await this.discard();
    if (!etag?.startsWith('"')) return;
    const draft = `${this.#note}.new`;
    try {
      await writeFile(draft, JSON.stringify({ url: this.#url, etag }));
      await rename(draft, this.#note);
    } catch (error) {
      await rm(draft, { force: true });
      throw error;
    }
  }

  async complete(): Promise<void> {
    await rename(this.path, this.#target);
    await this.discard();
  }

  async discard(): Promise<void> {
    await Promise.all([rm(this.path, { force: true }), rm(this.#note, { force: true })]);
  }
}

/** A note that cannot be read (a crash or a full disk may leave one) is ignored: the download starts over. */
function noteIn(text: string | undefined): z.infer<typeof noteSchema> | undefined {
  try {
    return noteSchema.safeParse(JSON.parse(text ?? 'null')).data;
  } catch {
    return undefined; // not JSON
  }
}

/** A final answer, or this machine's own trouble (a full disk): a network failure is the cause of fetch's error. */
const isFinal = (error: unknown) => error instanceof TripcastError || (error instanceof Error && 'syscall' in error);

/** Whether no connection was made. */
const isUnreached = (error: unknown) =>
  error instanceof Error &&
  error.cause instanceof Error &&
  'code' in error.cause &&
  UNREACHED.test(String(error.cause.code));

const withJitter = (most: number) => most * (0.5 + Math.random() / 2);

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? `${error.message}: ${error.cause.message}` : error.message;
}
