/**
 * What AWS asks, in US dollars: list prices of us-east-1, without the free tier. Other regions differ, mostly by less than a
 * fifth. From AWS's price pages: lambda, kinesis/data-streams, kinesis/data-firehose, api-gateway, step-functions, s3, cloudwatch, xray, kms, ecr
 * (https://aws.amazon.com/{page}/pricing/).
 */
export const PRICES = {
  asOf: '2026-11',
  region: 'us-east-1',
  lambda: { perGbSecond: 0.000_016_666_7, perRequest: 0.2e-6 },
  kinesis: {
    perShardHour: 0.015,
    /** Beside the above, where more than a day is kept. */
    perShardHourKeptLonger: 0.02,
    /** Of up to 25 KB; a trip event or a prediction is one. */
    perPutUnit: 0.014e-6,
  },
  /** Each record counts as the next multiple of 5 KB: a prediction as one. */
  firehose: { perGb: 0.029, kbPerRecord: 5 },
  httpApi: { perRequest: 1e-6 },
  stepFunctions: { perTransition: 0.000_025 },
  s3: { perPut: 0.005e-3, perGet: 0.000_4e-3, perGbMonth: 0.023 },
  cloudWatch: { perAlarmMetric: 0.1, perDashboard: 3, perCustomMetric: 0.3, perLogGb: 0.5 },
  xray: { perTrace: 5e-6 },
  kms: { perKey: 1 },
  ecr: { perGbMonth: 0.1 },
} as const;
