import { kinesisSink } from '#adapters/kinesis.ts';
import { workFolder } from '#adapters/work-folder.ts';
import { connect, type Deployment } from '#cli/context.ts';
import type { CommonOptions } from '#cli/options.ts';
import { count, type Terminal } from '#cli/view/terminal.ts';
import { systemClock } from '#clock.ts';
import { TripcastError } from '#errors.ts';
import { fetchRawMonths } from '#storage/raw-months.ts';
import { recordedRides, rideCount } from '#streaming/recorded-rides.ts';
import { replay } from '#streaming/replay.ts';
import type { Month } from '#trips/month.ts';
import type { TaxiType } from '#trips/taxi-type.ts';

export interface ReplayOptions {
  readonly taxiType: TaxiType;
  readonly month: Month;
  readonly limit?: number;
  readonly rate?: number;
}

/** `tripcast stream replay`: a month's real rides as events, as fast as requested. */
export async function streamReplay(options: ReplayOptions & CommonOptions, terminal: Terminal): Promise<void> {
  const to = await connect(options.env);
  const sent = await replayMonth(to, options, terminal);
  terminal.result(
    { sent, stream: to.output('EventsStreamName') },
    () => 'Watch their predictions: tripcast stream tail',
  );
}

/** @returns how many events were sent. @throws TripcastError when the stream did not accept some */
export async function replayMonth(to: Deployment, options: ReplayOptions, terminal: Terminal): Promise<number> {
  const { DuckDB } = await import('#adapters/duckdb.ts');
  await using folder = await workFolder();
  await using database = await DuckDB.open({ tempDirectory: folder.path });
  const [file] = await fetchRawMonths(to.data, options.taxiType, [options.month], folder.path);
  if (file === undefined) return 0;
  const rides = recordedRides(database, file.path, { ...options, limit: options.limit });
  const sink = kinesisSink(to.output('EventsStreamName'));
  const total = Math.min(
    options.limit ?? Number.POSITIVE_INFINITY,
    await rideCount(database, file.path, options.taxiType),
  );
  const progress = terminal.progress(`replay ${options.taxiType} ${options.month}`, total);
  let sent = 0;
  for await (const burst of replay(rides, sink, { clock: systemClock, ...(options.rate && { rate: options.rate }) })) {
    sent += burst.sent;
    progress.update(sent);
    const [lost] = burst.unsent;
    if (lost !== undefined) {
      throw new TripcastError(
        `${burst.unsent.length} events were refused by the stream (${lost.error}); ${sent} were sent`,
        'The stream is throttled or gone: lower --rate, or check with `tripcast status`.',
      );
    }
  }
  progress.done(`${count(sent)} events sent`);
  return sent;
}
