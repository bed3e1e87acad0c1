/** Jobs that are whole processes: what a person who types the command waits for. */
import { join } from 'node:path';
import { z } from 'zod';
import { CLONE, run, whole } from '../side-by-side.ts';
import type { Figure } from './contest.ts';

export const tripcast = (...args: readonly string[]): unknown =>
  JSON.parse(run(process.execPath, [join(CLONE, 'bin/tripcast.mjs'), ...args, '--json']));

const peakSchema = z.object({ peak_rss_mb: z.number() }).or(z.object({ peak_mib: z.number() }));

/** A whole process as a contest's figure: seconds, and the peak that it reports. */
export function wholeFigure(work: () => unknown): Figure {
  const { said, seconds } = whole(work);
  const peak = peakSchema.parse(said);
  return { value: seconds, peakMib: 'peak_mib' in peak ? peak.peak_mib : peak.peak_rss_mb };
}
