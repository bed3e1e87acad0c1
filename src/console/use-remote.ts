import { useEffect, useState } from 'preact/hooks';
import { type Api, ApiError } from './api.ts';

export type Remote<T> =
  | { readonly state: 'waiting' }
  | { readonly state: 'ready'; readonly value: T }
  /** The server has no such thing; it says why. */
  | { readonly state: 'absent'; readonly reason: string }
  /** `value`: the last one, if there was one before the failure. */
  | { readonly state: 'failed'; readonly error: Error; readonly value: T | undefined };

/**
 * What the server says at a path, asked again every so often while the page is in sight.
 * @param everyMs undefined: asked once
 */
export function useRemote<T>(api: Api, path: string, everyMs?: number): Remote<T> {
  const [remote, setRemote] = useState<Remote<T>>({ state: 'waiting' });
  useEffect(() => {
    const stop = new AbortController();
    let timer: ReturnType<typeof setTimeout> | undefined;
    const ask = async () => {
      if (document.visibilityState === 'visible') {
        const answer = await api.get(path, stop.signal).then(
          (value) => ({ state: 'ready', value: value as T }) as const,
          (error: Error) => error,
        );
        if (stop.signal.aborted) return;
        setRemote((before) => (answer instanceof Error ? failed(answer, before) : answer));
      }
      if (everyMs !== undefined) timer = setTimeout(ask, everyMs);
    };
    void ask();
    return () => {
      stop.abort();
      clearTimeout(timer);
    };
  }, [api, path, everyMs]);
  return remote;
}

function failed<T>(error: Error, before: Remote<T>): Remote<T> {
  if (error instanceof ApiError && error.status === 404) return { state: 'absent', reason: error.message };
  const value = before.state === 'ready' || before.state === 'failed' ? before.value : undefined;
  return { state: 'failed', error, value };
}
