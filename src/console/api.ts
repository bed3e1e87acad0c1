/** The API as the page sees it. Addresses are relative, so that the page also works behind a prefix. */

/** A request that failed, in words for the reader. */
export class ApiError extends Error {
  override readonly name = 'ApiError';
  readonly status: number | undefined;

  constructor(message: string, status?: number) {
    super(message);
    this.status = status;
  }
}

export interface Api {
  get(path: string, signal?: AbortSignal): Promise<unknown>;
  getBytes(path: string, signal?: AbortSignal): Promise<Uint8Array>;
  post(path: string, body: unknown, signal?: AbortSignal): Promise<unknown>;
}

export function apiAt(base: string, ask: typeof fetch): Api {
  const send = async (path: string, init: RequestInit) => {
    const response = await ask(new URL(path, base), init).catch((error: unknown) => {
      if (init.signal?.aborted) throw error;
      throw new ApiError('The server cannot be reached. Is it still running?');
    });
    if (!response.ok) throw new ApiError(await reasonOf(response), response.status);
    return response;
  };
  const within = (signal?: AbortSignal) => (signal === undefined ? {} : { signal });
  return {
    get: async (path, signal) => (await send(path, within(signal))).json(),
    getBytes: async (path, signal) => new Uint8Array(await (await send(path, within(signal))).arrayBuffer()),
    post: async (path, body, signal) => {
      const headers = { 'content-type': 'application/json' };
      return (await send(path, { method: 'POST', headers, body: JSON.stringify(body), ...within(signal) })).json();
    },
  };
}

/** What the server said about it: problem details (RFC 9457), or its status. */
async function reasonOf(response: Response): Promise<string> {
  const body: unknown = await response.json().catch(() => undefined);
  const said = typeof body === 'object' && body !== null ? body : {};
  const text = [Reflect.get(said, 'detail'), Reflect.get(said, 'message'), Reflect.get(said, 'title')].find(
    (each) => typeof each === 'string',
  );
  return typeof text === 'string' ? text : `The server answered with status ${response.status}.`;
}
