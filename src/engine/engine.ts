import { readMetadata } from '#model/onnx/metadata.ts';
import { OUTPUTS, OUTPUTS_NOW, roomFor, type Scorer } from '#model/scorer.ts';
import { lower } from './lower.ts';
import { Machine } from './machine.ts';
import { planOf } from './plan.ts';
import { INPUTS, type Program, programOf } from './program.ts';
import { readModel } from './read-model.ts';
import { Refusal } from './refusal.ts';
import { RUN } from './segments.ts';

/** The engine's own version, for receipts: it changes when its answers could. */
export const ENGINE_VERSION = '1';

export type EngineOutcome =
  | { readonly outcome: 'loaded'; readonly scorer: Scorer /** What it runs; for workers. */; readonly program: Program }
  /** The engine doesn't run this graph here, and says why: as the end of a sentence. */
  | { readonly outcome: 'refused'; readonly reason: string };

/**
 * Loads a model.onnx into our own engine: its formulas become a small WebAssembly module, its trees go through a kernel.
 * It answers as onnxruntime does, to the last bit: both add up a ride's leaves in the order of the trees, in float32.
 * @example
 * const loaded = loadEngine(await readFile('model.onnx'));
 * if (loaded.outcome === 'loaded') console.log(await loaded.scorer.score(batch));
 */
export function loadEngine(model: Uint8Array): EngineOutcome {
  if (typeof WebAssembly === 'undefined') return { outcome: 'refused', reason: 'WebAssembly is switched off' };
  try {
    const graph = readModel(model);
    const program = programOf(planOf(lower(graph, INPUTS, OUTPUTS)));
    return { outcome: 'loaded', program, scorer: scorerOf(program, readMetadata(model)) };
  } catch (error) {
    if (error instanceof Refusal) return { outcome: 'refused', reason: error.message };
    if (error instanceof WebAssembly.CompileError)
      return { outcome: 'refused', reason: `WebAssembly: ${error.message}` };
    throw error;
  }
}

function scorerOf(program: Program, metadata: Scorer['metadata']): Scorer {
  const machine = new Machine(program);
  const canPrune = program.sums.flat().some(({ kind }) => kind === 'below');
  return {
    metadata,
    engine: { name: 'tripcast', version: ENGINE_VERSION },
    async score({ inputs }) {
      const predictions = roomFor(OUTPUTS, inputs.trip_distance.length);
      machine.run(inputs, predictions);
      return predictions;
    },
    scoreNow(inputs) {
      const predictions = roomFor(OUTPUTS_NOW, inputs.trip_distance.length);
      machine.run(inputs, predictions);
      return predictions;
    },
    ...(canPrune ? { fastRun: RUN } : {}),
    close: async () => {},
  };
}
