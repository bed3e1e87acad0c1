import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { beforeAll, expect, test } from 'vitest';
import { DuckDB } from '#adapters/duckdb.ts';
import { replayMonth } from '#cli/commands/stream/replay.ts';
import { connect, type Deployment } from '#cli/context.ts';
import { systemClock } from '#clock.ts';
import { parseMonth } from '#trips/month.ts';
import { sqlText } from '#trips/sql.ts';
import { aGreenChampion } from '../support/a-champion.ts';
import { madeFromNow, readPredictions } from '../support/read-predictions.ts';
import { silentTerminal } from '../support/silent-terminal.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const RIDES = 150;
let to: Deployment;

beforeAll(async () => {
  to = await connect('dev');
  await aGreenChampion(to);
});

test('every prediction is in the archive, under the hour in which it arrived, as a line that DuckDB reads', async () => {
  const before = new Set(await keys());
  const isMine = madeFromNow();
  const options = { taxiType: 'green', month: parseMonth('2023-04'), limit: RIDES } as const;
  await replayMonth(to, options, silentTerminal());
  const predicted = await readPredictions(to, RIDES, isMine);

  const archived = await newKeys(before, RIDES);
  for (const key of archived)
    expect(key).toMatch(/^stream\/dt=\d{4}-\d\d-\d\d\/hh=\d\d\/tripcast-dev-archive-[^/]+\.jsonl$/);
  // The emulator makes an object of each record and does not compress; on AWS many are joined, with nothing between, and
  // compressed. So are these.
  const bodies = await Promise.all(archived.map(async (key) => (await to.data.get(key))?.body ?? new Uint8Array()));
  const hour = archived[0]?.split('/').slice(0, 3).join('/') ?? '';
  const folder = temporaryFolder();
  const file = join(folder, 'archive.jsonl.gz');
  await writeFile(file, gzipSync(Buffer.concat(bodies)));
  await using database = await DuckDB.open({ tempDirectory: folder });
  const rows = await database.rows(
    `SELECT DISTINCT ON (prediction_id) prediction_id, prediction.ride_id, prediction.ride_duration, predicted_at
     FROM read_json(${sqlText(file)}) ORDER BY prediction_id`,
  );
  const expected = [...predicted].sort((a, b) => (a.prediction_id < b.prediction_id ? -1 : 1));
  expect(rows.map(({ prediction_id, ride_id, ride_duration }) => [prediction_id, ride_id, ride_duration])).toEqual(
    expected.map(({ prediction_id, prediction }) => [prediction_id, prediction.ride_id, prediction.ride_duration]),
  );
  const [first] = expected.map(({ predicted_at }) => predicted_at).sort();
  expect(hour).toBe(`stream/dt=${first?.slice(0, 10)}/hh=${first?.slice(11, 13)}`);
});

const keys = async () => (await Array.fromAsync(to.data.list('stream/'))).map(({ key }) => key);

/** Keys that were not there before, once there are so many. */
async function newKeys(before: ReadonlySet<string>, count: number): Promise<readonly string[]> {
  const deadline = Date.now() + 30_000;
  for (;;) {
    const found = (await keys()).filter((key) => !before.has(key));
    if (found.length >= count || Date.now() > deadline) return found;
    await systemClock.sleep(300);
  }
}
