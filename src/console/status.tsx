import type { ComponentChildren } from 'preact';
import type { Remote } from './use-remote.ts';

/** What did not work, and what to do; said aloud by screen readers. */
export const Failed = ({ what, error }: { what: string; error: Error }) => (
  <p class="problem" role="alert">
    {what}: {error.message}
  </p>
);

interface LoadedProps<T> {
  readonly remote: Remote<T>;
  /** `The months`, at the start of a sentence. */
  readonly what: string;
  readonly children: (value: T) => ComponentChildren;
}

/** What the server said, or why there is nothing to see; after a failure, what it said last stays in sight. */
export function Loaded<T>({ remote, what, children }: LoadedProps<T>) {
  if (remote.state === 'waiting') return <p class="quiet">Loading…</p>;
  if (remote.state === 'absent') {
    return (
      <p class="absent">
        <b>Not available here.</b> {remote.reason}
      </p>
    );
  }
  return (
    <>
      {remote.state === 'failed' && <Failed what={`${what} could not be loaded`} error={remote.error} />}
      {remote.value !== undefined && children(remote.value)}
    </>
  );
}
