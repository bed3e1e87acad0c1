import { TripcastError } from '#errors.ts';
import { readMetadata } from '#model/onnx/metadata.ts';
import type { RideBatch, RideInputs } from '#model/rides/ride-batch.ts';
import { type LoadScorer, OUTPUTS, type OutputName, type Predictions } from '#model/scorer.ts';

/** One thread, so that results do not depend on how rides are batched; a Lambda has little more anyway. */
const SESSION_OPTIONS = { intraOpNumThreads: 1, interOpNumThreads: 1, executionMode: 'sequential' } as const;

/**
 * Loads a model into onnxruntime, which is imported here, on first use: it costs 20 ms that most commands need not pay.
 *
 * The package's session is a promise wrapper around this synchronous one, which its main module does not export. A
 * query that asks for predictions while it runs needs the synchronous one: DuckDB waits in a callback, and a callback
 * cannot await.
 * @throws TripcastError when the bytes are not an ONNX model, or the model lacks tripcast's inputs and outputs.
 * @example
 * const scorer = await loadScorer(await readFile('model.onnx'));
 */
export const loadScorer: LoadScorer = async (model) => {
  const [{ Tensor, env }, { binding, initOrt }] = await importRuntime();
  initOrt();
  const session = new binding.InferenceSession();
  try {
    const bytes = new Uint8Array(model); // a copy in its own buffer, as the session requires
    session.loadModel(bytes.buffer, 0, bytes.length, SESSION_OPTIONS);
  } catch (cause) {
    throw new TripcastError(`These ${model.length} bytes are not an ONNX model: ${messageOf(cause)}`, FIX, { cause });
  }
  const names = session.outputMetadata.map(({ name }) => name);
  const missing = OUTPUTS.filter((name) => !names.includes(name));
  if (missing.length > 0) {
    session.dispose();
    throw new TripcastError(`This ONNX model was not made by tripcast: it lacks ${missing.join(', ')}`, FIX);
  }

  const run = ({ PULocationID, DOLocationID, trip_distance, pickup_time }: RideInputs, wanted: Wanted) => {
    const size = trip_distance.length;
    if (size === 0) return () => new Float32Array(0);
    const feeds = {
      PULocationID: new Tensor('int64', PULocationID, [size]),
      DOLocationID: new Tensor('int64', DOLocationID, [size]),
      trip_distance: new Tensor('float32', trip_distance, [size]),
      pickup_time: new Tensor('int64', pickup_time, [size]),
    };
    const outputs = session.run(feeds, wanted, {});
    return (name: OutputName) => floats(name, dataOf(outputs[name]));
  };
  return {
    metadata: readMetadata(model),
    engine: { name: 'onnxruntime', version: env.versions.node ?? 'unknown' },
    async score(batch: RideBatch) {
      return each(run(batch.inputs, ALL));
    },
    scoreNow(inputs) {
      const output = run(inputs, WITH_90);
      return {
        predicted_duration: output('predicted_duration'),
        interval_low: output('interval_low'),
        interval_high: output('interval_high'),
      };
    },
    close: async () => session.dispose(),
  };
};

/** Names of outputs; null = in an array that onnxruntime allocates. */
type Wanted = Readonly<Record<string, null>>;
const ALL: Wanted = Object.fromEntries(OUTPUTS.map((name) => [name, null]));
const WITH_90: Wanted = { predicted_duration: null, interval_low: null, interval_high: null };

async function importRuntime() {
  try {
    return await Promise.all([import('onnxruntime-node'), import('onnxruntime-node/dist/binding.js')]);
  } catch (cause) {
    const [first = ''] = messageOf(cause).split('\n');
    throw new TripcastError(
      `onnxruntime does not load here: ${first}`,
      'Functions that serve are packaged without it where env/*.json says "engine": "tripcast": set "auto", or let SCORING_ENGINE be tripcast, too. Anywhere else, run `npm run setup`.',
      { cause },
    );
  }
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
  throw new TripcastError(`The model's output ${name} is not a float tensor`, FIX);
}

const dataOf = (output: unknown): unknown =>
  typeof output === 'object' && output !== null && 'data' in output ? output.data : undefined;

const messageOf = (cause: unknown) => (cause instanceof Error ? cause.message : String(cause));
