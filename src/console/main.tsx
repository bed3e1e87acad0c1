import { render } from 'preact';
import { apiAt } from './api.ts';
import { App } from './app.tsx';
import { cityMap, type Topology } from './map/topology.ts';
import { ApiPredictor } from './model/api-predictor.ts';
import { Failed } from './status.tsx';

const root = document.getElementById('app');
if (root === null) throw new Error('index.html has no #app.');

const api = apiAt(document.baseURI.replace(/[?#].*$/, ''), (...request) => fetch(...request));

try {
  const zones = (await api.get(document.body.dataset.zones ?? '')) as Topology;
  render(<App city={cityMap(zones)} predictor={new ApiPredictor(api)} />, root);
} catch (error) {
  render(
    <Failed what="The map did not load" error={error instanceof Error ? error : new Error(String(error))} />,
    root,
  );
  throw error;
}
