import { useEffect, useState } from 'preact/hooks';
import { newYorkSeconds } from '#trips/new-york-time.ts';
import type { Api } from './api.ts';
import type { CityMap } from './map/topology.ts';
import type { Model } from './model/keeper.ts';
import { useModel } from './model/use-model.ts';
import { PipelinesView } from './pipelines/pipelines-view.tsx';
import { ModelView } from './records/model-view.tsx';
import { MonthsView } from './records/months-view.tsx';
import { RideView } from './ride/ride-view.tsx';
import { parseRoute, type Route, routeHash, type View } from './route.ts';
import { StreamView } from './stream/stream-view.tsx';
import { shortRun } from './words.ts';

const TABS: Readonly<Record<View, string>> = {
  ride: 'Ride',
  months: 'Months',
  model: 'Model',
  stream: 'Stream',
  pipelines: 'Pipelines',
};

export interface AppProps {
  readonly api: Api;
  readonly city: CityMap;
  /** The address of the worker's script. */
  readonly worker: string;
}

export function App({ api, city, worker }: AppProps) {
  const [route, go] = useRoute();
  const model = useModel(api, worker);
  useEffect(() => {
    document.title = `${TABS[route.view]} · tripcast`;
  }, [route.view]);
  return (
    <>
      <header>
        <button type="button" class="skip" onClick={() => document.getElementById('main')?.focus()}>
          Skip to the content
        </button>
        <h1>tripcast</h1>
        <nav aria-label="Views">
          {Object.entries(TABS).map(([view, name]) => (
            <a
              key={view}
              href={routeHash({ ...route, view: view as View })}
              aria-current={route.view === view ? 'page' : undefined}
            >
              {name}
            </a>
          ))}
        </nav>
        <Where model={model} />
      </header>
      <main id="main" tabIndex={-1}>
        {route.view === 'ride' && (
          <RideView
            city={city}
            predictor={model.predictor}
            question={route}
            onAsk={(asked) => go({ ...asked, view: 'ride' })}
          />
        )}
        {route.view === 'months' && <MonthsView api={api} />}
        {route.view === 'model' && <ModelView api={api} key={model.predictor.run} />}
        {route.view === 'stream' && <StreamView api={api} />}
        {route.view === 'pipelines' && <PipelinesView api={api} />}
      </main>
    </>
  );
}

/** Where predictions come from, and why. */
function Where({ model }: { model: Model }) {
  const { run } = model.predictor;
  return (
    <p class={`where ${model.state}`} role="status">
      {run !== undefined && (
        <>
          Model <code title={run}>{shortRun(run)}</code>{' '}
        </>
      )}
      {model.state === 'page' && <b title="Checked against the API, bit for bit">runs in this page</b>}
      {model.state === 'loading' && 'is loading'}
      {model.state === 'api' && (
        <>
          <b>answers through the API</b>: {model.reason}
        </>
      )}
    </p>
  );
}

/** The view in the address. A question replaces the one before it: the back button leads to the view before. */
function useRoute(): readonly [Route, (route: Route) => void] {
  const read = () => parseRoute(location.hash, newYorkSeconds(Date.now() / 1000));
  const [route, setRoute] = useState(read);
  useEffect(() => {
    const onHash = () => setRoute((now) => ({ ...read(), ...(location.hash.includes('?') ? {} : questionOf(now)) }));
    addEventListener('hashchange', onHash);
    return () => removeEventListener('hashchange', onHash);
  }, []);
  const go = (next: Route) => {
    setRoute(next);
    history.replaceState(null, '', routeHash(next));
  };
  return [route, go];
}

const questionOf = ({ pickup, dropoff, distance, time }: Route) => ({ pickup, dropoff, distance, time });
