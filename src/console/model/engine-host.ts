import { RideBatch } from '#model/rides/ride-batch.ts';
import type { Scorer } from '#model/scorer.ts';
import type { FromWorker, RideColumns, ToWorker } from './messages.ts';

/** A model that the engine runs, or why it does not: as the end of a sentence. */
export type Loaded =
  | {
      readonly outcome: 'loaded';
      readonly scorer: Pick<Scorer, 'scoreNow'>;
      readonly typical: Float32Array | undefined;
    }
  | { readonly outcome: 'refused'; readonly reason: string };

export type LoadModel = (model: Uint8Array) => Loaded;

/** The worker's side of the conversation; only what it is given runs the model. */
export function engineHost(load: LoadModel): (message: ToWorker) => FromWorker {
  let scorer: Pick<Scorer, 'scoreNow'> | undefined;
  return (message) => {
    if (message.kind === 'load') {
      const loaded = attempt(() => load(message.model));
      if (loaded instanceof Error) return { kind: 'refused', reason: loaded.message };
      if (loaded.outcome === 'refused') return { kind: 'refused', reason: loaded.reason };
      scorer = loaded.scorer;
      return { kind: 'loaded', typical: loaded.typical };
    }
    const { id, rides } = message;
    const scored = attempt(() => scorer?.scoreNow(batchOf(rides).inputs));
    if (scored instanceof Error) return { kind: 'failed', id, reason: scored.message };
    if (scored === undefined) return { kind: 'failed', id, reason: 'No model was loaded.' };
    return {
      kind: 'scored',
      id,
      duration: scored.predicted_duration,
      low: scored.interval_low,
      high: scored.interval_high,
    };
  };
}

function batchOf({ pickup, dropoff, distance, time }: RideColumns): RideBatch {
  const batch = new RideBatch(pickup.length);
  pickup.forEach((zone, i) => {
    batch.push(zone, dropoff[i] ?? -1, distance[i] ?? Number.NaN, time[i] ?? -1);
  });
  return batch;
}

/** A worker that throws dies; what failed is an answer instead. */
function attempt<T>(work: () => T): T | Error {
  try {
    return work();
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  }
}
