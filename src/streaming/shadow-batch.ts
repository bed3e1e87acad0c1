import type { Clock } from '#clock.ts';
import { DifferenceSums, type Differences, type GroupDifferences, ridesOf } from '#model/evaluation/differences.ts';
import type { RideBatch } from '#model/rides/ride-batch.ts';
import type { Predictions } from '#model/scorer.ts';
import type { LiveShadow } from '#registry/live-shadow.ts';
import type { RunId } from '#storage/run-id.ts';

/** What became of a batch's rides in the shadow: figures to count, whatever happened. */
export type ShadowOutcome =
  | {
      readonly kind: 'compared';
      readonly runId: RunId;
      /** The champion, whose answers were published. */
      readonly against: RunId;
      readonly all: Differences;
      readonly groups: readonly GroupDifferences[];
      readonly milliseconds: number;
    }
  | { readonly kind: 'failed'; readonly runId: RunId | undefined; readonly rides: number; readonly problem: string };

export type ShadowSource = Pick<LiveShadow, 'current' | 'isRunning'>;

/** A batch that the champion has answered, and whose answers are out. */
export interface AnsweredBatch {
  readonly rides: RideBatch;
  readonly predictions: Predictions;
  readonly runId: RunId;
  /** Only the first so many are counted: the others are delivered again. */
  readonly settled: number;
}

/** The least time that loading a model and scoring may be given, so that the invocation still ends before its limit. */
const LEAST_MILLISECONDS = 1_000;

/**
 * Scores an answered batch with the shadow, if there is one. It never throws, and ends by the deadline: an invocation that
 * failed because of a shadow would be delivered, and answered, again.
 * @param deadline milliseconds since the epoch
 * @returns undefined when there is no shadow, or nothing to count
 */
export async function shadowBatch(
  batch: AnsweredBatch,
  shadow: ShadowSource,
  clock: Clock,
  deadline: number,
): Promise<ShadowOutcome | undefined> {
  const failed = (problem: string, runId?: RunId): ShadowOutcome => ({
    kind: 'failed',
    runId,
    rides: batch.settled,
    problem,
  });
  if (batch.settled === 0) return undefined;
  const timeLeft = deadline - clock.now();
  const late = (problem: string) => (shadow.isRunning(batch.runId) ? failed(problem) : undefined);
  if (timeLeft < LEAST_MILLISECONDS) return late('no time was left for the shadow');
  try {
    const found = await withinTime(compare(batch, shadow, failed), timeLeft);
    return found === TOO_LATE ? late('the shadow was not done in time') : found;
  } catch (error) {
    return failed(String(error));
  }
}

async function compare(
  { rides, predictions, runId: champion, settled }: AnsweredBatch,
  shadow: ShadowSource,
  failed: (problem: string, runId?: RunId) => ShadowOutcome,
): Promise<ShadowOutcome | undefined> {
  const started = performance.now();
  const now = await shadow.current(champion);
  if (now.kind === 'none') return undefined;
  if (now.kind === 'broken') return failed(String(now.error), now.runId);
  const { runId, scorer } = now.model;
  try {
    const { predicted_duration } = await scorer.score(rides);
    const sums = new DifferenceSums();
    sums.add(ridesOf(rides, settled), predicted_duration, predictions.predicted_duration);
    if (!Number.isFinite(sums.all.absolute)) return failed('the shadow gave answers that are not numbers', runId);
    const milliseconds = performance.now() - started;
    return { kind: 'compared', runId, against: champion, all: sums.all, groups: sums.groups(), milliseconds };
  } catch (error) {
    return failed(String(error), runId);
  }
}

const TOO_LATE = Symbol('too late');

async function withinTime<T>(work: Promise<T>, milliseconds: number): Promise<T | typeof TOO_LATE> {
  const { promise, resolve } = Promise.withResolvers<typeof TOO_LATE>();
  const timer = setTimeout(resolve, milliseconds, TOO_LATE);
  try {
    return await Promise.race([work, promise]);
  } finally {
    clearTimeout(timer);
  }
}
