import type { ObjectStore } from '#storage/object-store.ts';
import type { RideQueries } from '#trips/database.ts';
import type { Day } from '#trips/day.ts';
import type { HarmLimits } from '../statistics/harm.ts';
import { type FetchedObjects, fetchArchive, fetchLabels } from './fetch-labelled.ts';
import { type JoinCounts, joinLabels } from './join-labels.ts';
import { type DayError, dayErrors, type Expected, type VersionError, versionErrors } from './realised-error.ts';

export interface ShowLabelsDeps {
  readonly data: ObjectStore;
  readonly database: RideQueries;
  /** A run's card; undefined if it has none. */
  cardOf(version: string): Promise<Expected | undefined>;
  readonly limits: Omit<HarmLimits, 'reference'>;
  /** An empty folder on local disk with room for the days' archive and all labels, twice. */
  readonly workFolder: string;
  readonly onProgress?: (step: string) => void;
}

/** How good the predictions of some days were, as far as labels say. */
export interface ShownLabels extends JoinCounts {
  /** Days in New York, both included. */
  readonly from: Day;
  readonly to: Day;
  /** What was downloaded. */
  readonly read: { readonly archive: Fetched; readonly labels: Fetched };
  /** Labelled predictions as a share of all; null without predictions. */
  readonly match_rate: number | null;
  readonly versions: readonly VersionError[];
  readonly days: readonly DayError[];
}

type Fetched = Omit<FetchedObjects, 'paths'>;

/**
 * The realised errors of the predictions made from one day in New York to another, by the stream and by the API.
 * @example
 * const { match_rate, versions } = await showLabels({ from, to }, deps);
 */
export async function showLabels(
  { from, to }: { readonly from: Day; readonly to: Day },
  { data, database, cardOf, limits, workFolder, onProgress = () => {} }: ShowLabelsDeps,
): Promise<ShownLabels> {
  const fetching = (what: string) => ({
    data,
    workFolder,
    onProgress: (objects: number) => onProgress(`${what}: ${objects} objects`),
  });
  const archive = await fetchArchive(from, to, fetching('archive'));
  const labels = await fetchLabels(fetching('labels'));
  onProgress('joining');
  const joined = await joinLabels(database, { archive: archive.paths, labels: labels.paths, from, to, workFolder });
  const versions = [...new Set(joined.days.map(({ version }) => version))];
  const cards = new Map(await Promise.all(versions.map(async (version) => [version, await cardOf(version)] as const)));
  const { predictions, labelled } = joined.counts;
  return {
    from,
    to,
    read: { archive: sizeOf(archive), labels: sizeOf(labels) },
    ...joined.counts,
    match_rate: predictions === 0 ? null : labelled / predictions,
    versions: versionErrors(joined.days, limits, (version) => cards.get(version)),
    days: dayErrors(joined.days, limits.leastRides),
  };
}

const sizeOf = ({ objects, bytes }: FetchedObjects): Fetched => ({ objects, bytes });
