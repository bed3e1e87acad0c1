/** Runs the champion in a thread of its own, so that the page never stutters. */
import { loadEngine } from '#engine/engine.ts';
import { readModel } from '#engine/read-model.ts';
import { engineHost } from './engine-host.ts';
import type { FromWorker, ToWorker } from './messages.ts';

const host = engineHost((model) => {
  const loaded = loadEngine(model);
  if (loaded.outcome === 'refused') return loaded;
  const typical = readModel(model).initializers.get('typical_distance')?.values;
  if (!(typical instanceof Float32Array)) return { outcome: 'refused', reason: 'it has no typical distances' };
  return { ...loaded, typical: typical.slice() }; // a copy, so that no more than the table is sent
});

/** The part of a dedicated worker's scope that is used; the page's own types have no name for it. */
const port = globalThis as unknown as {
  onmessage: (event: { readonly data: ToWorker }) => void;
  postMessage(message: FromWorker): void;
};
port.onmessage = ({ data }) => port.postMessage(host(data));
