import { expect, test } from 'vitest';
import { parseRoute, routeHash } from '#console/route.ts';
import { parsePickupTime } from '#trips/new-york-time.ts';

const NOW = parsePickupTime('2026-11-30T10:00:00') ?? Number.NaN;
const MONDAY = parsePickupTime('2023-04-03T08:30:00') ?? Number.NaN;

test('an address and its question are the same thing', () => {
  const hash = '#ride?from=132&to=230&miles=17.4&at=2023-04-03T08:30';
  const route = { view: 'ride', pickup: 132, dropoff: 230, distance: 17.4, time: MONDAY } as const;
  expect(parseRoute(hash, NOW)).toEqual(route);
  expect(routeHash(route)).toBe(hash);
  expect(routeHash({ ...route, view: 'months' })).toBe('#months');
});

test.each([
  ['', {}],
  ['#', {}],
  ['#nowhere', {}],
  ['#ride?from=0&to=264', {}],
  ['#ride?from=1e9&to=-1', {}],
  ['#ride?from=<img src=x>&miles=abc', {}],
  ['#ride?miles=-1', {}],
  ['#ride?miles=1000000', {}],
  ['#ride?at=1900-01-01T00:00', {}],
  ['#ride?at=2023-02-29T00:00', {}],
  ['#ride?at=%00&from=%E0%A4%A', {}],
  ['#ride?from=57', { pickup: 57 }],
])('what cannot be read in %j is left out', (hash, read) => {
  const nothing = { view: 'ride', pickup: undefined, dropoff: undefined, distance: undefined, time: NOW };
  expect(parseRoute(hash, NOW)).toEqual({ ...nothing, ...read });
});
