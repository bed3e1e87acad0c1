import type { Predictions, Predictor, Ride } from '../predictor.ts';
import { Failed } from '../status.tsx';
import type { Latest } from '../use-latest.ts';
import { useLatest } from '../use-latest.ts';
import { shortTime } from '../week.ts';
import { minutesText } from '../words.ts';
import { cityZone, labelOf } from '../zone-search.ts';
import { type Explained, explain } from './contributions.ts';
import { TYPICAL_RIDES } from './gen/typical-rides.ts';
import { Waterfall } from './waterfall.tsx';

export interface RideAnswerProps {
  readonly predictor: Predictor;
  readonly ride: Ride;
  readonly answer: Latest<Predictions>;
  /** Whether the answer is still that of the question before. */
  readonly isStale: boolean;
  readonly pause: number;
}

/** One ride: how long, how sure, and why. */
export function RideAnswer({ predictor, ride, answer, isStale, pause }: RideAnswerProps) {
  const distance = ride.distance ?? predictor.typicalDistance(ride.pickup, ride.dropoff);
  const why = useLatest<Explained>(
    [predictor.where, predictor.run, ...Object.values(ride)].join(' '),
    () => explain({ ...ride, distance }, TYPICAL_RIDES, predictor),
    pause,
  );
  if (answer.state === 'failed') return <Failed what="There is no prediction" error={answer.error} />;
  const [from, to] = [cityZone(ride.pickup), cityZone(ride.dropoff)];
  const [duration, low, high] = [answer.value?.duration[0], answer.value?.low[0], answer.value?.high[0]];
  if (duration === undefined || low === undefined || high === undefined)
    return <p class="quiet">Computing the ride…</p>;
  return (
    <section aria-label="The ride">
      <h2>
        {from && labelOf(from)} → {to && labelOf(to)}, <span class="nowrap">{shortTime(ride.time)}</span>
      </h2>
      <p class={isStale ? 'duration stale' : 'duration'} role="status" aria-busy={isStale}>
        <data value={shortest(duration)} class="number">
          {Math.round(duration)}
        </data>{' '}
        min
        <span class="interval">
          9 of 10 such rides take{' '}
          <b class="nowrap">
            <data value={shortest(low)}>{Math.round(low)}</data> to{' '}
            <data value={shortest(high)}>{Math.round(high)}</data> min
          </b>
        </span>
      </p>
      <IntervalBar duration={duration} low={low} high={high} />
      {why.state === 'failed' ? (
        <Failed what="The prediction was not taken apart" error={why.error} />
      ) : (
        why.value !== undefined && <Waterfall explained={why.value} isDistanceGiven={ride.distance !== undefined} />
      )}
    </section>
  );
}

/** A float32 as the API writes it: the fewest digits that name it. */
export function shortest(value: number): string {
  for (let digits = 1; digits <= 9; digits++) {
    const text = value.toPrecision(digits);
    if (Math.fround(Number(text)) === Math.fround(value)) return String(Number(text));
  }
  return String(value);
}

/** Predictions end at an hour. */
const LONGEST = 60;

function IntervalBar({ duration, low, high }: { duration: number; low: number; high: number }) {
  const end = Math.max(LONGEST, Math.ceil(high / 10) * 10);
  const x = (minutes: number) => (300 * minutes) / end;
  const ticks = Array.from({ length: end / 10 + 1 }, (_, i) => i * 10);
  return (
    <svg
      class="interval-bar"
      viewBox="-8 0 316 34"
      role="img"
      aria-label={`Scale from 0 to ${end} minutes: ${minutesText(duration)}, between ${Math.round(low)} and ${minutesText(high)}`}
    >
      <rect class="rail" y="5" width="300" height="8" rx="4" />
      <rect class="span" x={x(low)} y="5" width={Math.max(2, x(high) - x(low))} height="8" rx="4" />
      <rect class="tick" x={x(duration) - 2} y="0" width="4" height="18" rx="1.5" />
      {ticks.map((tick) => (
        <text key={tick} x={x(tick)} y="31" text-anchor="middle">
          {tick}
        </text>
      ))}
    </svg>
  );
}
