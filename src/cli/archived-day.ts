import type { DuckDB } from '#adapters/duckdb.ts';
import { readStream } from '#adapters/kinesis.ts';
import { systemClock } from '#clock.ts';
import { TripcastError } from '#errors.ts';
import type { LabelledRides } from '#model/rides/rides.ts';
import { fetchArchive, fetchLabels } from '#monitoring/labels/fetch-labelled.ts';
import { joinLabels } from '#monitoring/labels/join-labels.ts';
import { storedRides } from '#streaming/stored-events.ts';
import type { Day } from '#trips/day.ts';
import { sqlText } from '#trips/sql.ts';
import { KEPT_MINUTES } from '#trips/tlc-file.ts';
import type { Deployment } from './context.ts';

export interface ArchivedDay {
  /** Rides that the stream predicted on that day, with their labels; NaN = none, or several that differ. */
  readonly rides: LabelledRides;
  /** Predictions whose event the stream no longer has. */
  readonly withoutEvent: number;
}

const HOUR_MILLISECONDS = 3_600_000;
/** A day in New York ends 4 or 5 hours after it does in UTC. */
const DAY_HOURS = 24 + 5;

/**
 * The rides that the stream predicted on a day in New York. The archive has the predictions and the trip events have the
 * rides, for as long as the stream keeps them; a prediction_id says which event a prediction answers. A label outside 1
 * to 60 minutes does not count, as in training.
 * @throws TripcastError when there are no predictions, or none of their events is left
 */
export async function archivedDay(
  day: Day,
  { data, config, output }: Pick<Deployment, 'data' | 'config' | 'output'>,
  { database, workFolder }: { readonly database: DuckDB; readonly workFolder: string },
): Promise<ArchivedDay> {
  const fetching = { data, workFolder };
  const archive = await fetchArchive(day, day, fetching);
  const labels = await fetchLabels(fetching);
  const files = { archive: archive.paths, labels: labels.paths, from: day, to: day, workFolder };
  const { path } = await joinLabels(database, files);
  const predictions = await database.rows(
    `SELECT prediction_id, CASE WHEN actual_duration BETWEEN ${KEPT_MINUTES.least} AND ${KEPT_MINUTES.most}
       THEN actual_duration END AS minutes
     FROM read_parquet(${sqlText(path)}) WHERE source = 'stream' ORDER BY prediction_id`,
  );
  if (predictions.length === 0) {
    throw new TripcastError(
      `The archive has no predictions of the stream on ${day}`,
      `Give another day. A prediction reaches the archive after ${config.archive.bufferSeconds} s at most.`,
    );
  }
  const events = await eventsOf(day, { config, output });
  const known = predictions.flatMap(({ prediction_id: id, minutes }) => {
    const ride = events.get(String(id));
    return ride === undefined ? [] : [{ ...ride, minutes: minutes === null ? Number.NaN : Number(minutes) }];
  });
  if (known.length === 0) {
    throw new TripcastError(
      `None of the ${predictions.length} rides that were predicted on ${day} is still in the stream, which keeps its events for ${config.streams.retentionHours} hours`,
      'Give a later day, or a month with --month.',
    );
  }
  const column = (of: (ride: (typeof known)[number]) => number) => Float64Array.from(known, of);
  const rides = {
    size: known.length,
    pickupZone: column(({ pickupZone }) => pickupZone),
    dropoffZone: column(({ dropoffZone }) => dropoffZone),
    distance: column(({ distance }) => distance),
    pickupTime: column(({ pickupTime }) => pickupTime),
    minutes: column(({ minutes }) => minutes),
  };
  return { rides, withoutEvent: predictions.length - known.length };
}

async function eventsOf(day: Day, { config, output }: Pick<Deployment, 'config' | 'output'>) {
  const name = output('EventsStreamName');
  const start = Date.parse(day); // hours before New York's midnight: an event may wait for its prediction
  const until = new Date(Math.min(systemClock.now(), start + DAY_HOURS * HOUR_MILLISECONDS));
  const records = readStream(name, {
    from: new Date(start),
    until,
    signal: new AbortController().signal,
    pollMilliseconds: config.streams.pollMilliseconds,
  });
  return storedRides(records, name);
}
