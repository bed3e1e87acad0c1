/** A function's published versions and what points at them; implemented in src/adapters/lambda-versions.ts. */
export interface VersionStore {
  /** In any order, without `$LATEST`. */
  versions(): Promise<readonly number[]>;
  /** Those that any alias sends calls to, including those that get a share during a canary. */
  aliased(): Promise<readonly number[]>;
  /** `denied`: the credentials don't allow it. */
  delete(version: number): Promise<'deleted' | 'denied'>;
}

/** How many of the newest versions are kept: this many deploys can be rolled back. */
export const KEPT_VERSIONS = 10;

/**
 * Which versions can go: all but the newest, those that an alias points at, and for each of these the one before it,
 * which is where a rollback goes.
 */
export function versionsToDelete(
  versions: readonly number[],
  aliased: readonly number[],
  keep = KEPT_VERSIONS,
): readonly number[] {
  const ordered = versions.toSorted((a, b) => a - b);
  const before = aliased.map((live) => ordered.findLast((each) => each < live));
  const kept = new Set([...ordered.slice(-keep), ...aliased, ...before]);
  return ordered.filter((each) => !kept.has(each));
}

/** `denied`: old versions that the credentials can't delete. They do no harm, so this is reported, not a failure. */
export interface Pruned {
  readonly deleted: readonly number[];
  readonly denied: readonly number[];
}

/**
 * Deletes old versions, oldest first.
 * @example
 * const { deleted, denied } = await pruneVersions(lambdaVersions('tripcast-prod-predict'));
 */
export async function pruneVersions(store: VersionStore): Promise<Pruned> {
  // Read the aliases last: a version that one of them was moved to in the meantime is then among those kept.
  const versions = await store.versions();
  const old = versionsToDelete(versions, await store.aliased());
  for (const [i, version] of old.entries()) {
    if ((await store.delete(version)) === 'denied') return { deleted: old.slice(0, i), denied: old.slice(i) };
  }
  return { deleted: old, denied: [] };
}
