import { useEffect, useState } from 'preact/hooks';
import { newYorkSeconds } from '#trips/new-york-time.ts';
import type { CityMap } from './map/topology.ts';
import type { Predictor } from './predictor.ts';
import { RideView } from './ride/ride-view.tsx';
import { parseRoute, type Route, routeHash, type View } from './route.ts';
import { shortRun } from './words.ts';

const TABS: readonly (readonly [View, string])[] = [['ride', 'Ride']];

export function App({ city, predictor }: { city: CityMap; predictor: Predictor }) {
  const [route, go] = useRoute();
  return (
    <>
      <header>
        <button type="button" class="skip" onClick={() => document.getElementById('main')?.focus()}>
          Skip to the content
        </button>
        <h1>tripcast</h1>
        <nav aria-label="Views">
          {TABS.map(([view, name]) => (
            <a key={view} href={routeHash({ ...route, view })} aria-current={route.view === view ? 'page' : undefined}>
              {name}
            </a>
          ))}
        </nav>
        <p class="where" role="status">
          {predictor.run !== undefined && <code title={predictor.run}>{shortRun(predictor.run)}</code>}{' '}
          {predictor.where === 'page' ? 'runs in this page' : 'answers through the API'}
        </p>
      </header>
      <main id="main" tabIndex={-1}>
        {route.view === 'ride' && (
          <RideView
            city={city}
            predictor={predictor}
            question={route}
            onAsk={(asked) => go({ ...asked, view: 'ride' })}
          />
        )}
      </main>
    </>
  );
}

/** The view in the address. A question replaces the one before it: the back button leads to the view before. */
function useRoute(): readonly [Route, (route: Route) => void] {
  const read = () => parseRoute(location.hash, newYorkSeconds(Date.now() / 1000));
  const [route, setRoute] = useState(read);
  useEffect(() => {
    const onHash = () => setRoute((now) => ({ ...read(), ...(location.hash.includes('?') ? {} : keepQuestion(now)) }));
    addEventListener('hashchange', onHash);
    return () => removeEventListener('hashchange', onHash);
  }, []);
  const go = (next: Route) => {
    setRoute(next);
    history.replaceState(null, '', routeHash(next));
  };
  return [route, go];
}

const keepQuestion = ({ pickup, dropoff, distance, time }: Route) => ({ pickup, dropoff, distance, time });
