/** The address of a view, in the part after #: it can be shared, and no server sees it. */
import { formatWallClock, parsePickupTime } from '#trips/new-york-time.ts';
import { DISTANCE_LIMIT } from '#trips/ride-limits.ts';
import { cityZone } from './zone-search.ts';

export const VIEWS = ['ride', 'months', 'model', 'stream', 'pipelines'] as const;
export type View = (typeof VIEWS)[number];

/** What is asked: both zones, only the pickup, or nothing yet. */
export interface Question {
  readonly pickup: number | undefined;
  readonly dropoff: number | undefined;
  /** Miles. */
  readonly distance: number | undefined;
  /** New York wall-clock seconds. */
  readonly time: number;
}

export interface Route extends Question {
  readonly view: View;
}

/** Whatever cannot be read is left out: an address is typed and cut by people. @param now the time if none is given */
export function parseRoute(hash: string, now: number): Route {
  const [path = '', query = ''] = hash.replace(/^#/, '').split('?');
  const given = new URLSearchParams(query);
  const zone = (name: string) => cityZone(Number(given.get(name) ?? Number.NaN))?.id;
  const distance = Number.parseFloat(given.get('miles') ?? '');
  return {
    view: VIEWS.find((view) => view === path) ?? 'ride',
    pickup: zone('from'),
    dropoff: zone('to'),
    distance: distance >= 0 && distance < DISTANCE_LIMIT ? distance : undefined,
    time: parsePickupTime(given.get('at') ?? '') ?? now,
  };
}

export function routeHash({ view, pickup, dropoff, distance, time }: Route): string {
  if (view !== 'ride') return `#${view}`;
  const query = new URLSearchParams();
  if (pickup !== undefined) query.set('from', String(pickup));
  if (dropoff !== undefined) query.set('to', String(dropoff));
  if (distance !== undefined) query.set('miles', String(distance));
  query.set('at', formatWallClock(time).slice(0, 16));
  return `#${view}?${query.toString().replaceAll('%3A', ':')}`;
}
