import { inspect } from 'node:util';
import { CommanderError } from 'commander';
import { withoutCredentials } from '#credentials.ts';
import { shown, TripcastError } from '#errors.ts';
import { WrongUsage } from './wrong-usage.ts';

/** How a command that threw ends. */
export interface Failure {
  readonly code: 1 | 2;
  /** What a person reads; undefined if it was already reported. */
  readonly text: string | undefined;
}

const FAILED = 1;
const WRONG_USAGE = 2;

/**
 * What a person reads of an error: one line that says what failed and how to fix it. A stack trace is for us, and shown
 * only if TRIPCAST_DEBUG is set; a password in an address is never shown.
 * @param manual the command whose manual to point to, for example `tripcast batch`
 */
export function failureOf(error: unknown, manual: string, debug = process.env.TRIPCAST_DEBUG): Failure {
  const { code, text } = described(error, manual);
  if (text === undefined) return { code, text };
  const lines = debug ? `${text}\n${inspect(error)}` : text;
  return { code, text: withoutCredentials(`tripcast: ${lines}`) };
}

function described(error: unknown, manual: string): Failure {
  if (error instanceof CommanderError) return { code: WRONG_USAGE, text: usageText(error, manual) };
  if (error instanceof WrongUsage) return { code: WRONG_USAGE, text: error.message };
  return { code: FAILED, text: failureText(error) };
}

/** What commander says about a value that a parser refused: it names the option, and repeats the value. */
const REFUSED_VALUE =
  /^(?:option '(--[\w-]+)[^']*' argument|command-argument value) '(.*?)' is invalid(?: for argument '[\w-]+')?\. (.*)$/s;

/** Commander's own message, in one line, with where to look. */
function usageText({ code, message }: CommanderError, manual: string): string | undefined {
  if (code === 'commander.help') return undefined; // the help is shown instead
  const said = message.replace(/^error: /, '').replaceAll('\n', ' ');
  const [, option, value = '', complaint] = REFUSED_VALUE.exec(said) ?? [];
  if (complaint === undefined) return `${withStop(said)} See \`${manual} --help\`.`;
  const sentences = complaint.startsWith('Allowed choices') ? `${shown(value)} is not known. ${complaint}` : complaint;
  return option === undefined ? sentences : `${option}: ${sentences}`;
}

const withStop = (text: string) => (/[.?!)]$/.test(text) ? text : `${text}.`);

function failureText(error: unknown): string | undefined {
  if (error instanceof TripcastError) return error.message;
  if (!(error instanceof Error)) return unexpected(String(error));
  if (error.name === 'AbortError') return undefined; // Ctrl-C: what was interrupted has reported it
  if (CREDENTIALS.test(error.name)) {
    return `There are no valid AWS credentials (${firstLine(error)}). Sign in (\`aws sso login\`, or AWS_PROFILE), and try again.`;
  }
  const code = codeOf(error);
  if (UNREACHABLE.test(code) || error.name === 'TimeoutError') {
    return `AWS, or the emulator, does not answer (${firstLine(error)}). See \`tripcast status\`; finished months stay finished, and the same command continues from there.`;
  }
  if ('$fault' in error) return `AWS answered ${error.name}: ${withStop(firstLine(error))} ${fixOf(error.name)}`;
  const file = FILE_PROBLEMS[code];
  if (file !== undefined) return `${withStop(firstLine(error))} ${file}`;
  return unexpected(`${error.name}: ${firstLine(error)}`);
}

/** The names that the SDK and AWS use for missing, expired and unknown credentials. */
const CREDENTIALS =
  /^(CredentialsProviderError|ExpiredToken|ExpiredTokenException|InvalidClientTokenId|UnrecognizedClientException)$/;

/** What Node's sockets report for a place where nothing listens, or no longer does. */
const UNREACHABLE = /^(ECONNREFUSED|ECONNRESET|EHOSTUNREACH|ENOTFOUND|EPIPE|ETIMEDOUT)$/;

/** What to do about the file that Node names. */
const FILE_PROBLEMS: Readonly<Record<string, string>> = {
  EACCES: 'Get permission for it, or choose another path.',
  EEXIST: 'Remove it, or choose another path.',
  EISDIR: 'Give the path of a file, not of a folder.',
  EMFILE: 'Raise the limit on open files (`ulimit -n`).',
  ENOENT: 'Check the path.',
  ENOSPC: 'Free some space, and run it again.',
  ENOTDIR: 'Check the path: one of its folders is a file.',
  ENOTEMPTY: 'Empty it, or choose another path.',
  EPERM: 'Get permission for it, or choose another path.',
  EROFS: 'Choose a path that you can write to.',
};

const fixOf = (name: string) =>
  /AccessDenied|NotAuthorized|Unauthorized|Forbidden/.test(name)
    ? 'Sign in as a user with the permission (AWS_PROFILE), or have it added.'
    : 'Try again; `tripcast status` shows what is deployed.';

const unexpected = (what: string) =>
  `Unexpected ${withStop(what)} This is a bug in tripcast: run it again with TRIPCAST_DEBUG=1 and report what it prints.`;

const codeOf = (error: Error) => ('code' in error ? String(error.code) : '');

const firstLine = ({ message }: Error) => message.split('\n', 1)[0] ?? '';
