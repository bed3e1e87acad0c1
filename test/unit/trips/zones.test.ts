import { join } from 'node:path';
import { expect, test } from 'vitest';
import { DuckDB } from '#adapters/duckdb.ts';
import { sqlText } from '#trips/sql.ts';
import { BOROUGHS, zoneOf } from '#trips/zones.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const LOOKUP = join(import.meta.dirname, '../../../data/zones/taxi_zone_lookup.csv');

async function publishedZones() {
  await using database = await DuckDB.open({ tempDirectory: temporaryFolder() });
  return await database.rows(`SELECT LocationID::INTEGER AS id, Borough AS borough, Zone AS name
    FROM read_csv(${sqlText(LOOKUP)}, nullstr = '-') ORDER BY id`);
}

test("the zones are those of TLC's table, every one", async () => {
  const published = await publishedZones();
  expect(published).toHaveLength(265);
  expect(published.map(({ id }) => ({ id, ...zoneOf(Number(id)) }))).toEqual(published);
  expect(new Set(published.map(({ borough }) => borough))).toEqual(new Set(BOROUGHS));
});

test('zones that people know are where they are', () => {
  expect(zoneOf(1)).toEqual({ borough: 'EWR', name: 'Newark Airport' });
  expect(zoneOf(74)).toEqual({ borough: 'Manhattan', name: 'East Harlem North' });
  expect(zoneOf(132)).toEqual({ borough: 'Queens', name: 'JFK Airport' });
  expect(zoneOf(265)).toEqual({ borough: 'N/A', name: 'Outside of NYC' });
});

test.each([-1, 0, 264, 266, 1.5, Number.NaN])('%s is no known zone', (id) => {
  expect(zoneOf(id)).toEqual({ borough: 'Unknown', name: 'N/A' });
});
