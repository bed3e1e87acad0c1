import { type Comparison, PairedErrors } from '#model/evaluation/compare.ts';
import { DifferenceSums, type Differences, type GroupDifferences } from '#model/evaluation/differences.ts';
import { type JudgedSegment, judgeSegments, SegmentSums } from '#model/evaluation/segments.ts';
import { batchOf, type LabelledRides, withoutDistance } from '#model/rides/rides.ts';
import type { Scorer } from '#model/scorer.ts';
import type { RunId } from '#storage/run-id.ts';
import { type GateLimits, segmentChecks } from './gate.ts';

/** What two runs make of the same rides: a is the challenger, b the other one. */
export interface Replayed {
  readonly rides: number;
  /** Rides of which it is known how long they took. */
  readonly labelled: number;
  /** On the labelled rides; null if there are none. */
  readonly comparison: Comparison | null;
  readonly segments: readonly JudgedSegment[];
  /** Of a's predictions from b's, on all rides. */
  readonly differences: Differences;
  readonly groups: readonly GroupDifferences[];
}

/**
 * Has two runs score the same rides, whether or not it is known yet how long those took.
 * @param batches minutes: NaN = not known
 * @example
 * const replayed = await replayRides({ a, b }, readRides(database, 'april'), config.gate);
 * const { passed, reasons } = judgeReplay(replayed, champion, config.gate);
 */
export async function replayRides(
  { a, b }: { readonly a: Scorer; readonly b: Scorer },
  batches: AsyncIterable<LabelledRides> | Iterable<LabelledRides>,
  { segments: limits }: Pick<GateLimits, 'segments'>,
): Promise<Replayed> {
  const [differences, errors, segments] = [new DifferenceSums(), new PairedErrors(), new SegmentSums()];
  let labelled = 0;
  for await (const rides of batches) {
    const given = batchOf(rides);
    const [ofA, ofB] = [await predicted(a, given), await predicted(b, given)];
    differences.add(rides, ofA, ofB);
    const known = Array.from(rides.minutes.keys()).filter((i) => !Number.isNaN(rides.minutes[i]));
    if (known.length === 0) continue;
    labelled += known.length;
    const some = only(rides, known);
    const withheld = batchOf(withoutDistance(some));
    const [pairA, pairB] = [
      { given: chosen(ofA, known), withheld: await predicted(a, withheld) },
      { given: chosen(ofB, known), withheld: await predicted(b, withheld) },
    ];
    errors.add(some, pairA.given, pairB.given);
    segments.add(some, pairA, pairB);
  }
  return {
    rides: differences.all.rides,
    labelled,
    comparison: labelled === 0 ? null : errors.comparison(),
    segments: judgeSegments(segments.errors(), limits),
    differences: differences.all,
    groups: differences.groups(),
  };
}

const predicted = async (scorer: Scorer, batch: ReturnType<typeof batchOf>) =>
  (await scorer.score(batch)).predicted_duration;

const chosen = (values: Float64Array | Float32Array, indexes: readonly number[]): Float64Array =>
  Float64Array.from(indexes, (i) => values[i] ?? Number.NaN);

const only = (rides: LabelledRides, indexes: readonly number[]): LabelledRides => ({
  size: indexes.length,
  pickupZone: chosen(rides.pickupZone, indexes),
  dropoffZone: chosen(rides.dropoffZone, indexes),
  distance: chosen(rides.distance, indexes),
  pickupTime: chosen(rides.pickupTime, indexes),
  minutes: chosen(rides.minutes, indexes),
});

export interface ReplayVerdict {
  readonly passed: boolean;
  /** Everything that counts against the challenger, one sentence each; empty if it passed. */
  readonly reasons: readonly string[];
}

/** By the gate's own limits: as good overall, and proven worse in no segment. Rides without labels prove nothing. */
export function judgeReplay(
  { comparison, segments }: Replayed,
  against: RunId,
  limits: Pick<GateLimits, 'segments' | 'rmseToleranceMinutes'>,
): ReplayVerdict {
  if (comparison === null) {
    return { passed: false, reasons: ['None of the rides has a label yet: the errors are not known'] };
  }
  const { a, b, rows, rmse_difference: difference } = comparison;
  const allowed = limits.rmseToleranceMinutes;
  const overall =
    difference <= allowed
      ? []
      : [
          `RMSE ${a.rmse.toFixed(4)} min on ${rows} rides; run ${against}: ${b.rmse.toFixed(4)} min ` +
            `(difference ${difference.toFixed(4)}); at most ${allowed} more is allowed`,
        ];
  const worse = segmentChecks(segments, limits.segments, `run ${against}`).filter(({ passed }) => !passed);
  const reasons = [...overall, ...worse.map(({ said }) => said)];
  return { passed: reasons.length === 0, reasons };
}
