import { z } from 'zod';
import {
  type Differences,
  differencesSchema,
  type GroupDifferences,
  groupDifferencesSchema,
  mergeGroups,
  NO_DIFFERENCES,
  plusDifferences,
} from '#model/evaluation/differences.ts';
import { type RunId, runIdSchema } from '#storage/run-id.ts';
import type { ShadowOutcome } from './shadow-batch.ts';

/**
 * What the stream function logs of each batch that a shadow scored, next to its metrics: metrics know nothing of runs and
 * groups, and the log is where the sums of all instances come together.
 */
export const SHADOW_LINE = 'shadow';

const lineSchema = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('compared'),
    runId: runIdSchema,
    against: runIdSchema,
    all: differencesSchema,
    groups: z.array(groupDifferencesSchema),
    milliseconds: z.number(),
  }),
  z.object({
    kind: z.literal('failed'),
    runId: runIdSchema.optional(),
    rides: z.int(),
    problem: z.string(),
  }),
]);

/** JSON in JSON: metadata of a metric is text. */
export const shadowLine = (outcome: ShadowOutcome): string => JSON.stringify(outcome);

/** The outcome in a line of the function's log; undefined for any other line. */
export function readShadowLine(text: string): ShadowOutcome | undefined {
  const line = parsed(text);
  const inner = typeof line === 'object' && line !== null && SHADOW_LINE in line ? line[SHADOW_LINE] : undefined;
  const { data } = lineSchema.safeParse(typeof inner === 'string' ? parsed(inner) : undefined);
  return data?.kind === 'failed' ? { ...data, runId: data.runId } : data;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined; // most lines of a log are not JSON
  }
}

/** What a shadow's lines add up to. */
export interface ShadowSums {
  readonly batches: number;
  readonly all: Differences;
  readonly groups: readonly GroupDifferences[];
  readonly milliseconds: number;
  /** Rides that the shadow did not score, and why; each reason once. */
  readonly failed: number;
  readonly problems: readonly string[];
}

/** @param run the shadow: lines of an earlier one, or against another champion, are left out */
export function addUp(lines: readonly ShadowOutcome[], run: RunId, against: RunId): ShadowSums {
  const compared = lines.flatMap((line) =>
    line.kind === 'compared' && line.runId === run && line.against === against ? [line] : [],
  );
  const failed = lines.flatMap((line) =>
    line.kind === 'failed' && (line.runId === run || line.runId === undefined) ? [line] : [],
  );
  return {
    batches: compared.length,
    all: compared.map(({ all }) => all).reduce(plusDifferences, NO_DIFFERENCES),
    groups: mergeGroups(compared.map(({ groups }) => groups)),
    milliseconds: compared.reduce((sum, { milliseconds }) => sum + milliseconds, 0),
    failed: failed.reduce((sum, { rides }) => sum + rides, 0),
    problems: [...new Set(failed.map(({ problem }) => problem))],
  };
}
