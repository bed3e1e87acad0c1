import type { RideBatch, RideInputs } from '#model/rides/ride-batch.ts';
import type { Predictions, Scorer } from '#model/scorer.ts';

export interface AScorer extends Scorer {
  closed: boolean;
  /** Sizes of the batches scored so far. */
  readonly calls: number[];
}

/**
 * A model simple enough to compute by hand: pickup zone / 10 + dropoff zone / 100 + miles (5 if not given) + the pickup
 * hour / 1000, all shifted; the 90% interval is 2 minutes to each side, the 80% interval 1.
 */
export function aScorer({ shift = 0, taxiType = 'green' } = {}): AScorer {
  const calls: number[] = [];
  const scoreNow = ({ PULocationID, DOLocationID, trip_distance, pickup_time }: RideInputs): Predictions => {
    calls.push(trip_distance.length);
    const base = Float32Array.from(PULocationID, (pickup, i) => {
      const miles = trip_distance[i] ?? Number.NaN;
      const hour = Math.floor((Number(pickup_time[i]) % 86_400) / 3600);
      return (
        Number(pickup) / 10 + Number(DOLocationID[i]) / 100 + (Number.isNaN(miles) ? 5 : miles) + hour / 1000 + shift
      );
    });
    return {
      predicted_duration: base,
      interval_low: base.map((minutes) => minutes - 2),
      interval_high: base.map((minutes) => minutes + 2),
      interval80_low: base.map((minutes) => minutes - 1),
      interval80_high: base.map((minutes) => minutes + 1),
    };
  };
  return {
    metadata: { taxi_type: taxiType },
    engine: { name: 'tripcast', version: 'of a test' },
    calls,
    closed: false,
    score: async (batch: RideBatch) => scoreNow(batch.inputs),
    scoreNow,
    async close() {
      this.closed = true;
    },
  };
}
