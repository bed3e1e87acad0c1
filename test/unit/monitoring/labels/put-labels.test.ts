import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { DuckDB } from '#adapters/duckdb.ts';
import { kindOfFile, textOf } from '#monitoring/labels/label-file.ts';
import { labelLines } from '#monitoring/labels/label-lines.ts';
import { monthLabels } from '#monitoring/labels/month-labels.ts';
import { putLabels } from '#monitoring/labels/put-labels.ts';
import { recordedRides } from '#streaming/recorded-rides.ts';
import { parseMonth } from '#trips/month.ts';
import { MemoryStore } from '../../../support/memory-store.ts';
import { temporaryFolder } from '../../../support/temporary-folder.ts';
import { realMonth, writeMonth } from '../../../support/tlc-files.ts';

const GOOD = '{"ride_id":156,"actual_duration":12.5}';

/** Puts a file of these bytes. */
async function put(content: string | Uint8Array, data = new MemoryStore()) {
  const folder = temporaryFolder();
  const path = join(folder, 'labels.jsonl');
  await writeFile(path, content);
  const kind = await kindOfFile(path);
  if (kind === 'parquet') throw new Error('It is text.');
  return { data, done: await putLabels('labels.jsonl', labelLines(textOf(path, kind)), { data, workFolder: folder }) };
}

const stored = (data: MemoryStore) =>
  [...data.objects].map(([key, bytes]) => [key, gunzipSync(bytes).toString()] as const);

describe('a file of JSON lines', () => {
  test('is stored under the sha256 of what it says', async () => {
    const { data, done } = await put(`${GOOD}\n{"ride_id":"a \\"b\\"","actual_duration":1e1,"driver":"x"}\n`);
    const lines = '{"ride_id":"156","actual_duration":12.5}\n{"ride_id":"a \\"b\\"","actual_duration":10}\n';
    // The name is what sha256sum says of these lines.
    const key = 'labels/2dbd83868674fcf281c6a2d459a9cfccbbb5a5c57c1948c3c062b2ac9da6fb7c.jsonl.gz';
    expect(stored(data)).toEqual([[key, lines]]);
    expect(done).toEqual({ outcome: 'written', uri: `s3://memory/${key}`, labels: 2, refused: [] });
  });

  test('put again, however it is spaced or compressed, is not written again, and says so', async () => {
    const { data, done } = await put(GOOD);
    for (const again of [`\n${GOOD}\r\n`, '{ "actual_duration": 12.50, "ride_id": 156 }', gzipSync(GOOD)]) {
      expect((await put(again, data)).done).toEqual({ ...done, outcome: 'there' });
    }
    expect(data.objects.size).toBe(1);
    expect((await put(`${GOOD}\n${GOOD}`, data)).done.outcome).toBe('written');
  });

  test('put by two at once, is written once: the slower one finds it there', async () => {
    const data = new MemoryStore();
    data.before = async (operation, key) => {
      if (operation === 'put' && !data.objects.has(key)) data.objects.set(key, gzipSync(GOOD));
    };
    expect((await put(GOOD, data)).done.outcome).toBe('there');
    data.objects.clear();
    data.before = async (operation, key) => {
      // The other one's write is under way, and fails.
      if (operation === 'put') data.objects.set(key, new Uint8Array());
      else data.objects.delete(key);
    };
    await expect(put(GOOD, data)).rejects.toThrow(/Someone else is writing s3:\/\/memory\/labels\/.*again/);
  });

  test('keeps its good lines; the others are counted by reason, with the numbers of the first', async () => {
    const bad: readonly (readonly [line: string, reason: string])[] = [
      ['ride 7 took 12 minutes', 'not-json'],
      ['{"ride_id":7', 'not-json'],
      ['[7,12]', 'not-an-object'],
      ['null', 'not-an-object'],
      ['{"ride_id":7}', 'missing'],
      ['{"actual_duration":12}', 'missing'],
      ['{"ride_id":7,"actual_duration":"12"}', 'wrong-type'],
      ['{"ride_id":7,"actual_duration":null}', 'wrong-type'],
      ['{"ride_id":null,"actual_duration":12}', 'wrong-type'],
      ['{"ride_id":["7"],"actual_duration":12}', 'wrong-type'],
      ['{"ride_id":7,"actual_duration":0}', 'out-of-range'],
      ['{"ride_id":7,"actual_duration":-12}', 'out-of-range'],
      ['{"ride_id":7,"actual_duration":1440.1}', 'out-of-range'],
      ['{"ride_id":7,"actual_duration":1e999}', 'out-of-range'],
      ['{"ride_id":1.5,"actual_duration":12}', 'out-of-range'],
      ['{"ride_id":9007199254740993,"actual_duration":12}', 'out-of-range'],
      ['{"ride_id":"","actual_duration":12}', 'out-of-range'],
      [`{"ride_id":"${'x'.repeat(257)}","actual_duration":12}`, 'out-of-range'],
      ['{"ride_id":"\\ud83d","actual_duration":12}', 'out-of-range'],
      [`{"ride_id":"${'x'.repeat(100_000)}","actual_duration":12}`, 'too-long'],
    ];
    const { data, done } = await put([GOOD, ...bad.map(([line]) => line), GOOD].join('\n'));
    expect(done.labels).toBe(2);
    const expected = [...Map.groupBy(bad.entries(), ([, [, reason]]) => reason)].map(([reason, lines]) => ({
      reason,
      rows: lines.length,
      first: lines.slice(0, 5).map(([i]) => i + 2),
    }));
    expect(done.refused).toEqual(expected);
    expect(stored(data)[0]?.[1]).toBe('{"ride_id":"156","actual_duration":12.5}\n'.repeat(2));
  });

  test.each([
    ['', /labels\.jsonl is empty/],
    ['\n \n', /labels\.jsonl is empty/],
    ['<html>403 Forbidden</html>', /no label \(not-json: 1, first in row 1\)/],
    ['{"ride_id":1,"actual_duration":-3}\n[]', /out-of-range: 1, first in row 1; not-an-object: 1, first in row 2/],
    [gzipSync('x'.repeat(1_000_000)), /too-long: 1, first in row 1/],
    [gzipSync(GOOD).subarray(0, 20), /labels\.jsonl is damaged: unexpected end of file.*gzip/],
  ])('%j has nothing to store, and nothing is', async (content, says) => {
    const data = new MemoryStore();
    await expect(put(content, data)).rejects.toThrow(says);
    expect(data.objects.size).toBe(0);
  });

  test('is read in pieces: a line may be cut anywhere, inside a character too', async () => {
    const bytes = Buffer.from('{"ride_id":"Zoë 🚕","actual_duration":12.5}\n{"ride_id":2,"actual_duration":3}');
    for (let cut = 0; cut <= bytes.length; cut += 1) {
      const pieces = async function* () {
        yield bytes.subarray(0, cut);
        yield bytes.subarray(cut);
      };
      expect((await Array.fromAsync(labelLines(pieces()))).flat()).toEqual([
        { row: 1, rideId: 'Zoë 🚕', minutes: 12.5 },
        { row: 2, rideId: '2', minutes: 3 },
      ]);
    }
  });
});

