import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import type { Program } from '#engine/program.ts';
import type { RideInputs } from '#model/rides/ride-batch.ts';
import { OUTPUTS_NOW, type PredictionsNow, roomFor, type Scorer } from '#model/scorer.ts';
import { BUSY, READY, SLOT_RIDES, Slot, type WorkerStart } from './scoring-slot.ts';

/** Seconds of scoring after which a second thread pays: it takes about a twentieth of a second to start. */
const WORTH_SECONDS = 0.1;
/** About what a step of a ride through a tree takes. */
const STEP_SECONDS = 1e-9;
/**
 * What a call must take one thread, in milliseconds, for sharing to pay: waking a thread up and waiting for it took up to
 * one. A query's 2,048 rides take zone-map 8, and zone-map-fast 1.4.
 */
const WORTH_MS = 2;
/** A worker that has not answered by then is gone: a slot of rides takes milliseconds. */
const PATIENCE_MS = 10_000;

export interface ScoringThreads {
  /** All threads that score, this one included. */
  readonly threads: number;
  readonly worthSeconds?: number;
  readonly worthMs?: number;
  readonly patienceMs?: number;
}

/**
 * A scorer whose {@link Scorer.scoreNow} shares each call's rides with worker threads. The caller waits, as before: a
 * query's callback cannot await. Workers start once scoring has taken long enough to be worth it, and until they are
 * ready, this thread works alone. Each ride is computed as it would be by itself, so the answers do not change.
 *
 * A worker that fails or dies is not used again; this thread computes its rides.
 */
export function onThreads(
  scorer: Scorer,
  program: Program,
  { threads, worthSeconds = WORTH_SECONDS, worthMs = WORTH_MS, patienceMs = PATIENCE_MS }: ScoringThreads,
): Scorer {
  const entry = threads < 2 ? undefined : workerEntry();
  if (entry === undefined) return scorer;
  let helpers: Helper[] | undefined;
  const here = { milliseconds: 0, rides: 0 };

  const alone = (inputs: RideInputs): PredictionsNow => {
    const started = performance.now();
    const predictions = scorer.scoreNow(inputs);
    here.milliseconds += performance.now() - started;
    here.rides += inputs.trip_distance.length;
    return predictions;
  };

  const start = () => {
    helpers ??= Array.from({ length: threads - 1 }, () => new Helper(entry, program));
  };

  const scoreNow = (inputs: RideInputs): PredictionsNow => {
    const rides = inputs.trip_distance.length;
    if (here.rides === 0 || (rides * here.milliseconds) / here.rides < worthMs) return alone(inputs);
    if (here.milliseconds >= worthSeconds * 1000) start();
    const ready = (helpers ?? []).filter((helper) => helper.isReady);
    const share = Math.min(SLOT_RIDES, Math.ceil(rides / (ready.length + 1)));
    const parts = ready
      .map((helper, i) => ({ helper, from: i * share, rides: part(inputs, i * share, (i + 1) * share) }))
      .filter((each) => each.rides.trip_distance.length > 0);
    if (parts.length === 0) return alone(inputs);
    for (const each of parts) each.helper.give(each.rides);
    const predictions = roomFor(OUTPUTS_NOW, rides);
    const own = Math.min(rides, parts.length * share);
    copy(alone(part(inputs, own, rides)), predictions, own);
    for (const each of parts) copy(each.helper.take(patienceMs) ?? alone(each.rides), predictions, each.from);
    return predictions;
  };

  return {
    ...scorer,
    scoreNow,
    expect(rides) {
      if (rides * program.steps * STEP_SECONDS >= worthSeconds) start();
    },
    async close() {
      await Promise.all((helpers ?? []).map((helper) => helper.end()));
      await scorer.close();
    },
  };
}

class Helper {
  readonly #slot: Slot;
  readonly #worker: Worker;
  #isUsable = true;

  constructor(entry: string, program: Program) {
    const start: WorkerStart = { program, shared: new SharedArrayBuffer(Slot.BYTES) };
    this.#slot = new Slot(start.shared);
    this.#worker = new Worker(entry, { workerData: start });
    this.#worker.unref(); // it does not keep the process alive
    this.#worker.once('error', () => this.#giveUp());
    this.#worker.once('exit', () => this.#giveUp());
  }

  get isReady(): boolean {
    return this.#isUsable && this.#slot.state === READY;
  }

  give(inputs: RideInputs): void {
    this.#slot.give(inputs);
  }

  /** The predictions of the rides given. @returns undefined if the worker does not make them */
  take(patienceMs: number): PredictionsNow | undefined {
    if (this.#slot.awaitChangeFrom(BUSY, patienceMs) === READY) return this.#slot.outputs(this.#slot.rides);
    this.#giveUp();
    return undefined;
  }

  async end(): Promise<void> {
    this.#giveUp();
    await this.#worker.terminate();
  }

  #giveUp(): void {
    this.#isUsable = false;
  }
}

const part = ({ PULocationID, DOLocationID, pickup_time, trip_distance }: RideInputs, from: number, to: number) => ({
  PULocationID: PULocationID.subarray(from, to),
  DOLocationID: DOLocationID.subarray(from, to),
  pickup_time: pickup_time.subarray(from, to),
  trip_distance: trip_distance.subarray(from, to),
});

function copy(from: PredictionsNow, to: PredictionsNow, at: number): void {
  for (const name of OUTPUTS_NOW) to[name].set(from[name], at);
}

/** The worker's file: the source, or the bundle's entry next to the bundle. Undefined where a bundle has none. */
function workerEntry(): string | undefined {
  return ['ts', 'mjs', 'js']
    .map((extension) => join(import.meta.dirname, `scoring-worker.${extension}`))
    .find((file) => existsSync(file));
}
