import { type RideInputs, wordsOf } from '#model/rides/ride-batch.ts';
import { BLOCK, LANES } from './layout.ts';

/** Consecutive rides of a batch, from `from` up to `to`, which take the places of a block that start at `at`. */
export interface Segment {
  readonly from: number;
  readonly to: number;
  /** A multiple of eight. */
  readonly at: number;
}

/** So many consecutive rides between the same zones get a segment of their own: pruning the trees for them pays. */
export const RUN = 64;
/** Rides of any zones are computed in segments that fit a core's first cache. */
const MIXED = 256;

/** The segments of a batch's next block, whose first ride is `start`. */
export function nextBlock({ PULocationID, DOLocationID }: Zones, start: number): readonly Segment[] {
  const rides = PULocationID.length;
  const zones: ZoneWords = [wordsOf(PULocationID), wordsOf(DOLocationID)];
  const segments: Segment[] = [];
  for (let from = start, at = 0; from < rides && at < BLOCK; ) {
    const to = segmentEnd(zones, from, Math.min(rides, from + BLOCK - at));
    segments.push({ from, to, at });
    at += Math.ceil((to - from) / LANES) * LANES;
    from = to;
  }
  return segments;
}

type Zones = Pick<RideInputs, 'PULocationID' | 'DOLocationID'>;

/** A long run, or rides of any zones up to the next one. */
function segmentEnd(zones: ZoneWords, from: number, most: number): number {
  let end = runEnd(zones, from, most);
  if (end - from >= RUN) return end;
  while (end < most && end - from < MIXED) {
    const next = runEnd(zones, end, most);
    if (next - end >= RUN) return end;
    end = next;
  }
  return Math.min(end, from + MIXED);
}

/** The first ride that is not between the same zones as `from`. By the low words: a wrong end would only take time. */
function runEnd([pickup, dropoff]: ZoneWords, from: number, most: number): number {
  let end = from + 1;
  while (end < most && pickup[2 * end] === pickup[2 * from] && dropoff[2 * end] === dropoff[2 * from]) end += 1;
  return end;
}

type ZoneWords = readonly [pickup: Int32Array, dropoff: Int32Array];
