import { render } from 'preact';
import { apiAt } from './api.ts';
import { App } from './app.tsx';
import { cityMap, type Topology } from './map/topology.ts';
import { Failed } from './status.tsx';

const root = document.getElementById('app');
if (root === null) throw new Error('index.html has no #app.');

const api = apiAt(document.baseURI.replace(/[?#].*$/, ''), (...request) => fetch(...request));

try {
  const { zones = '', worker = '' } = document.body.dataset;
  const topology = (await api.get(zones)) as Topology;
  render(<App api={api} city={cityMap(topology)} worker={worker} />, root);
} catch (error) {
  render(
    <Failed what="The map did not load" error={error instanceof Error ? error : new Error(String(error))} />,
    root,
  );
  throw error;
}
