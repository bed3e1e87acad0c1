import type { Prices } from './prices.ts';

/** The parts of an environment that cost money; lib/config/schema.ts has the whole environment. */
export interface Sizes {
  readonly streams: { readonly retentionHours: number } & (
    | { readonly mode: 'provisioned'; readonly shards: number }
    | { readonly mode: 'on-demand' }
  );
  readonly batchSize: number;
  readonly memoryMb: Readonly<Record<'stream-score' | 'predict' | 'score', number>>;
  readonly packaging: 'zip' | 'image';
  /** Metrics that alarms watch: an alarm on a ratio watches two. */
  readonly alarmMetrics: number;
}

/** How long things take and how much they write. {@link USUAL} is an estimate; docs/costs.md explains it. */
export interface Work {
  /** For stream-score: a full batch, and a single record. */
  readonly secondsPerFullBatch: number;
  readonly secondsPerRecordAlone: number;
  readonly secondsPerRequest: number;
  /** For score and monitor: a month of a million rides. */
  readonly secondsPerMillionRides: number;
  /** For a monthly run and its objects. */
  readonly transitionsPerMonth: number;
  readonly putsPerMonth: number;
  readonly getsPerMonth: number;
  /** Lambda's own log lines and ours. */
  readonly logKbPerCall: number;
  /** The share of calls that X-Ray records; its default is one per second and a twentieth of the rest. */
  readonly tracedShare: number;
  readonly imageGb: number;
  /** A trip event or a prediction; on-demand streams are billed by the GB. */
  readonly recordKb: number;
}

/** An estimate; docs/costs.md explains each figure. */
export const USUAL: Work = {
  secondsPerFullBatch: 0.25,
  secondsPerRecordAlone: 0.02,
  secondsPerRequest: 0.02,
  secondsPerMillionRides: 120,
  transitionsPerMonth: 12,
  putsPerMonth: 7,
  getsPerMonth: 30,
  logKbPerCall: 1,
  tracedShare: 0.05,
  imageGb: 0.5,
  recordKb: 1,
};

/** A total and its breakdown, in dollars. */
export interface Cost {
  readonly what: string;
  readonly dollars: number;
  readonly of: Readonly<Record<string, number>>;
}

const MILLION = 1e6;
const HOURS_A_MONTH = 730; // as in AWS's own calculator

/**
 * The cost of a million predictions on each path, on top of what the environment costs at rest.
 * @example
 * const [fullBatches] = costsPerMillion(sizes, PRICES[pricedRegion('eu-north-1')]);
 * console.log(fullBatches?.dollars, fullBatches?.of); // the total, and its parts by service
 */
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
    costOfMonth(MILLION, sizes, prices, work, 'month of a million rides'),
  ];
}

/**
 * The cost of scoring a month.
 * @example
 * const { dollars } = costOfMonth(65_392, sizes, PRICES['us-east-1']);
 */
export const costOfMonth = (
  rides: number,
  { memoryMb }: Pick<Sizes, 'memoryMb'>,
  prices: Prices,
  work: Work = USUAL,
  what = `month of ${rides} rides`,
): Cost =>
  cost(what, {
    ...called(1, secondsOfMonth(rides, work), memoryMb.score, prices, work),
    'Step Functions': work.transitionsPerMonth * prices.stepFunctions.perTransition,
    S3: work.putsPerMonth * prices.s3.perPut + work.getsPerMonth * prices.s3.perGet,
  });

/** How long scoring a month takes, in proportion to its rides. */
export const secondsOfMonth = (rides: number, { secondsPerMillionRides }: Work = USUAL) =>
  (rides / MILLION) * secondsPerMillionRides;

/** The cost of records through one stream, each read once. Reading a provisioned stream is free. */
function streamed(records: number, { streams }: Sizes, { kinesis }: Prices, { recordKb }: Work): number {
  if (streams.mode === 'provisioned') return records * kinesis.perPutUnit;
  const gb = (records * Math.ceil(recordKb)) / MILLION;
  return gb * (kinesis.perOnDemandGbIn + kinesis.perOnDemandGbOut);
}

/** The cost of predictions that Firehose delivers to S3. */
const archived = (count: number, { firehose }: Prices) => ((count * firehose.kbPerRecord) / MILLION) * firehose.perGb;

function called(count: number, seconds: number, memoryMb: number, prices: Prices, { logKbPerCall, tracedShare }: Work) {
  const { lambda, cloudWatch, xray } = prices;
  return {
    Lambda: count * (lambda.perRequest + seconds * (memoryMb / 1024) * lambda.perGbSecond),
    Logs: ((count * logKbPerCall) / MILLION) * cloudWatch.perLogGb,
    'X-Ray': count * tracedShare * xray.perTrace,
  };
}

/**
 * The cost of a month in which nothing happens.
 * @example
 * const { dollars } = costAtRest(sizes, PRICES['us-east-1']);
 */
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

/** The same month with the other options for `streams`. */
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

/** For events and predictions. An on-demand stream pays by the GB for longer retention, and at rest there is none. */
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
