import { PRICES } from './prices.ts';

/** What of an environment costs; lib/config.ts has all but the last. */
export interface Sizes {
  readonly streams: { readonly shards: number; readonly retentionHours: number };
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
};

/** A sum, and what it is of. Dollars. */
export interface Cost {
  readonly what: string;
  readonly dollars: number;
  readonly of: Readonly<Record<string, number>>;
}

const MILLION = 1e6;
const HOURS_A_MONTH = 730; // as AWS's own calculator counts

/** A million predictions on each path, beside what the environment costs at rest. */
export function costsPerMillion(sizes: Sizes, work: Work = USUAL): readonly Cost[] {
  const inStream = (recordsPerCall: number, secondsPerCall: number) => ({
    Kinesis: 2 * MILLION * PRICES.kinesis.perPutUnit, // the event and its prediction
    Archive: archived(MILLION),
    ...calls(MILLION / recordsPerCall, secondsPerCall, sizes.memoryMb['stream-score'], work),
  });
  return [
    cost('stream, in full batches', inStream(sizes.batchSize, work.secondsPerFullBatch)),
    cost('stream, one event at a time', inStream(1, work.secondsPerRecordAlone)),
    cost('API', {
      'HTTP API': MILLION * PRICES.httpApi.perRequest,
      Kinesis: MILLION * PRICES.kinesis.perPutUnit, // all of them real rides
      Archive: archived(MILLION),
      ...calls(MILLION, work.secondsPerRequest, sizes.memoryMb.predict, work),
    }),
    cost('month of a million rides', {
      ...calls(1, work.secondsPerMillionRides, sizes.memoryMb.score, work),
      'Step Functions': work.transitionsPerMonth * PRICES.stepFunctions.perTransition,
      S3: work.putsPerMonth * PRICES.s3.perPut + work.getsPerMonth * PRICES.s3.perGet,
    }),
  ];
}

/** Predictions that Firehose carries to S3. */
const archived = (count: number) => ((count * PRICES.firehose.kbPerRecord) / MILLION) * PRICES.firehose.perGb;

function calls(count: number, seconds: number, memoryMb: number, { logKbPerCall, tracedShare }: Work) {
  const { lambda, cloudWatch, xray } = PRICES;
  return {
    Lambda: count * (lambda.perRequest + seconds * (memoryMb / 1024) * lambda.perGbSecond),
    Logs: ((count * logKbPerCall) / MILLION) * cloudWatch.perLogGb,
    'X-Ray': count * tracedShare * xray.perTrace,
  };
}

/** A month in which nothing happens. */
export function costAtRest({ streams, alarmMetrics, packaging }: Sizes, { imageGb }: Work = USUAL): Cost {
  const { kinesis, cloudWatch, kms, ecr } = PRICES;
  const shardHours = 2 * streams.shards * HOURS_A_MONTH; // of the events and of the predictions
  const keptLonger = streams.retentionHours > 24 ? shardHours * kinesis.perShardHourKeptLonger : 0;
  return cost('a month at rest', {
    Shards: shardHours * kinesis.perShardHour,
    [`${streams.retentionHours} hours of retention`]: keptLonger,
    Alarms: alarmMetrics * cloudWatch.perAlarmMetric,
    Dashboard: cloudWatch.perDashboard,
    Key: kms.perKey,
    ...(packaging === 'image' && { Image: imageGb * ecr.perGbMonth }),
  });
}

const cost = (what: string, of: Readonly<Record<string, number>>): Cost => ({
  what,
  dollars: Object.values(of).reduce((sum, each) => sum + each, 0),
  of,
});
