import { join } from 'node:path';
import { dataKeys } from '#storage/layout.ts';
import type { ObjectInfo, ObjectStore } from '#storage/object-store.ts';
import { type Day, daysAfter } from '#trips/day.ts';

/** Some objects, on local disk. */
export interface FetchedObjects {
  readonly paths: readonly string[];
  readonly objects: number;
  readonly bytes: number;
}

export interface FetchDeps {
  readonly data: ObjectStore;
  /** A folder of this job alone, with room for the days and all labels, compressed as they are. */
  readonly workFolder: string;
  readonly onProgress?: (objects: number) => void;
}

/** Many downloads at a time: an archive that buffers little has many small objects. */
const AT_A_TIME = 32;

/**
 * The archive's objects that can hold predictions made on these days in New York. Its folders are days in UTC, by arrival,
 * so that an evening in New York is in the folder of the next day.
 */
export const fetchArchive = (from: Day, to: Day, deps: FetchDeps): Promise<FetchedObjects> =>
  fetchAll(daysBetween(from, daysAfter(to, 1)).map(dataKeys.streamDay), 'archive', deps);

/** All labels: those of a day's rides can arrive at any time, in any object. */
export const fetchLabels = (deps: FetchDeps): Promise<FetchedObjects> => fetchAll([dataKeys.labels], 'labels', deps);

async function fetchAll(
  prefixes: readonly string[],
  name: string,
  { data, workFolder, onProgress }: FetchDeps,
): Promise<FetchedObjects> {
  const paths: string[] = [];
  let bytes = 0;
  const objects = listed(data, prefixes);
  const download = async () => {
    for await (const { key, size } of objects) {
      const path = join(workFolder, `${name}-${paths.length}${key.endsWith('.gz') ? '.jsonl.gz' : '.jsonl'}`);
      paths.push(path);
      if ((await data.download(key, path)) === undefined)
        throw new Error(`${key} was deleted while it was being read.`);
      bytes += size;
      onProgress?.(paths.length);
    }
  };
  await Promise.all(Array.from({ length: AT_A_TIME }, download));
  return { paths, objects: paths.length, bytes };
}

/** Objects of JSON lines. One generator for all downloads: each takes the next. */
async function* listed(data: ObjectStore, prefixes: readonly string[]): AsyncGenerator<ObjectInfo> {
  for (const prefix of prefixes) {
    for await (const object of data.list(prefix)) {
      if (object.size > 0 && /\.jsonl(\.gz)?$/.test(object.key)) yield object;
    }
  }
}

const daysBetween = (from: Day, to: Day): readonly Day[] => {
  const days: Day[] = [];
  for (let day = from; day <= to; day = daysAfter(day, 1)) days.push(day);
  return days;
};
