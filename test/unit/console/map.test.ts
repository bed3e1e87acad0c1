import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { moved, showing, wholeMap, zoomed, zoomOf } from '#console/map/frame.ts';
import { nextZone } from '#console/map/neighbors.ts';
import { cityMap, isochrones, type Topology } from '#console/map/topology.ts';
import { CLONE } from '#setup/paths.mjs';

const city = cityMap(JSON.parse(readFileSync(join(CLONE, 'data', 'zones', 'taxi_zones.topojson'), 'utf8')) as Topology);
const centerOf = (zone: number) => city.shapes.find(({ id }) => id === zone)?.center ?? [Number.NaN, Number.NaN];

describe('the map', () => {
  test('draws each of the 260 zones that have a shape once', () => {
    const ids = city.shapes.map(({ id }) => id);
    expect(new Set(ids).size).toBe(260);
    const missing = Array.from({ length: 263 }, (_, i) => i + 1).filter((id) => !ids.includes(id));
    expect(missing).toEqual([57, 104, 105]);
    for (const { path } of city.shapes) expect(path).toMatch(/^(M[\d.]+ [\d.]+(l[-\d. ]+)?z)+$/);
  });

  test('has zones where New Yorkers expect them, all inside', () => {
    const [newark, jfk, battery, inwood, tottenville] = [1, 132, 12, 127, 204].map(centerOf);
    expect(newark?.[0]).toBeLessThan(battery?.[0] ?? 0);
    expect(jfk?.[0]).toBeGreaterThan(battery?.[0] ?? 0);
    expect(jfk?.[1]).toBeGreaterThan(battery?.[1] ?? 0);
    expect(inwood?.[1]).toBeLessThan(battery?.[1] ?? 0);
    expect(tottenville?.[1]).toBeGreaterThan(battery?.[1] ?? 0);
    const [width, height] = city.size;
    for (const { center } of city.shapes)
      expect(center[0] > 0 && center[0] < width && center[1] > 0 && center[1] < height).toBe(true);
  });

  test('is true to scale: the city is 46.6 km high and 46.9 km wide', () => {
    // Longitudes -74.2556 to -73.7000 at latitude 40.7, latitudes 40.4961 to 40.9155; the earth as a sphere.
    const [width, height] = city.size;
    expect(height / width).toBeCloseTo(46.6 / 46.9, 2);
  });

  test('draws an isochrone only between neighbors of different bands', () => {
    expect(isochrones(city.borders, () => 3)).toBe('');
    const around = isochrones(city.borders, (id) => (id === 230 ? 0 : 1));
    const own = city.borders.filter(({ between }) => between.includes(230));
    expect(around).toBe(own.map(({ path }) => path).join(''));
    // Times Square touches Clinton East, the Garment District, Midtown Center and Midtown North.
    const neighbors = own.flatMap(({ between }) => between.filter((id) => id !== 230));
    expect(neighbors.toSorted((a, b) => a - b)).toEqual([48, 100, 161, 163]);
  });
});

describe('arrow keys', () => {
  test('lead to every zone from any other', () => {
    const seen = new Set([230]);
    for (const zone of seen) {
      for (const key of ['ArrowUp', 'ArrowDown', 'ArrowLeft', 'ArrowRight'] as const)
        seen.add(nextZone(city.shapes, zone, key));
    }
    expect(seen.size).toBe(260);
  });

  test('lead in their direction, and stop at the edge of the city', () => {
    for (const { id, center } of city.shapes) {
      expect(centerOf(nextZone(city.shapes, id, 'ArrowRight'))[0]).toBeGreaterThanOrEqual(center[0]);
      expect(centerOf(nextZone(city.shapes, id, 'ArrowUp'))[1]).toBeLessThanOrEqual(center[1]);
    }
    const westernmost = city.shapes.toSorted((a, b) => a.center[0] - b.center[0])[0]?.id ?? 0;
    expect(nextZone(city.shapes, westernmost, 'ArrowLeft')).toBe(westernmost);
  });
});

describe('the frame', () => {
  const size = [1000, 800] as const;
  const whole = wholeMap(size);

  test('zooms towards a point that stays where it is', () => {
    const closer = zoomed(whole, 2, [250, 200], size);
    expect(closer).toEqual({ x: 125, y: 100, width: 500, height: 400 });
    expect(zoomOf(closer, size)).toBe(2);
    expect(zoomed(closer, 0.5, [250, 200], size)).toEqual(whole);
  });

  test('never leaves the map, and zooms only so far', () => {
    expect(zoomed(whole, 0.1, [0, 0], size)).toEqual(whole);
    expect(zoomOf(zoomed(whole, 1e6, [500, 400], size), size)).toBeCloseTo(12);
    const closer = zoomed(whole, 4, [0, 0], size);
    expect(moved(closer, [-1e6, -1e6], size)).toMatchObject({ x: 0, y: 0 });
    expect(moved(closer, [1e6, 1e6], size)).toMatchObject({ x: 750, y: 600 });
  });

  test('follows the zone that the keyboard is on', () => {
    const closer = zoomed(whole, 4, [0, 0], size);
    expect(showing(closer, [100, 100], size)).toEqual(closer);
    const { x, y, width, height } = showing(closer, [900, 700], size);
    expect(900 > x && 900 < x + width && 700 > y && 700 < y + height).toBe(true);
  });
});
