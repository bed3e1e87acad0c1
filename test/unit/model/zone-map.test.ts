import { describe, expect, test } from 'vitest';
import { DIMENSIONS, drawMap, type Leg, mapZones } from '#model/recipes/map-of-zones.ts';
import { loadRides } from '#model/rides/training-rides.ts';
import { pairSlot } from '#model/rides/zone-pair.ts';
import { aDatabase, aRealSource, aSource } from '../../support/training.ts';

/** A plane with zones 1..n on a spiral. */
const spot = (zone: number) => ({ x: zone * Math.cos(zone), y: zone * Math.sin(zone) });
const straight = (a: number, b: number) => Math.hypot(spot(a).x - spot(b).x, spot(a).y - spot(b).y);

function spiral(zones: number, isKnown = (_a: number, _b: number) => true): readonly Leg[] {
  const legs: Leg[] = [];
  for (let from = 1; from <= zones; from += 1) {
    for (let to = from + 1; to <= zones; to += 1) {
      if (isKnown(from, to)) legs.push({ from, to, miles: straight(from, to), rides: 10 });
    }
  }
  return legs;
}

describe('the map of the zones', () => {
  test('reproduces the distances that it was drawn from, if they fit in a plane', () => {
    const { miles } = drawMap(spiral(9));
    for (const { from, to, miles: wanted } of spiral(9)) {
      expect(miles[pairSlot(from, to)]).toBeCloseTo(wanted, 3);
      expect(miles[pairSlot(to, from)]).toBe(miles[pairSlot(from, to)]);
    }
  });

  test('estimates the distance between zones that no ride connects', () => {
    const known = (a: number, b: number) => !(a === 3 && b === 8);
    expect(drawMap(spiral(12, known)).miles[pairSlot(3, 8)]).toBeCloseTo(straight(3, 8), 1);
  });

  test('has its middle at zero, and there what was never seen', () => {
    const { coordinates, miles } = drawMap(spiral(9));
    for (let k = 0; k < DIMENSIONS; k += 1) {
      const axis = Array.from({ length: 266 }, (_, zone) => coordinates[zone * DIMENSIONS + k] ?? Number.NaN);
      expect(axis.reduce((sum, value) => sum + value, 0)).toBeCloseTo(0, 4);
      expect([axis[0], axis[200]]).toEqual([0, 0]);
    }
    expect(miles[pairSlot(0, 200)]).toBe(0);
  });

  test('is a line for two zones, and a point for none', () => {
    const two = drawMap([{ from: 5, to: 6, miles: 7, rides: 1 }]);
    expect(two.miles[pairSlot(5, 6)]).toBeCloseTo(7, 5);
    expect(two.coordinates.every(Number.isFinite)).toBe(true);
    expect(drawMap([]).miles.every((miles) => miles === 0)).toBe(true);
  });

  test('counts rides both ways, with distances that can be, between places', async () => {
    const database = await aDatabase();
    const rides = [
      { pu: 1, do: 2, distance: 2 },
      { pu: 2, do: 1, distance: 4 },
      { pu: 2, do: 1, distance: 40 },
      { pu: 1, do: 2, distance: 0.04 },
      { pu: 1, do: 264, distance: 9 },
      { pu: 1, do: 1, distance: 9 },
    ];
    await loadRides(database, 'rides', 'green', [await aSource('2023-03', rides)]);
    const { miles } = await mapZones(database, 'rides');
    expect(miles[pairSlot(1, 2)]).toBeCloseTo(3, 5);
    expect(miles[pairSlot(1, 264)]).toBeCloseTo(1.5, 5); // nowhere: in the middle
  });

  test('of a real month is the same with one thread and with two, and knows the city', async () => {
    const maps = [];
    for (const threads of [1, 2]) {
      const database = await aDatabase(threads);
      await loadRides(database, 'rides', 'green', [await aRealSource('2023-03')]);
      maps.push(await mapZones(database, 'rides'));
    }
    const [one, two] = maps;
    expect(two).toEqual(one);
    // East Harlem North to JFK is 17 to 19 miles by road, to East Harlem South about one.
    expect(one?.miles[pairSlot(74, 132)]).toBeGreaterThan(15);
    expect(one?.miles[pairSlot(74, 132)]).toBeLessThan(20);
    expect(one?.miles[pairSlot(74, 75)]).toBeLessThan(2);
  });
});
