import type { Terminal } from '#cli/view/terminal.ts';

/** A terminal that prints nothing and keeps the last result. */
export function silentTerminal(): Terminal & { last: unknown } {
  const silent = {
    json: true,
    last: undefined as unknown,
    lost: new AbortController().signal,
    say: () => {},
    progress: () => ({ update: () => {}, done: () => {} }),
    result: (value: unknown) => {
      silent.last = value;
    },
  };
  return silent;
}
