import { shown, TripcastError } from '#errors.ts';

/**
 * A GitHub repository as its workflows' tokens name it in their subject: `owner@id/name@id`, or `owner/name` if it is
 * older than the ids. The roles' trust policies compare it exactly.
 * https://github.blog/changelog/2026-04-23-immutable-subject-claims-for-github-actions-oidc-tokens/
 */
export type Repository = string & { readonly __brand: 'Repository' };

const OWNER = '[A-Za-z\\d](?:-?[A-Za-z\\d])*';
const NAME = '[\\w.-]+';
const ID = '[1-9]\\d*';
const BY_NAMES = new RegExp(`^${OWNER}/${NAME}$`);
const BY_IDS = new RegExp(`^${OWNER}@${ID}/${NAME}@${ID}$`);

/**
 * @param subject the form in a token's subject: with ids or (for an old repository) names alone
 * @throws TripcastError for anything else, above all `*` and `?`, which would let other repositories deploy
 */
export function parseRepository(value: unknown, subject: unknown = 'ids'): Repository {
  if (subject !== 'ids' && subject !== 'names') {
    throw new TripcastError(`--context subject=${shown(subject)} is not known`, 'Use ids or names.');
  }
  if (matches(value, subject === 'ids' ? BY_IDS : BY_NAMES)) return value;
  if (value === undefined) throw new TripcastError('The GitHub repository is missing', fix('OWNER/NAME'));
  if (subject === 'names') {
    throw new TripcastError(
      `${shown(value)} is not a GitHub repository in the form OWNER/NAME`,
      matches(value, BY_IDS)
        ? 'Its tokens have ids: leave out --context subject=names.'
        : 'Add --context repository=OWNER/NAME, spelled as in its address.',
    );
  }
  throw new TripcastError(
    `${shown(value)} is not a GitHub repository in the form OWNER@ID/NAME@ID`,
    fix(matches(value, BY_NAMES) ? value : 'OWNER/NAME'),
  );
}

const fix = (repository: string) =>
  `Add --context repository=OWNER@ID/NAME@ID, which \`gh api repos/${repository} --jq '"\\(.owner.login)@\\(.owner.id)/\\(.name)@\\(.id)"'\` prints; --context subject=names is for a repository whose tokens have no ids.`;

const matches = (value: unknown, form: RegExp): value is Repository => typeof value === 'string' && form.test(value);
