import type { RideBatch, RideInputs } from './rides/ride-batch.ts';

/** The graph's outputs, in declaration order. */
export const OUTPUTS = [
  'predicted_duration',
  'interval_low',
  'interval_high',
  'interval80_low',
  'interval80_high',
] as const;

export type OutputName = (typeof OUTPUTS)[number];

/** What {@link Scorer.scoreNow} answers: the prediction and its 90% interval. */
export const OUTPUTS_NOW = [
  'predicted_duration',
  'interval_low',
  'interval_high',
] as const satisfies readonly OutputName[];
export type PredictionsNow = Pick<Predictions, (typeof OUTPUTS_NOW)[number]>;

/** Minutes, each array `[rides]`: the prediction, its 90% interval and its 80% interval. */
export type Predictions = Readonly<Record<OutputName, Float32Array>>;

export interface Engine {
  readonly name: 'onnxruntime' | 'tripcast';
  readonly version: string;
}

/**
 * A loaded model: one native call per batch. Results do not depend on how rides are batched (one thread).
 * @example
 * const scorer = await loadScorer(await readFile('model.onnx'));
 * const batch = new RideBatch(1);
 * batch.push(130, 205, 3.66, 1_680_510_600); // the zones, miles, and 2023-04-03T08:30 in New York
 * const { predicted_duration, interval_low, interval_high } = await scorer.score(batch); // minutes, each [1]
 * await scorer.close();
 */
export interface Scorer {
  /** The graph's metadata: recipe, taxi_type, months, sources, code_version. */
  readonly metadata: Readonly<Record<string, string>>;
  /** What computes the scores, for receipts. */
  readonly engine: Engine;
  score(batch: RideBatch): Promise<Predictions>;
  /** Synchronous: the prediction and its 90% interval, for a query that waits for them. */
  scoreNow(inputs: RideInputs): PredictionsNow;
  /**
   * So many consecutive rides between the same zones are scored faster than others; undefined if the order makes no
   * difference.
   */
  readonly fastRun?: number;
  /** Announces how many rides {@link scoreNow} will get in all, so that threads can start. */
  expect?(rides: number): void;
  close(): Promise<void>;
}

/** Why a scorer that was just loaded cannot be used; undefined if it can. */
export type Proof = (scorer: Scorer) => Promise<string | undefined>;

/**
 * Loads a model.onnx.
 * @param proof decides between engines where there is a choice; the caller still checks what it gets
 * @throws TripcastError when the bytes are not such a model
 */
export type LoadScorer = (model: Uint8Array, proof?: Proof) => Promise<Scorer>;

/** Room for the answers to so many rides. */
export const roomFor = <Name extends OutputName>(names: readonly Name[], rides: number) =>
  Object.fromEntries(names.map((name) => [name, new Float32Array(rides)])) as Record<Name, Float32Array>; // one of each
