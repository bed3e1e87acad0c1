import { expect, test } from 'vitest';
import { ZONES } from '#trips/ride-limits.ts';
import { findZone } from '#trips/zone-names.ts';
import { zoneOf } from '#trips/zones.ts';

test.each([
  ['JFK Airport', 132],
  ['  times sq/theatre district ', 230],
  ['Corona', 56],
  ["Governor's Island/Ellis Island/Liberty Island", 103],
])('%j is zone %i', (text, id) => {
  expect(findZone(text)).toEqual({ id });
});

test('each name leads to a zone of that name', () => {
  for (let id = ZONES.first; id <= ZONES.last; id++) {
    const { name } = zoneOf(id);
    const found = findZone(name);
    expect('id' in found && zoneOf(found.id).name).toBe(name);
  }
});

test.each([
  ['JFK', ['JFK Airport']],
  ['Times Square', ['Times Sq/Theatre District']],
  ['LaGuardai Airport', ['LaGuardia Airport']],
  ['Corna', ['Corona', 'Corona']],
  ['Willia', ['Williamsbridge/Olinville', 'Williamsburg (North Side)', 'Williamsburg (South Side)']],
  ['harlem', ['Central Harlem', 'East Harlem North', 'East Harlem South', 'Central Harlem North']],
  ['', []],
  ['xyzzyxyzzyxyzzy', []],
])('%j is close to %j', (text, names) => {
  const found = findZone(text);
  const closest = 'closest' in found ? found.closest.map(({ name }) => name) : expect.fail('It is a name.');
  expect(closest.slice(0, names.length || undefined)).toEqual(names);
});
