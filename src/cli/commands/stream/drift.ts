import { connect, type Deployment } from '#cli/context.ts';
import type { CommonOptions } from '#cli/options.ts';
import { count, decimals, type Terminal, table } from '#cli/view/terminal.ts';
import { systemClock } from '#clock.ts';
import { TripcastError } from '#errors.ts';
import { readTrainingProfile } from '#model/profile/training-profile.ts';
import { type TrailingHours, trailingHours } from '#monitoring/profile/read-hours.ts';
import { type StreamColumn, type StreamDrift, streamDrift, type TrainedOn } from '#monitoring/profile/stream-drift.ts';
import { PROFILE } from '#registry/run-folder.ts';
import type { TaxiType } from '#trips/taxi-type.ts';

export interface StreamDriftOptions {
  /** Default: as configured. */
  readonly days?: number;
}

interface Found extends StreamDrift {
  readonly run_id: string;
  readonly days: number;
  readonly left_out: readonly string[];
}

/** `tripcast stream drift`: whether the stream's last days look like the rides that the champion was trained on. */
export async function streamDriftCommand(
  options: StreamDriftOptions & CommonOptions,
  terminal: Terminal,
): Promise<void> {
  const from = await connect(options.env);
  const found = await driftOfStream(from, options.days);
  terminal.result(found, () => describe(found));
}

/** @throws TripcastError when there is no champion, or its profile cannot be read */
export async function driftOfStream(from: Deployment, days = from.config.monitoring.streamDays): Promise<Found> {
  const { monitoring, model } = from.config;
  const taxiType = model.servedTaxiType;
  const trained = await trainedOn(from, taxiType);
  const now = new Date(systemClock.now());
  const { hours, leftOut }: TrailingHours = await trailingHours(from.data, taxiType, { now, days });
  const { runId, profile } = trained;
  const limits = {
    effect: monitoring.effect,
    significance: monitoring.significance,
    leastRides: monitoring.leastStreamRides,
    days,
  };
  const drift =
    profile === undefined
      ? noProfile(
          hours.reduce((sum, hour) => sum + hour.profile.rides, 0),
          new Set(hours.map(({ hour }) => hour)).size,
        )
      : streamDrift({ runId, profile }, hours, limits);
  return { run_id: runId, days, ...drift, left_out: leftOut };
}

async function trainedOn(
  { registry }: Deployment,
  taxiType: TaxiType,
): Promise<Pick<TrainedOn, 'runId'> & Partial<TrainedOn>> {
  const champion = await registry.champion(taxiType);
  if (champion === undefined) {
    throw new TripcastError(`There is no champion for ${taxiType} taxis`, 'Make one with `tripcast train --promote`.');
  }
  const runId = champion.pointer.run_id;
  const folder = registry.folder(runId);
  const body = await folder.read(PROFILE);
  if (body === undefined) return { runId };
  const read = readTrainingProfile(body);
  if (read.outcome === 'read') return { runId, profile: read.value };
  const why = read.outcome === 'damaged' ? read.problem : `it has schema version ${read.version}`;
  throw new TripcastError(`${folder.uri(PROFILE)} cannot be read: ${why}`, 'Train the run again.');
}

/** For a run of a version that stored none. */
const noProfile = (rides: number, hours: number): StreamDrift => ({
  verdict: 'not-enough-data',
  reason: 'the champion has no profile of its training rides: train it again',
  rides,
  rides_of_run: 0,
  hours,
  reference: { rides: 0, days: 0 },
  columns: [],
});

const VERDICTS = { drifted: 'drifted', steady: 'steady', 'not-enough-data': 'not enough data' } as const;

function describe({ columns, left_out, ...found }: Found): string {
  const rows = columns.map((column) => [
    column.column,
    VERDICTS[column.verdict],
    decimals(column.score, 4),
    decimals(column.threshold, 2),
    decimals(column.median.reference, 2),
    decimals(column.median.current, 2),
    absent(column.missing),
    absent(column.invalid),
  ]);
  const headings = ['column', 'verdict', 'score', 'limit', 'median before', 'median now', 'missing now', 'invalid now'];
  return [
    sentence({ columns, ...found }),
    ...(columns.length > 0 ? [table(headings, rows)] : []),
    ...left_out.map((each) => `Left out: ${each}`),
  ].join('\n\n');
}

const absent = ({ current }: StreamColumn['missing']) => (current === null ? '–' : `${decimals(100 * current, 1)}%`);

function sentence({ verdict, reason, rides, hours, reference, columns, days }: Omit<Found, 'left_out'>): string {
  const seen = `${count(rides)} rides in ${hours} of the last ${days * 24} hours`;
  if (verdict === 'not-enough-data') return `Not enough data (${reason}; ${seen}).`;
  const drifted = columns.filter((column) => column.drifted).map(({ column }) => column);
  const against = `${seen}, against ${count(reference.rides)} training rides`;
  return verdict === 'drifted'
    ? `The stream drifted: ${drifted.join(', ')} (${against}).`
    : `The stream did not drift (${against}).`;
}
