import { join } from 'node:path';
import { expect, test } from 'vitest';
import { MAP_SIZE, ZONE_PATHS } from '#monitoring/page/gen/zone-paths.ts';
import { CLONE } from '#setup/paths.mjs';
import { zonePathsSource } from '../../support/zone-paths.ts';

test('the map is made from the polygons in data/zones', async () => {
  await expect(zonePathsSource()).toMatchFileSnapshot(join(CLONE, 'src', 'monitoring', 'page', 'gen', 'zone-paths.ts'));
});

/** The middle of a zone's outline: of the points that its path goes through. */
function middleOf(zone: number): readonly [x: number, y: number] {
  const points = (ZONE_PATHS.get(zone) ?? '')
    .split('M')
    .filter(Boolean)
    .flatMap((part) => {
      const [start = '', steps = ''] = part.replace('z', '').split('l');
      let [x = 0, y = 0] = start.split(' ').map(Number);
      const numbers = steps.split(' ').filter(Boolean).map(Number);
      const all = [[x, y] as const];
      for (let i = 0; i < numbers.length; i += 2) {
        [x, y] = [x + (numbers[i] ?? 0), y + (numbers[i + 1] ?? 0)];
        all.push([x, y]);
      }
      return all;
    });
  const sum = points.reduce(([a, b], [x, y]) => [a + x, b + y] as const, [0, 0] as const);
  return [sum[0] / points.length, sum[1] / points.length];
}

test('zones are where New Yorkers expect them', () => {
  const [newark, airport, battery, inwood, tottenville] = [1, 132, 12, 127, 204].map(middleOf);
  // Newark Airport is west of Battery Park, JFK southeast of it, Inwood north, and Staten Island's tip southwest.
  expect(newark?.[0]).toBeLessThan(battery?.[0] ?? 0);
  expect(airport?.[0]).toBeGreaterThan(battery?.[0] ?? 0);
  expect(airport?.[1]).toBeGreaterThan(battery?.[1] ?? 0);
  expect(inwood?.[1]).toBeLessThan(battery?.[1] ?? 0);
  expect(tottenville?.[1]).toBeGreaterThan(battery?.[1] ?? 0);
  expect(ZONE_PATHS.size).toBe(260);
  for (const zone of ZONE_PATHS.keys()) {
    for (const side of middleOf(zone)) expect(side >= 0 && side <= MAP_SIZE).toBe(true);
  }
});
