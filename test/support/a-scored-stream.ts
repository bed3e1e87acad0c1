import type { ModelSource } from '#registry/model-source.ts';
import { isRequeueMarker } from '#storage/layout.ts';
import { distinctPredictions } from '#streaming/distinct.ts';
import { parseKinesisEvent } from '#streaming/kinesis-event.ts';
import { type PredictionRecord, predictionRecordSchema } from '#streaming/prediction-record.ts';
import { quarantinedRecords } from '#streaming/quarantine.ts';
import { scoreBatch } from '#streaming/score-batch.ts';
import { undeliveredRecords } from '#streaming/undelivered.ts';
import { aRun } from './a-run.ts';
import { aScorer } from './a-scorer.ts';
import { AStream } from './a-stream.ts';
import { ManualClock } from './manual-clock.ts';
import { MemoryStore } from './memory-store.ts';
import { type LambdaKinesisEvent, Poller, type PollerOptions } from './poller.ts';

export const SETTINGS: PollerOptions['settings'] = {
  batchSize: 10,
  parallelizationFactor: 1,
  bisectOnError: true,
  retryAttempts: 3,
  maximumAgeSeconds: 86_400,
};

const GOLDEN = {
  rides: [],
  predictions: { predicted_duration: [], interval_low: [], interval_high: [], interval80_low: [], interval80_high: [] },
  exact: [],
};

export const aModel = (letter: string): ModelSource => ({
  current: async () => ({ runId: aRun(letter), scorer: aScorer(), golden: GOLDEN }),
});

/** How long a function has between an invocation and its answer. */
const TIMEOUT_MS = 5_000;

/**
 * The stream from end to end, with the poller in AWS's place: events in, the function's own scoreBatch, predictions,
 * quarantine and what Lambda gives up on; any of them can be broken.
 */
export function aScoredStream({
  shards = 1,
  ...settings
}: Partial<PollerOptions['settings']> & { shards?: number } = {}) {
  const clock = new ManualClock();
  const events = new AStream('stg_taxi_trip_events', clock, shards);
  const predictions = new AStream('stg_taxi_predictions', clock, shards);
  const data = new MemoryStore('data');
  const undelivered = new MemoryStore('undelivered');
  const checkpoints = new Map<string, string>();
  const score = async (event: LambdaKinesisEvent, model = aModel('a'), timeoutMs = TIMEOUT_MS) => {
    const deps = {
      model,
      modelName: 'ride_duration_prediction_model',
      predictions,
      quarantine: data,
      clock,
      codeVersion: 'v1',
    };
    const { response } = await scoreBatch(parseKinesisEvent(event), deps, clock.now() + timeoutMs);
    return response;
  };
  const read = <T>(store: MemoryStore, records: (text: string) => readonly T[]) =>
    [...store.objects.keys()].filter((key) => !isRequeueMarker(key)).flatMap((key) => records(store.text(key)));
  return {
    clock,
    events,
    predictions,
    data,
    undelivered,
    score,
    send: (...values: readonly unknown[]) => {
      for (const [i, value] of values.entries()) {
        events.put(typeof value === 'string' ? value : JSON.stringify(value), `key-${i}`);
      }
    },
    /** Lambda reads the events until none are left, starting where it stopped. @param invoke how an invocation ends */
    poll: (invoke: (event: LambdaKinesisEvent) => Promise<unknown> = score) =>
      new Poller({
        stream: events,
        settings: { ...SETTINGS, ...settings },
        onFailure: undelivered,
        clock,
        checkpoints,
        invoke,
      }).drain(),
    /** What a reader of the predictions gets. */
    async predicted(): Promise<readonly PredictionRecord[]> {
      const records = predictions.values().map((value) => predictionRecordSchema.parse(value));
      return Array.fromAsync(distinctPredictions(records));
    },
    quarantined: () => read(data, quarantinedRecords),
    givenUp: () => read(undelivered, undeliveredRecords),
    /** The id of every record that came in. */
    arrived: () =>
      events.records.map(({ shardId, sequenceNumber }) => `stg_taxi_trip_events/${shardId}/${sequenceNumber}`),
  };
}
