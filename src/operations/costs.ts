import type { Prices } from './prices.ts';

/** What of an environment costs; lib/config.ts has all of it. */
export interface Sizes {
  readonly streams: { readonly retentionHours: number } & (
    | { readonly mode: 'provisioned'; readonly shards: number }
    | { readonly mode: 'on-demand' }
  );
  readonly batchSize: number;
  readonly memoryMb: Readonly<Record<'stream-score' | 'predict' | 'score', number>>;
  readonly packaging: 'zip' | 'image';
  /** Metrics that alarms look at: an alarm on a ratio looks at two. */
  readonly alarmMetrics: number;
}

/** How long things take and how much they write. {@link USUAL} is reckoned; docs/costs.md says from what. */
export interface Work {
  /** Of stream-score, for a full batch and for one record alone. */
  readonly secondsPerFullBatch: number;
  readonly secondsPerRecordAlone: number;
  readonly secondsPerRequest: number;
  /** Of score, for a month of a million rides. */
  readonly secondsPerMillionRides: number;
  /** Of a monthly run, and of its objects. */
  readonly transitionsPerMonth: number;
  readonly putsPerMonth: number;
  readonly getsPerMonth: number;
  /** Of a call: Lambda's own lines and ours. */
  readonly logKbPerCall: number;
  /** Calls that X-Ray records; its default is one a second and a twentieth of the rest. */
  readonly tracedShare: number;
  readonly imageGb: number;
  /** A trip event or a prediction; an on-demand stream is paid by the GB. */
  readonly recordKb: number;
}

export const USUAL: Work = {
  secondsPerFullBatch: 0.25,
  secondsPerRecordAlone: 0.02,
  secondsPerRequest: 0.02,
  secondsPerMillionRides: 60,
  transitionsPerMonth: 8,
  putsPerMonth: 5,
  getsPerMonth: 20,
  logKbPerCall: 1,
  tracedShare: 0.05,
  imageGb: 0.5,
  recordKb: 1,
};

/** A sum, and what it is of. Dollars. */
export interface Cost {
  readonly what: string;
  readonly dollars: number;
  readonly of: Readonly<Record<string, number>>;
}

const MILLION = 1e6;
const HOURS_A_MONTH = 730; // as AWS's own calculator counts

/** A million predictions on each path, next to what the environment costs at rest. */
export function costsPerMillion(sizes: Sizes, prices: Prices, work: Work = USUAL): readonly Cost[] {
  const { memoryMb } = sizes;
  const through = (records: number) => streamed(records, sizes, prices, work);
  const calls = (count: number, seconds: number, memory: number) => called(count, seconds, memory, prices, work);
  const inStream = (recordsPerCall: number, secondsPerCall: number) => ({
    Kinesis: 2 * through(MILLION), // the event and its prediction
    Archive: archived(MILLION, prices),
    ...calls(MILLION / recordsPerCall, secondsPerCall, memoryMb['stream-score']),
  });
  return [
    cost('stream, in full batches', inStream(sizes.batchSize, work.secondsPerFullBatch)),
    cost('stream, one event at a time', inStream(1, work.secondsPerRecordAlone)),
    cost('API', {
      'HTTP API': MILLION * prices.httpApi.perRequest,
      Kinesis: through(MILLION), // all of them real rides
      Archive: archived(MILLION, prices),
      ...calls(MILLION, work.secondsPerRequest, memoryMb.predict),
    }),
    cost('month of a million rides', {
      ...calls(1, work.secondsPerMillionRides, memoryMb.score),
      'Step Functions': work.transitionsPerMonth * prices.stepFunctions.perTransition,
      S3: work.putsPerMonth * prices.s3.perPut + work.getsPerMonth * prices.s3.perGet,
    }),
  ];
}

/** Records through one stream, each read once. Reading a provisioned stream is free. */
function streamed(records: number, { streams }: Sizes, { kinesis }: Prices, { recordKb }: Work): number {
  if (streams.mode === 'provisioned') return records * kinesis.perPutUnit;
  const gb = (records * Math.ceil(recordKb)) / MILLION;
  return gb * (kinesis.perOnDemandGbIn + kinesis.perOnDemandGbOut);
}

/** Predictions that Firehose carries to S3. */
const archived = (count: number, { firehose }: Prices) => ((count * firehose.kbPerRecord) / MILLION) * firehose.perGb;

function called(count: number, seconds: number, memoryMb: number, prices: Prices, { logKbPerCall, tracedShare }: Work) {
  const { lambda, cloudWatch, xray } = prices;
  return {
    Lambda: count * (lambda.perRequest + seconds * (memoryMb / 1024) * lambda.perGbSecond),
    Logs: ((count * logKbPerCall) / MILLION) * cloudWatch.perLogGb,
    'X-Ray': count * tracedShare * xray.perTrace,
  };
}

/** A month in which nothing happens. */
export function costAtRest(sizes: Sizes, prices: Prices, work: Work = USUAL, what = 'a month at rest'): Cost {
  const { cloudWatch, kms, ecr } = prices;
  return cost(what, {
    ...streamsAtRest(sizes.streams, prices),
    Alarms: sizes.alarmMetrics * cloudWatch.perAlarmMetric,
    Dashboard: cloudWatch.perDashboard,
    Key: kms.perKey,
    ...(sizes.packaging === 'image' && { Image: work.imageGb * ecr.perGbMonth }),
  });
}

/** The same month with the other choices that `streams` leaves. */
export function costsAtRestOtherwise(sizes: Sizes, prices: Prices, work: Work = USUAL): readonly Cost[] {
  const { retentionHours } = sizes.streams;
  const choices: readonly Sizes['streams'][] = [
    { mode: 'provisioned', shards: 1, retentionHours },
    { mode: 'provisioned', shards: 1, retentionHours: 24 },
    { mode: 'on-demand', retentionHours },
  ];
  const named = new Map(choices.map((streams) => [choiceName(streams), streams]));
  named.delete(choiceName(sizes.streams));
  return [...named].map(([what, streams]) => costAtRest({ ...sizes, streams }, prices, work, what));
}

const choiceName = (streams: Sizes['streams']) =>
  `with ${streams.mode === 'provisioned' ? `${streams.shards} shard a stream` : 'on-demand streams'}, ${streams.retentionHours} hours`;

/** Of the events and of the predictions. What an on-demand stream keeps longer is paid by the GB, and at rest there is none. */
function streamsAtRest(streams: Sizes['streams'], { kinesis }: Prices): Readonly<Record<string, number>> {
  const hours = 2 * HOURS_A_MONTH;
  if (streams.mode === 'on-demand') return { 'On-demand streams': hours * kinesis.perOnDemandStreamHour };
  const shardHours = hours * streams.shards;
  return {
    Shards: shardHours * kinesis.perShardHour,
    [`${streams.retentionHours} hours of retention`]:
      streams.retentionHours > 24 ? shardHours * kinesis.perShardHourKeptLonger : 0,
  };
}

const cost = (what: string, of: Readonly<Record<string, number>>): Cost => ({
  what,
  dollars: Object.values(of).reduce((sum, each) => sum + each, 0),
  of,
});
