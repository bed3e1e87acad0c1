import { TripcastError } from '#errors.ts';

/** What was typed is wrong in any environment: exit code 2, before anything is requested or written. */
export class WrongUsage extends TripcastError {
  override readonly name = 'WrongUsage';
}

/** Runs a check of what was typed; its failure is wrong usage. */
export function checkUsage<T>(check: () => T): T {
  try {
    return check();
  } catch (error) {
    if (error instanceof TripcastError) throw new WrongUsage(error.what, error.fix, { cause: error });
    throw error;
  }
}
