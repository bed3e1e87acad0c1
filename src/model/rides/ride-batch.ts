/** The graph's four inputs, arrays of equal length as src/model/onnx/ride-graph.ts declares them. */
export interface RideInputs {
  readonly PULocationID: BigInt64Array;
  readonly DOLocationID: BigInt64Array;
  /** Miles; NaN = not given. */
  readonly trip_distance: Float32Array;
  /** New York wall-clock seconds; -1 = unknown. */
  readonly pickup_time: BigInt64Array;
}

/** An array as pairs of 32-bit words, the low one first: reading a BigInt64Array costs an allocation per element. */
export const wordsOf = (numbers: BigInt64Array): Int32Array =>
  new Int32Array(numbers.buffer, numbers.byteOffset, numbers.length * 2);

/** See {@link RideBatch.words}; the distance is one float per ride. */
export interface RideWords {
  readonly pickupZone: Int32Array;
  readonly dropoffZone: Int32Array;
  readonly distance: Float32Array;
  readonly pickupTime: Int32Array;
}

/**
 * Rides as the graph takes them: one typed array per input, so that a batch is one native call.
 *
 * Zones and times are int64 in the graph. Writing to a BigInt64Array costs an allocation per element, so the two 32-bit
 * halves are written instead; every platform that Node 24 runs on is little-endian.
 */
export class RideBatch {
  /** Number of rides in use; at most `capacity`. */
  size = 0;
  readonly capacity: number;
  readonly #pickupZone: Int32Array;
  readonly #dropoffZone: Int32Array;
  readonly #distance: Float32Array;
  readonly #time: Int32Array;

  constructor(capacity: number) {
    this.capacity = capacity;
    this.#pickupZone = new Int32Array(capacity * 2);
    this.#dropoffZone = new Int32Array(capacity * 2);
    this.#distance = new Float32Array(capacity);
    this.#time = new Int32Array(capacity * 2);
  }

  /**
   * Appends a ride.
   * @param pickupZone   PULocationID, any 32-bit integer (the graph maps what is not 1..265 to "unknown")
   * @param dropoffZone  DOLocationID, likewise
   * @param distance     miles; NaN = not given
   * @param pickupTime   New York wall-clock seconds; -1 = unknown
   */
  push(pickupZone: number, dropoffZone: number, distance: number, pickupTime: number): void {
    const i = this.size;
    if (i >= this.capacity) throw new RangeError(`A batch of ${this.capacity} rides is full.`);
    this.#pickupZone[2 * i] = pickupZone;
    this.#pickupZone[2 * i + 1] = pickupZone >> 31;
    this.#dropoffZone[2 * i] = dropoffZone;
    this.#dropoffZone[2 * i + 1] = dropoffZone >> 31;
    this.#distance[i] = distance;
    this.#time[2 * i] = pickupTime | 0;
    this.#time[2 * i + 1] = Math.floor(pickupTime / 4_294_967_296);
    this.size = i + 1;
  }

  clear(): void {
    this.size = 0;
  }

  /**
   * The same rides to read one by one: zones and times as pairs of 32-bit words, the low one first, because reading a
   * BigInt64Array costs an allocation per element too. Valid until the next `push` or `clear`.
   */
  get words(): RideWords {
    return {
      pickupZone: this.#pickupZone,
      dropoffZone: this.#dropoffZone,
      distance: this.#distance,
      pickupTime: this.#time,
    };
  }

  /** The graph's four inputs, each `[size]`; views, valid until the next `push` or `clear`. */
  get inputs(): RideInputs {
    return {
      PULocationID: new BigInt64Array(this.#pickupZone.buffer, 0, this.size),
      DOLocationID: new BigInt64Array(this.#dropoffZone.buffer, 0, this.size),
      trip_distance: this.#distance.subarray(0, this.size),
      pickup_time: new BigInt64Array(this.#time.buffer, 0, this.size),
    };
  }
}
