/** What the page and its worker send each other. */

/** Rides by column, so that they are moved instead of copied. */
export interface RideColumns {
  readonly pickup: Int32Array<ArrayBuffer>;
  readonly dropoff: Int32Array<ArrayBuffer>;
  /** Miles; NaN: not given. */
  readonly distance: Float32Array<ArrayBuffer>;
  /** New York wall-clock seconds. */
  readonly time: Float64Array<ArrayBuffer>;
}

export type ToWorker =
  | { readonly kind: 'load'; readonly model: Uint8Array }
  | { readonly kind: 'score'; readonly id: number; readonly rides: RideColumns };

export type FromWorker =
  /** `typical`: miles by pair of zones; undefined: the model knows rides without a distance, and assumes none. */
  | { readonly kind: 'loaded'; readonly typical: Float32Array | undefined }
  /** The engine does not run this model here: as the end of a sentence. */
  | { readonly kind: 'refused'; readonly reason: string }
  | {
      readonly kind: 'scored';
      readonly id: number;
      readonly duration: Float32Array;
      readonly low: Float32Array;
      readonly high: Float32Array;
    }
  | { readonly kind: 'failed'; readonly id: number; readonly reason: string };
