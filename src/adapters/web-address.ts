import { withoutCredentials } from '#credentials.ts';
import { TripcastError } from '#errors.ts';

/** What to request, and what to send with it. */
export interface WebAddress {
  /** Without a name and password: fetch refuses an address that has them, and this one may be shown and stored. */
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** Whether a place is an http(s) address rather than a folder or a file. */
export const isWebAddress = (place: string) => /^https?:\/\//i.test(place);

/**
 * Takes the name and password out of an http(s) address to send them as a header, as curl and Python's requests do.
 * @throws TripcastError when the address is invalid, without repeating it: the password may be what is wrong with it
 */
export function parseWebAddress(address: string): WebAddress {
  const parsed = isWebAddress(address) ? URL.parse(address) : null;
  if (parsed === null) {
    throw new TripcastError(
      `${withoutCredentials(address)} is not a valid web address`,
      'Write it as http(s)://HOST/PATH; in a password, write / as %2F, : as %3A and @ as %40.',
    );
  }
  if (parsed.username === '' && parsed.password === '') return { url: address, headers: {} };
  const credentials = Buffer.from(`${decoded(parsed.username)}:${decoded(parsed.password)}`);
  return {
    url: withoutCredentials(address),
    headers: { authorization: `Basic ${credentials.toString('base64')}` },
  };
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text; // a % that encodes nothing stands for itself
  }
}
