/** The published versions of a function and what names them; src/adapters/lambda-versions.ts has it. */
export interface VersionStore {
  /** In any order, without `$LATEST`. */
  versions(): Promise<readonly number[]>;
  /** Those that any alias sends calls to, with those that get a share of them during a canary. */
  aliased(): Promise<readonly number[]>;
  /** `denied`: the credentials may not. */
  delete(version: number): Promise<'deleted' | 'denied'>;
}

/** The newest versions that are kept: as many deploys can be taken back. */
export const KEPT_VERSIONS = 10;

/**
 * Which versions can go: all but the newest, those that an alias names, and for each of these the one before, which a rollback
 * goes to.
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

/** `denied`: old versions that the credentials may not delete. They do no harm, so that is for a person to know, not a failure. */
export interface Pruned {
  readonly deleted: readonly number[];
  readonly denied: readonly number[];
}

/** Deletes old versions, the oldest first. */
export async function pruneVersions(store: VersionStore): Promise<Pruned> {
  // The aliases last: a version that one of them was moved to meanwhile is among those that are kept.
  const versions = await store.versions();
  const old = versionsToDelete(versions, await store.aliased());
  for (const [i, version] of old.entries()) {
    if ((await store.delete(version)) === 'denied') return { deleted: old.slice(0, i), denied: old.slice(i) };
  }
  return { deleted: old, denied: [] };
}
