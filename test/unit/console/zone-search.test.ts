import { expect, test } from 'vitest';
import { CITY_ZONES, labelOf, searchZones, zoneNamed } from '#console/zone-search.ts';

const names = (text: string) => searchZones(text).map(({ name }) => name);

test('finds zones by the beginning of their name first, then by words, then by parts', () => {
  expect(names('times sq')).toEqual(['Times Sq/Theatre District']);
  expect(names('park').slice(0, 2)).toEqual(['Park Slope', 'Parkchester']);
  expect(names('theatre')).toEqual(['Times Sq/Theatre District']);
  expect(names('rockaway')).toEqual(['Rockaway Park', 'Far Rockaway']);
  expect(names('uardi')).toEqual(['LaGuardia Airport']);
});

test('knows boroughs and numbers, and reads no punctuation, accents or capitals', () => {
  expect(names('airport queens')).toEqual(['JFK Airport', 'LaGuardia Airport']);
  expect(searchZones('132')[0]?.name).toBe('JFK Airport');
  expect(names('governors island')).toHaveLength(3);
  expect(names('  JFK---airport ')).toEqual(['JFK Airport']);
  expect(names('sohó')).toEqual(['SoHo']);
});

test.each(['<script>alert(1)</script>', 'x'.repeat(5000), '\\', '(((', '🚕🚕'])('finds nothing for %j', (text) => {
  const found = searchZones(text);
  expect(found.length === 0 || found.length === CITY_ZONES.length).toBe(true);
  expect(zoneNamed(text)).toBeUndefined();
});

test('a name that TLC uses more than once carries its number', () => {
  const corona = CITY_ZONES.filter(({ name }) => name === 'Corona');
  expect(corona.map(labelOf)).toEqual(['Corona (56)', 'Corona (57)']);
  const labels = CITY_ZONES.map(labelOf);
  expect(new Set(labels).size).toBe(263);
});

test('a text names a zone only beyond doubt', () => {
  for (const zone of CITY_ZONES) expect(zoneNamed(labelOf(zone))).toBe(zone);
  expect(zoneNamed('jfk')?.id).toBe(132);
  expect(zoneNamed('230')?.id).toBe(230);
  expect(zoneNamed('Corona')).toBeUndefined();
  expect(zoneNamed('east')).toBeUndefined();
  expect(zoneNamed('')).toBeUndefined();
});
