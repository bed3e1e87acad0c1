import type { Clock } from '#clock.ts';
import { encode } from '#streaming/encode.ts';
import type { PredictionRecord } from '#streaming/prediction-record.ts';
import { publish, type RecordSink } from '#streaming/publish.ts';

/** How long a caller whose answer is ready waits for the stream to accept its copy. */
const PATIENCE_MS = 1_000;

/**
 * Sends predictions to the stream, retrying briefly.
 * @throws when the stream did not accept all of them
 * @example
 * const send = publisher(kinesisSink('stg_taxi_predictions'), systemClock);
 * await send([record]);
 */
export function publisher(sink: RecordSink, clock: Clock): (records: readonly PredictionRecord[]) => Promise<void> {
  return async (records) => {
    const lost = await publish(sink, encode(records), { clock, deadline: clock.now() + PATIENCE_MS });
    const [first] = lost;
    if (first === undefined) return;
    const others = lost.length === 1 ? 'was' : `and ${lost.length - 1} others were`;
    throw new Error(`${records[first.index]?.prediction_id} ${others} not published: ${first.error}`);
  };
}
