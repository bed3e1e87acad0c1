import { TripcastError } from '../errors.ts';
import { readMetadata } from '../model/onnx/metadata.ts';
import type { RideBatch } from '../model/ride-batch.ts';
import { type LoadScorer, OUTPUTS, type OutputName, type Predictions } from '../model/scorer.ts';

/** One thread: results then do not depend on how rides are batched, and a Lambda has little more. */
const SESSION_OPTIONS = { intraOpNumThreads: 1, interOpNumThreads: 1, executionMode: 'sequential' } as const;

/**
 * Loads a model into onnxruntime, which is imported here, on first use: it costs 20 ms that most commands need not pay.
 * @throws TripcastError when the bytes are no ONNX model, or one without tripcast's inputs and outputs.
 */
export const loadScorer: LoadScorer = async (model) => {
  const { InferenceSession, Tensor } = await import('onnxruntime-node');
  const session = await InferenceSession.create(model, SESSION_OPTIONS).catch((cause: unknown) => {
    throw new TripcastError(`These ${model.length} bytes are no ONNX model: ${messageOf(cause)}`, FIX, { cause });
  });
  const missing = OUTPUTS.filter((name) => !session.outputNames.includes(name));
  if (missing.length > 0) {
    await session.release();
    throw new TripcastError(`This ONNX model is none of tripcast's: it lacks ${missing.join(', ')}`, FIX);
  }

  return {
    metadata: readMetadata(model),
    async score(batch: RideBatch): Promise<Predictions> {
      if (batch.size === 0) return each(() => new Float32Array(0));
      const { PULocationID, DOLocationID, trip_distance, pickup_time } = batch.inputs;
      const outputs = await session.run({
        PULocationID: new Tensor('int64', PULocationID),
        DOLocationID: new Tensor('int64', DOLocationID),
        trip_distance: new Tensor('float32', trip_distance),
        pickup_time: new Tensor('int64', pickup_time),
      });
      return each((name) => floats(name, outputs[name]?.data));
    },
    close: () => session.release(),
  };
};

/** The engine's own version, for receipts. */
export async function onnxruntimeVersion(): Promise<string> {
  const { env } = await import('onnxruntime-node');
  return env.versions.node ?? 'unknown';
}

const FIX = 'Give a model.onnx that `tripcast train` wrote.';

const each = (make: (name: OutputName) => Float32Array): Predictions => ({
  predicted_duration: make('predicted_duration'),
  interval_low: make('interval_low'),
  interval_high: make('interval_high'),
  interval80_low: make('interval80_low'),
  interval80_high: make('interval80_high'),
});

function floats(name: OutputName, data: unknown): Float32Array {
  if (data instanceof Float32Array) return data;
  throw new TripcastError(`The model's output ${name} is no float tensor`, FIX);
}

const messageOf = (cause: unknown) => (cause instanceof Error ? cause.message : String(cause));
