import { beforeAll, expect, test } from 'vitest';
import { driftOfStream } from '#cli/commands/stream/drift.ts';
import { replayMonth } from '#cli/commands/stream/replay.ts';
import { connect, type Deployment } from '#cli/context.ts';
import { profileJson } from '#model/profile/profile-json.ts';
import { RideProfile } from '#model/profile/ride-profile.ts';
import { trailingHours } from '#monitoring/profile/read-hours.ts';
import { parseMonth } from '#trips/month.ts';
import { aGreenChampion } from '../support/a-champion.ts';
import { madeFromNow, readPredictions } from '../support/read-predictions.ts';
import { silentTerminal } from '../support/silent-terminal.ts';
import { readRows, realMonth } from '../support/tlc-files.ts';

/** The first ten days of the month, so all weekdays. */
const RIDES = 20_000;
const PICKUP = 'PULocationID, epoch(lpep_dropoff_datetime - lpep_pickup_datetime)::DOUBLE AS seconds';
/** A replay leaves out rides that no model is trained on. */
const isReplayed = ({ seconds }: Record<string, unknown>) => Number(seconds) >= 60 && Number(seconds) <= 3600;
let to: Deployment;

beforeAll(async () => {
  to = await connect('dev');
  await aGreenChampion(to);
});

test("the profiles of a stream's hours count its rides, and its drift is read from them", async () => {
  const before = await profiled();
  const isMine = madeFromNow();
  const month = parseMonth('2023-04');
  await replayMonth(to, { taxiType: 'green', month, limit: RIDES }, silentTerminal());
  expect(await readPredictions(to, RIDES, isMine)).toHaveLength(RIDES);
  const sent = (await readRows(realMonth('2023-04'), PICKUP)).filter(isReplayed).slice(0, RIDES);
  await expect.poll(async () => (await profiled()).rides - before.rides, { timeout: 30_000 }).toBe(RIDES);

  const [was, is] = [before, await profiled()].map((profile) => profileJson(profile).columns.PULocationID);
  const countIn = (of: typeof was, zone: number) => of?.counts[of.cells.indexOf(zone)] ?? 0;
  for (const zone of [74, 75, 130, 166, 265]) {
    const rides = sent.filter(({ PULocationID }) => Number(PULocationID) === zone).length;
    expect(countIn(is, zone) - countIn(was, zone), `zone ${zone}`).toBe(rides);
  }

  const found = await driftOfStream(to);
  expect(found.rides).toBe((await profiled()).rides);
  expect(found).toMatchObject({ reason: null, left_out: [] });
  expect(found.verdict).not.toBe('not-enough-data');
});

async function profiled(): Promise<RideProfile> {
  const { hours } = await trailingHours(to.data, 'green', { now: new Date(), days: 7 });
  return RideProfile.merged(hours.map(({ profile }) => profile));
}