describe('a TLC month', () => {
  const month = parseMonth('2023-04');

  test('labels exactly the rides that a replay sends, under the same ids', async () => {
    await using database = await DuckDB.open({ tempDirectory: temporaryFolder() });
    const options = { taxiType: 'green', month } as const;
    const rows = (await Array.fromAsync(monthLabels(database, realMonth('2023-04'), options))).flat();
    const replayed = await Array.fromAsync(
      recordedRides(database, realMonth('2023-04'), { ...options, limit: undefined }),
    );
    const labels = rows.flatMap((row) => ('refused' in row ? [] : [row]));
    expect(labels.map(({ rideId }) => rideId)).toEqual(replayed.map(({ rideId }) => rideId));
    expect(labels).toHaveLength(62_979); // README: the rides of 2023-04 that are scored
    // The first ride of the file: 00:01:46 to 00:11:42 (docs/contracts.md shows its duration as 9.93 minutes).
    expect(labels[0]).toEqual({ row: 0, rideId: '2023/04_0', minutes: expect.closeTo(9 + 56 / 60, 12) });
  });

  test('counts the rides that no replay sends, by reason', async () => {
    const folder = temporaryFolder();
    const path = join(folder, 'month.parquet');
    await writeMonth(path, [{ minutes: 12 }, { minutes: 0.5 }, { minutes: null }, { minutes: 61 }, { minutes: 60 }]);
    expect((await readFile(path)).subarray(0, 4).toString()).toBe('PAR1');
    expect(await kindOfFile(path)).toBe('parquet');
    await using database = await DuckDB.open({ tempDirectory: folder });
    const data = new MemoryStore();
    const batches = monthLabels(database, path, { taxiType: 'green', month });
    expect(await putLabels(path, batches, { data, workFolder: folder })).toMatchObject({
      labels: 2,
      refused: [
        { reason: 'duration-below-1', rows: 1, first: [1] },
        { reason: 'duration-missing', rows: 1, first: [2] },
        { reason: 'duration-above-60', rows: 1, first: [3] },
      ],
    });
    expect(stored(data)[0]?.[1]).toBe(
      '{"ride_id":"2023/04_0","actual_duration":12}\n{"ride_id":"2023/04_4","actual_duration":60}\n',
    );
  });

  test.each([
    ['of other taxis', 'yellow', /tpep_pickup_datetime/],
    ['without dropoff times', 'green', /lpep_dropoff_datetime/],
  ] as const)('%s is refused', async (_, taxiType, says) => {
    const folder = temporaryFolder();
    const path = join(folder, 'month.parquet');
    await writeMonth(path, [{}], { lpep_dropoff_datetime: null });
    await using database = await DuckDB.open({ tempDirectory: folder });
    await expect(Array.fromAsync(monthLabels(database, path, { taxiType, month }))).rejects.toThrow(says);
  });
});
