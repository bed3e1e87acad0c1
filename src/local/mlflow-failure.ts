import { TripcastError } from '#errors.ts';

/** Why there is no MLflow, as one line for people, so that they know not to wait for it. */
export function reasonOf(error: unknown): string {
  const why =
    error instanceof TripcastError
      ? error.message
      : `MLflow could not be installed: ${essenceOf(error)}. \`npm run setup\` tries again`;
  return `${why.replace(/\.$/, '')}. Everything else works without it.`;
}

/** From the output of a failed install: pip's last error, else the first line. */
function essenceOf(error: unknown): string {
  const lines = (error instanceof Error ? error.message : String(error)).split('\n');
  const word = lines.findLast((line) => line.startsWith('ERROR: ')) ?? lines[0] ?? '';
  return word.replace(/^ERROR: /, '').replace(/[.:]$/, '');
}
