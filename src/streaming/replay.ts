import type { Clock } from '#clock.ts';
import { formatWallClock, UNKNOWN_TIME } from '#trips/new-york-time.ts';
import type { RideEvent } from '#trips/ride-event.ts';
import { jsonEntry } from './encode.ts';
import { publish, type RecordSink, type StreamEntry, type Unsent } from './publish.ts';

/** A ride from a file, to be sent as if it were happening now. */
export interface RecordedRide {
  /** `2023/04_123` */
  readonly rideId: string;
  readonly pickupZone: number;
  readonly dropoffZone: number;
  /** Miles; null if the file has none. */
  readonly distance: number | null;
  /** New York wall-clock seconds; -1 = unknown. */
  readonly pickupTime: number;
}

/** The event that a ride is sent as. */
export function eventOf(ride: RecordedRide): RideEvent {
  return {
    ride: {
      PULocationID: ride.pickupZone,
      DOLocationID: ride.dropoffZone,
      ...(ride.distance !== null && { trip_distance: ride.distance }),
      ...(ride.pickupTime !== UNKNOWN_TIME && { pickup_datetime: formatWallClock(ride.pickupTime) }),
    },
    ride_id: ride.rideId,
  };
}

export interface ReplayOptions {
  readonly clock: Clock;
  /** Events per second; by default, as fast as the stream accepts them. */
  readonly rate?: number;
}

/** Events per PutRecords call: small enough for an even rate, large enough for speed. */
const BURST = 500;
/** How long to retry a throttled stream before giving up on its events. */
const PATIENCE_MS = 60_000;

/**
 * Sends rides as events. Yields after each burst how many were sent, and which were not.
 * @example
 * const rides = recordedRides(database, path, { taxiType: 'green', month, limit: 2000 });
 * for await (const { sent } of replay(rides, kinesisSink('stg_taxi_trip_events'), { clock: systemClock })) console.log(sent);
 */
export async function* replay(
  rides: AsyncIterable<RecordedRide>,
  sink: RecordSink,
  { clock, rate = Number.POSITIVE_INFINITY }: ReplayOptions,
): AsyncGenerator<{ readonly sent: number; readonly unsent: readonly Unsent[] }> {
  const start = clock.now();
  let due = 0;
  for await (const burst of bursts(rides, Math.max(1, Math.min(BURST, Math.floor(rate))))) {
    const early = start + (due / rate) * 1000 - clock.now();
    if (early > 0) await clock.sleep(early);
    due += burst.length;
    const unsent = await publish(sink, burst, { clock, deadline: clock.now() + PATIENCE_MS });
    yield { sent: burst.length - unsent.length, unsent };
  }
}

async function* bursts(rides: AsyncIterable<RecordedRide>, size: number): AsyncGenerator<readonly StreamEntry[]> {
  let burst: StreamEntry[] = [];
  for await (const ride of rides) {
    burst.push(jsonEntry(eventOf(ride), ride.rideId));
    if (burst.length === size) {
      yield burst;
      burst = [];
    }
  }
  if (burst.length > 0) yield burst;
}
