import type { Clock } from '#clock.ts';
import { encode } from '#streaming/encode.ts';
import type { PredictionRecord } from '#streaming/prediction-record.ts';
import { publish, type RecordSink } from '#streaming/publish.ts';

/** How long a caller whose answer is ready waits for the stream to accept its copy. */
const PATIENCE_MS = 1_000;

/**
 * Sends one prediction to the stream, retrying briefly.
 * @throws when the stream did not accept it
 * @example
 * const send = publisher(kinesisSink('stg_taxi_predictions'), systemClock);
 * await send(record);
 */
export function publisher(sink: RecordSink, clock: Clock): (record: PredictionRecord) => Promise<void> {
  return async (record) => {
    const [lost] = await publish(sink, encode([record]), { clock, deadline: clock.now() + PATIENCE_MS });
    if (lost !== undefined) throw new Error(`${record.prediction_id} was not published: ${lost.error}`);
  };
}
