import { shown, TripcastError } from '../../src/errors.ts';

/** A GitHub repository, `owner/name`, spelt as GitHub spells it: the roles' trust tells upper from lower case. */
export type Repository = string & { readonly __brand: 'Repository' };

/** @throws TripcastError for anything else; above all for `*` and `?`, which would let other repositories deploy */
export function parseRepository(value: unknown): Repository {
  if (isRepository(value)) return value;
  throw new TripcastError(
    value === undefined ? 'Which GitHub repository is not said' : `${shown(value)} is no GitHub repository`,
    'Add --context repository=OWNER/NAME, as it stands in its address.',
  );
}

const isRepository = (value: unknown): value is Repository =>
  typeof value === 'string' && /^[A-Za-z\d](-?[A-Za-z\d])*\/[\w.-]+$/.test(value);
