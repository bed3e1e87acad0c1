import type { Program } from '#engine/program.ts';
import type { RideInputs } from '#model/rides/ride-batch.ts';
import { OUTPUTS_NOW, type PredictionsNow } from '#model/scorer.ts';

/** What a worker starts with. */
export interface WorkerStart {
  readonly program: Program;
  readonly shared: SharedArrayBuffer;
}

/** Rides that a slot has room for. */
export const SLOT_RIDES = 8192;

export const STARTING = 0;
/** The worker waits for rides; those of the last time, if any, are done. */
export const READY = 1;
export const BUSY = 2;
export const FAILED = 3;
type State = typeof STARTING | typeof READY | typeof BUSY | typeof FAILED;

const HEADER_BYTES = 16;
const INPUT_BYTES = 8 + 8 + 8 + 4;
const OUTPUT_BYTES = 4 * OUTPUTS_NOW.length;

/** Memory that a worker shares with the main thread: a state, rides, and their predictions. */
export class Slot {
  static readonly BYTES = HEADER_BYTES + SLOT_RIDES * (INPUT_BYTES + OUTPUT_BYTES);
  readonly #shared: SharedArrayBuffer;
  /** State and number of rides. */
  readonly #header: Int32Array;

  constructor(shared: SharedArrayBuffer) {
    this.#shared = shared;
    this.#header = new Int32Array(shared, 0, 2);
  }

  get state(): State {
    return Atomics.load(this.#header, 0) as State; // only answer() writes it
  }

  get rides(): number {
    return Atomics.load(this.#header, 1);
  }

  /** Views, for as many rides. */
  inputs(rides: number): RideInputs {
    const at = (place: number) => HEADER_BYTES + place * 8 * SLOT_RIDES;
    return {
      PULocationID: new BigInt64Array(this.#shared, at(0), rides),
      DOLocationID: new BigInt64Array(this.#shared, at(1), rides),
      pickup_time: new BigInt64Array(this.#shared, at(2), rides),
      trip_distance: new Float32Array(this.#shared, at(3), rides),
    };
  }

  outputs(rides: number): PredictionsNow {
    const at = (place: number) => HEADER_BYTES + SLOT_RIDES * (INPUT_BYTES + 4 * place);
    const [predicted_duration, interval_low, interval_high] = [0, 1, 2].map(
      (place) => new Float32Array(this.#shared, at(place), rides),
    ) as [Float32Array, Float32Array, Float32Array];
    return { predicted_duration, interval_low, interval_high };
  }

  /** Hands rides to the worker, whose state must be READY. */
  give({ PULocationID, DOLocationID, pickup_time, trip_distance }: RideInputs): void {
    const rides = trip_distance.length;
    const room = this.inputs(rides);
    room.PULocationID.set(PULocationID);
    room.DOLocationID.set(DOLocationID);
    room.pickup_time.set(pickup_time);
    room.trip_distance.set(trip_distance);
    Atomics.store(this.#header, 1, rides);
    this.answer(BUSY);
  }

  answer(state: State): void {
    Atomics.store(this.#header, 0, state);
    Atomics.notify(this.#header, 0);
  }

  /** Blocks the thread while the state is this one. @returns the state, the same if the time is up */
  awaitChangeFrom(state: State, milliseconds?: number): State {
    Atomics.wait(this.#header, 0, state, milliseconds);
    return this.state;
  }
}
