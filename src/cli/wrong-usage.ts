import { TripcastError } from '#errors.ts';

/** What was typed is wrong whatever the environment holds: exit code 2, before anything is asked or written. */
export class WrongUsage extends TripcastError {
  override readonly name = 'WrongUsage';
}

/** Runs a check of what was typed; its complaint is wrong usage. */
export function checkUsage<T>(check: () => T): T {
  try {
    return check();
  } catch (error) {
    if (error instanceof TripcastError) throw new WrongUsage(error.what, error.fix, { cause: error });
    throw error;
  }
}
