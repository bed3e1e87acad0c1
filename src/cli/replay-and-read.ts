import { workFolder } from '#adapters/work-folder.ts';
import { TripcastError } from '#errors.ts';
import { fetchRawMonths } from '#storage/raw-months.ts';
import { recordedRides } from '#streaming/recorded-rides.ts';
import type { Month } from '#trips/month.ts';
import type { TaxiType } from '#trips/taxi-type.ts';
import { replayMonth } from './commands/stream/replay.ts';
import { predictions } from './commands/stream/tail.ts';
import type { Deployment } from './context.ts';
import { count, type Terminal } from './view/terminal.ts';

export interface Replay {
  readonly taxiType: TaxiType;
  readonly month: Month;
  readonly limit: number;
}

/** Long enough for a cold function on a slow machine. */
const PATIENCE_MS = 60_000;
/** A stream that has been silent this long has nothing more to say. */
const QUIET_MS = 600;

/** Sends rides, unless their predictions are already in the stream, and reads every prediction back. */
export async function replayAndRead(
  to: Deployment,
  wanted: Replay,
  terminal: Terminal,
): Promise<{ readonly isNew: boolean; readonly predictions: number }> {
  const owed = await rideIds(to, wanted);
  await strikeOff(owed, to, QUIET_MS, () => {});
  if (owed.size === 0) return { isNew: false, predictions: wanted.limit };
  const sent = await replayMonth(to, wanted, terminal);
  const progress = terminal.progress('read predictions back', sent);
  await strikeOff(owed, to, PATIENCE_MS, () => progress.update(sent - owed.size));
  if (owed.size > 0) {
    throw new TripcastError(
      `${owed.size} of ${sent} rides have no prediction yet, for example ${[...owed][0]}`,
      'See `npx tripcast logs stream-score`.',
    );
  }
  progress.done(`${count(sent)} predictions, one for each ride`);
  return { isNew: true, predictions: sent };
}

async function rideIds(to: Deployment, { taxiType, month, limit }: Replay): Promise<Set<string>> {
  const { DuckDB } = await import('#adapters/duckdb.ts');
  await using folder = await workFolder();
  await using database = await DuckDB.open({ tempDirectory: folder.path });
  const [file] = await fetchRawMonths(to.data, taxiType, [month], folder.path);
  const ids = new Set<string>();
  if (file === undefined) return ids;
  for await (const { rideId } of recordedRides(database, file.path, { taxiType, month, limit })) ids.add(rideId);
  return ids;
}

/** Removes from the list every ride whose prediction is in the stream, until the list is empty or the time is up. */
async function strikeOff(owed: Set<string>, to: Deployment, milliseconds: number, onStruck: () => void): Promise<void> {
  const over = AbortSignal.timeout(milliseconds);
  for await (const { prediction } of predictions(to, 'oldest', over)) {
    if (owed.delete(String(prediction.ride_id))) onStruck();
    if (owed.size === 0) return;
  }
}
