import { expect, test } from 'vitest';
import { DuckDB } from '#adapters/duckdb.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const open = () => DuckDB.open({ tempDirectory: temporaryFolder() });

test('SQL computes with a function of ours: each row once, whatever is filtered afterwards', async () => {
  await using database = await open();
  const seen: bigint[] = [];
  const name = database.define({
    parameters: { n: 'BIGINT', x: 'DOUBLE', y: 'FLOAT' },
    fields: ['sum', 'is_even'],
    compute({ n, x, y }, rows) {
      seen.push(...n.slice(0, rows));
      return [
        Float32Array.from(x, (each, i) => each + (y[i] ?? 0)),
        Float32Array.from(n, (each) => Number(each % 2n === 0n)),
      ];
    },
  });
  const rows = await database.rows(
    `SELECT n, f.sum FROM (SELECT n, ${name}(n, n::DOUBLE, 0.5::FLOAT) AS f FROM range(5000) AS r(n))
     WHERE f.is_even = 1 ORDER BY n DESC LIMIT 2`,
  );
  expect(rows).toEqual([
    { n: 4998n, sum: 4998.5 },
    { n: 4996n, sum: 4996.5 },
  ]);
  expect([seen.length, new Set(seen).size]).toEqual([5000, 5000]);
});

test('an error in our function fails the query with its message', async () => {
  await using database = await open();
  const name = database.define({
    parameters: { n: 'BIGINT' },
    fields: ['nothing'],
    compute: () => {
      throw new Error('no model is loaded');
    },
  });
  await expect(database.run(`SELECT ${name}(n) FROM range(10) AS r(n)`)).rejects.toThrow('no model is loaded');
  expect(await database.rows('SELECT 1 AS one')).toEqual([{ one: 1 }]);
});

test('functions of one database do not mix', async () => {
  await using database = await open();
  const constant = (value: number) =>
    database.define({
      parameters: { n: 'BIGINT' },
      fields: ['value'],
      compute: (_, rows) => [new Float32Array(rows).fill(value)],
    });
  const [one, two] = [constant(1), constant(2)];
  expect(await database.rows(`SELECT ${one}(0).value AS one, ${two}(0).value AS two`)).toEqual([{ one: 1, two: 2 }]);
});

test("a time is a wall clock's, whether or not a file calls it UTC", async () => {
  await using database = await open();
  const sql = "SELECT (TIMESTAMPTZ '2023-04-03 08:30:00+00')::TIMESTAMP::VARCHAR AS pickup";
  expect(await database.rows(sql)).toEqual([{ pickup: '2023-04-03 08:30:00' }]);
});
