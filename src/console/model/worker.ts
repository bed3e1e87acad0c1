/** Runs the champion in a thread of its own, so that the page never stutters. */
import { loadEngine } from '#engine/engine.ts';
import { readModel } from '#engine/read-model.ts';
import { engineHost } from './engine-host.ts';
import type { FromWorker, ToWorker } from './messages.ts';

/** As src/model/onnx/ride-graph.ts names the table, which would bring the graph's builder along. */
const TYPICAL_DISTANCE = 'typical_distance';

const host = engineHost((model) => {
  const loaded = loadEngine(model);
  if (loaded.outcome === 'refused') return loaded;
  const typical = readModel(model).initializers.get(TYPICAL_DISTANCE)?.values;
  // A copy, so that no more than the table is sent.
  return { ...loaded, typical: typical instanceof Float32Array ? typical.slice() : undefined };
});

/** The part of a dedicated worker's scope that is used; the page's own types have no name for it. */
const port = globalThis as unknown as {
  onmessage: (event: { readonly data: ToWorker }) => void;
  postMessage(message: FromWorker): void;
};
port.onmessage = ({ data }) => port.postMessage(host(data));
