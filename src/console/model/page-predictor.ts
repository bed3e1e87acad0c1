import { pairSlot } from '#model/rides/zone-pair.ts';
import type { Predictions, Predictor, Ride } from '../predictor.ts';
import type { FromWorker, RideColumns, ToWorker } from './messages.ts';

/** The part of a Worker that is used. */
export interface WorkerPort {
  postMessage(message: ToWorker, transfer?: ArrayBuffer[]): void;
  terminate(): void;
  onmessage: ((event: { readonly data: FromWorker }) => void) | null;
  onerror: ((event: { readonly message?: string }) => void) | null;
  onmessageerror: ((event: unknown) => void) | null;
}

export type Started =
  | { readonly outcome: 'started'; readonly predictor: PagePredictor }
  /** As the end of a sentence. */
  | { readonly outcome: 'refused'; readonly reason: string };

/** A worker that does not answer for so long is taken for dead. */
const PATIENCE_MS = 15_000;

interface Asked {
  readonly resolve: (predictions: Predictions) => void;
  readonly reject: (error: Error) => void;
  readonly timer: ReturnType<typeof setTimeout>;
}

/** The model in a worker of this page. */
export class PagePredictor implements Predictor {
  readonly where = 'page';
  readonly run: string;
  readonly #worker: WorkerPort;
  readonly #typical: Float32Array | undefined;
  readonly #onDeath: (reason: string) => void;
  readonly #asked = new Map<number, Asked>();
  #next = 0;
  #death: string | undefined;

  /** @param onDeath called once, when the worker can no longer answer; everything that was asked has failed by then */
  static start(
    worker: WorkerPort,
    { model, run, onDeath }: { model: Uint8Array; run: string; onDeath: (reason: string) => void },
  ): Promise<Started> {
    return new Promise((resolve) => {
      const refuse = (reason: string) => {
        clearTimeout(timer);
        worker.terminate();
        resolve({ outcome: 'refused', reason });
      };
      const timer = setTimeout(() => refuse('its worker does not start'), PATIENCE_MS);
      worker.onerror = ({ message }) => refuse(`its worker failed: ${message ?? 'no reason given'}`);
      worker.onmessage = ({ data }) => {
        if (data.kind === 'refused') return refuse(data.reason);
        if (data.kind !== 'loaded') return refuse(`its worker says “${data.kind}” before it has loaded the model`);
        clearTimeout(timer);
        resolve({ outcome: 'started', predictor: new PagePredictor(worker, run, data.typical, onDeath) });
      };
      worker.postMessage({ kind: 'load', model });
    });
  }

  private constructor(
    worker: WorkerPort,
    run: string,
    typical: Float32Array | undefined,
    onDeath: (reason: string) => void,
  ) {
    this.run = run;
    this.#worker = worker;
    this.#typical = typical;
    this.#onDeath = onDeath;
    worker.onerror = ({ message }) => this.#die(message ?? 'its worker failed');
    worker.onmessageerror = () => this.#die('its worker sent what cannot be read');
    worker.onmessage = ({ data }) => this.#receive(data);
  }

  score(rides: readonly Ride[]): Promise<Predictions> {
    if (this.#death !== undefined) return Promise.reject(new Error(this.#death));
    const id = this.#next++;
    const columns = columnsOf(rides);
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => this.#die('its worker does not answer'), PATIENCE_MS);
      this.#asked.set(id, { resolve, reject, timer });
      const { pickup, dropoff, distance, time } = columns;
      const moved = [pickup.buffer, dropoff.buffer, distance.buffer, time.buffer];
      this.#worker.postMessage({ kind: 'score', id, rides: columns }, moved);
    });
  }

  typicalDistance(pickup: number, dropoff: number): number | undefined {
    return this.#typical?.[pairSlot(pickup, dropoff)];
  }

  close(): void {
    this.#death ??= 'The model was replaced.';
    this.#worker.terminate();
    this.#failAll();
  }

  #receive(message: FromWorker): void {
    if (message.kind !== 'scored' && message.kind !== 'failed') return;
    const asked = this.#asked.get(message.id);
    if (asked === undefined) return;
    this.#asked.delete(message.id);
    clearTimeout(asked.timer);
    if (message.kind === 'failed') {
      asked.reject(new Error(message.reason));
      return;
    }
    const [duration, low, high] = [message.duration, message.low, message.high].map((column) => Array.from(column));
    asked.resolve({ duration: duration ?? [], low: low ?? [], high: high ?? [] });
  }

  #die(reason: string): void {
    if (this.#death !== undefined) return;
    this.#death = reason;
    this.#worker.terminate();
    this.#failAll();
    this.#onDeath(reason);
  }

  #failAll(): void {
    for (const { reject, timer } of this.#asked.values()) {
      clearTimeout(timer);
      reject(new Error(this.#death));
    }
    this.#asked.clear();
  }
}

const columnsOf = (rides: readonly Ride[]): RideColumns => ({
  pickup: Int32Array.from(rides, ({ pickup }) => pickup),
  dropoff: Int32Array.from(rides, ({ dropoff }) => dropoff),
  distance: Float32Array.from(rides, ({ distance }) => distance ?? Number.NaN),
  time: Float64Array.from(rides, ({ time }) => time),
});
