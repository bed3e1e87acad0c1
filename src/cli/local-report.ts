import { mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { TripcastError } from '#errors.ts';
import type { MonthReport } from '#monitoring/report-schema.ts';
import { LOCAL } from '#setup/paths.mjs';
import { dataKeys, s3Uri } from '#storage/layout.ts';
import type { ObjectStore } from '#storage/object-store.ts';

/** Where an object of an environment's data bucket is kept on this machine, so that pages find each other as they do there. */
export const localPath = (env: string, key: string) => join(LOCAL, 'data', env, key);

/** Downloads a report's page. @returns its path. @throws TripcastError when it is gone from the bucket */
export async function downloadPage(data: ObjectStore, env: string, report: MonthReport): Promise<string> {
  const key = pageKey(report);
  const path = localPath(env, key);
  await mkdir(dirname(path), { recursive: true });
  if ((await data.download(key, path)) !== undefined) return path;
  throw new TripcastError(
    `${s3Uri(data.bucket, key)} is missing`,
    `Make it again with \`tripcast monitor --taxi-type ${report.taxi_type} --month ${report.month}\`.`,
  );
}

export const pageKey = ({ taxi_type, month, run_id }: MonthReport) => dataKeys.reportPage(taxi_type, month, run_id);
