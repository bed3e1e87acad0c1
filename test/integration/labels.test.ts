import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { putLabelFile } from '#cli/commands/labels/put.ts';
import { readLabels } from '#cli/commands/labels/show.ts';
import { replayMonth } from '#cli/commands/stream/replay.ts';
import { connect, type Deployment } from '#cli/context.ts';
import { systemClock } from '#clock.ts';
import { dataKeys } from '#storage/layout.ts';
import type { RunId } from '#storage/run-id.ts';
import type { PredictionRecord } from '#streaming/prediction-record.ts';
import { newYorkDay } from '#trips/day.ts';
import { parseMonth } from '#trips/month.ts';
import { aGreenChampion } from '../support/a-champion.ts';
import { readPredictions } from '../support/read-predictions.ts';
import { silentTerminal } from '../support/silent-terminal.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { readRows, realMonth } from '../support/tlc-files.ts';

/** Above monitoring.leastRidesADay. */
const RIDES = 400;
/** The real 2023-04 under another name, so that no other file's predictions have these rides. */
const MONTH = parseMonth('2051-01');
const IN_APRIL = 62_979;
const terminal = silentTerminal();
let to: Deployment;
let champion: RunId;

beforeAll(async () => {
  to = await connect('dev');
  champion = await aGreenChampion(to);
  await to.data.put(dataKeys.raw('green', MONTH), await readFile(realMonth('2023-04')));
});

test('replayed rides are labelled by their TLC month: the errors are those of the file and the stream', async () => {
  const before = await archived();
  const options = { taxiType: 'green', month: MONTH, limit: RIDES } as const;
  expect(await replayMonth(to, options, terminal)).toBe(RIDES);
  const predicted = await readPredictions(to, RIDES, ({ prediction }) =>
    String(prediction.ride_id).startsWith('2051/01_'),
  );
  expect(predicted).toHaveLength(RIDES);
  await untilArchived(before + RIDES);

  const month = { file: realMonth('2023-04'), month: MONTH, taxiType: 'green' } as const;
  const put = await putLabelFile(to, month, terminal);
  expect(put).toMatchObject({ outcome: 'written', labels: IN_APRIL });
  expect(await putLabelFile(to, month, terminal)).toEqual({ ...put, outcome: 'there' });

  const days = predicted.map(({ predicted_at }) => newYorkDay(Date.parse(predicted_at))).toSorted();
  const [from, last] = [days.at(0), days.at(-1)];
  if (from === undefined || last === undefined) throw new Error('There are no predictions.');
  const expected = await errorsOf(predicted);
  const shown = await readLabels(to, { from, to: last });
  expect(shown).toMatchObject({
    labelled: RIDES,
    labels: { rides: IN_APRIL, repeated: 0, conflicting: 0, unknown: IN_APRIL - RIDES, unreadable: 0 },
  });
  expect(shown.match_rate).toBeCloseTo(RIDES / shown.predictions, 12);
  expect(shown.versions.find(({ version }) => version === champion)).toMatchObject({
    labelled: RIDES,
    mae: expect.closeTo(expected.mae, 9),
    rmse: expect.closeTo(expected.rmse, 9),
    bias: expect.closeTo(expected.bias, 9),
    coverage_90: expect.closeTo(expected.coverage, 12),
    reference_mae: expect.closeTo((await to.registry.card(champion))?.validation.mae ?? 0, 12), // all have a distance
    harm: { verdict: 'not-enough-data' }, // all of them were predicted now, on one day or two
  });
  expect(shown.days.reduce((sum, { labelled }) => sum + labelled, 0)).toBe(RIDES);

  // Someone else says that the first ride took longer: it cannot be known which is true.
  const file = join(temporaryFolder(), 'labels.jsonl');
  await writeFile(file, `{"ride_id":"${predicted[0]?.prediction.ride_id}","actual_duration":59.5}\n`);
  await putLabelFile(to, { file }, terminal);
  expect(await readLabels(to, { from, to: last })).toMatchObject({ labelled: RIDES - 1, labels: { conflicting: 1 } });
});

const archived = async () => (await Array.fromAsync(to.data.list('stream/'))).length;

/** The emulator makes an object of each record. */
async function untilArchived(objects: number): Promise<void> {
  const deadline = Date.now() + 30_000;
  while ((await archived()) < objects && Date.now() < deadline) await systemClock.sleep(300);
}

/** Computed from the month's file and the stream's records alone. */
async function errorsOf(predicted: readonly PredictionRecord[]) {
  const minutes = (await readRows(realMonth('2023-04'), 'lpep_pickup_datetime, lpep_dropoff_datetime')).map(
    ({ lpep_pickup_datetime: start, lpep_dropoff_datetime: end }) => (Number(end) - Number(start)) / 60_000,
  );
  const rides = predicted.map(({ prediction: { ride_id, ride_duration, interval } }) => {
    const actual = minutes[Number(String(ride_id).split('_')[1])] ?? Number.NaN;
    return { error: ride_duration - actual, isInside: interval[0] <= actual && actual <= interval[1] };
  });
  const mean = (of: (ride: (typeof rides)[number]) => number) =>
    rides.reduce((sum, ride) => sum + of(ride), 0) / rides.length;
  return {
    mae: mean(({ error }) => Math.abs(error)),
    rmse: Math.sqrt(mean(({ error }) => error * error)),
    bias: mean(({ error }) => error),
    coverage: mean(({ isInside }) => Number(isInside)),
  };
}
