import { withoutCredentials } from './credentials.ts';

/**
 * An error meant for a person: what failed, the value given, and what to do about it.
 * Expected outcomes are values, not errors; this is only for real failures and wrong input.
 */
export class TripcastError extends Error {
  override readonly name: string = 'TripcastError';
  readonly what: string;
  readonly fix: string;

  /**
   * @param what what failed, with the value given, as a sentence without the final period
   * @param fix  what the reader can do, as a sentence
   */
  constructor(what: string, fix: string, options?: ErrorOptions) {
    super(`${what}. ${fix}`, options);
    this.what = what;
    this.fix = fix;
  }
}

/** A failure that may go away on a retry: a state machine retries it, but gives up on a TripcastError. */
export class TransientError extends TripcastError {
  override readonly name = 'TransientError';
}

/**
 * A short, safe rendering of an untrusted value for an error message: at most 60 characters, control characters
 * escaped, and passwords removed from addresses.
 */
export function shown(value: unknown): string {
  const text = withoutCredentials(
    typeof value === 'string' ? JSON.stringify(value) : (stringify(value) ?? String(value)),
  );
  return text.length > 60 ? `${text.slice(0, 57)}...` : text;
}

function stringify(value: unknown): string | undefined {
  if (typeof value === 'number' || typeof value === 'bigint') return String(value);
  try {
    return JSON.stringify(value);
  } catch {
    return `an ${Array.isArray(value) ? 'array' : 'object'} that JSON cannot write`; // too deep, or circular
  }
}
