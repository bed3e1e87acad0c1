/** What the views ask of a model, whether it runs in this page or behind the API. */

export interface Ride {
  readonly pickup: number;
  readonly dropoff: number;
  /** Miles; undefined: the model takes the pair's typical distance. */
  readonly distance: number | undefined;
  /** New York wall-clock seconds. */
  readonly time: number;
}

/** Minutes, by ride: the prediction and its 90% interval, each a float32 as the model returned it. */
export interface Predictions {
  readonly duration: readonly number[];
  readonly low: readonly number[];
  readonly high: readonly number[];
}

export interface Predictor {
  /** `page`: the model runs here, and nothing is sent; `api`: each question is a request. */
  readonly where: 'page' | 'api';
  /** The run ID of the model; undefined while the API has not said. */
  readonly run: string | undefined;
  score(rides: readonly Ride[]): Promise<Predictions>;
  /** Miles that the model assumes for rides of the pair without a distance; undefined: none, or only the API knows. */
  typicalDistance(pickup: number, dropoff: number): number | undefined;
  /** Frees what it holds; nothing may be asked afterwards. */
  close(): void;
}
