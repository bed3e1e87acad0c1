import { useLayoutEffect, useRef, useState } from 'preact/hooks';

/** `key`: the question that it answers; while a newer one is being answered, it is not the newest. */
export type Latest<T> = { readonly key: string | undefined } & (
  | { readonly state: 'waiting'; readonly value: T | undefined }
  | { readonly state: 'ready'; readonly value: T }
  | { readonly state: 'failed'; readonly value: undefined; readonly error: Error }
);

/**
 * The result of the newest question. One question is asked at a time: while it is being answered, newer ones replace
 * each other, so that a slider never builds up a queue. The previous answer stays until the next one arrives.
 * @param key names the question; a new key asks again
 * @param pauseMs how long a question has to stand before it is asked
 */
export function useLatest<T>(key: string | undefined, ask: () => Promise<T>, pauseMs = 0): Latest<T> {
  const [result, setResult] = useState<Latest<T>>({ state: 'waiting', value: undefined, key: undefined });
  const wanted = useRef<{ key: string; ask: () => Promise<T> }>(undefined);
  const isBusy = useRef(false);

  // Not useEffect, which waits until the page is painted: a slider's question is to be answered by then.
  useLayoutEffect(() => {
    if (key === undefined) {
      wanted.current = undefined;
      setResult({ state: 'waiting', value: undefined, key: undefined });
      return;
    }
    wanted.current = { key, ask };
    const start = async () => {
      if (isBusy.current) return;
      isBusy.current = true;
      for (let next = wanted.current; next !== undefined; ) {
        const { key: asked, ask: question } = next;
        const answer = await question().then(
          (value) => ({ state: 'ready', value, key: asked }) as const,
          (error: Error) => ({ state: 'failed', value: undefined, error, key: asked }) as const,
        );
        if (wanted.current !== undefined) setResult(answer);
        next = wanted.current?.key === asked ? undefined : wanted.current;
      }
      isBusy.current = false;
    };
    if (pauseMs === 0) {
      void start();
      return;
    }
    const timer = setTimeout(start, pauseMs);
    return () => clearTimeout(timer);
  }, [key]);

  return result;
}
