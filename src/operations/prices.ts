/** What AWS charges in a region, in US dollars, without the free tier. */
export interface Prices {
  readonly lambda: { readonly perGbSecond: number; readonly perRequest: number };
  readonly kinesis: {
    readonly perShardHour: number;
    /** On top of the above, if retention is more than a day: the same for 25 hours as for a week. */
    readonly perShardHourKeptLonger: number;
    /** Per unit of up to 25 KB; a trip event or a prediction is one. */
    readonly perPutUnit: number;
    /** An on-demand stream pays for these instead of the above. A GB kept longer than a day costs 10 cents a month. */
    readonly perOnDemandStreamHour: number;
    readonly perOnDemandGbIn: number;
    readonly perOnDemandGbOut: number;
  };
  /** Each record is rounded up to a multiple of 5 KB: a prediction counts as one. */
  readonly firehose: { readonly perGb: number; readonly kbPerRecord: number };
  readonly httpApi: { readonly perRequest: number };
  readonly stepFunctions: { readonly perTransition: number };
  readonly s3: { readonly perPut: number; readonly perGet: number; readonly perGbMonth: number };
  readonly cloudWatch: {
    readonly perAlarmMetric: number;
    readonly perDashboard: number;
    readonly perCustomMetric: number;
    readonly perLogGb: number;
  };
  readonly xray: { readonly perTrace: number };
  readonly kms: { readonly perKey: number };
  readonly ecr: { readonly perGbMonth: number };
}

/** The month in which the prices below were last read. */
export const PRICES_AS_OF = '2025-11';

/**
 * The same in each of the four regions.
 *
 * Read from the lists that AWS's own price pages load (https://aws.amazon.com/{service}/pricing/), as published in
 * 2025-08 to 2025-11 and mirrored in github.com/lamngockhuong/aws-price at commit 508fb45: lambda, kms, s3.perGbMonth
 * and CloudWatch's alarms and metrics. Copied by hand from the price pages: the dashboard, stepFunctions, xray, ecr,
 * S3's requests.
 */
const EVERYWHERE = {
  lambda: { perGbSecond: 0.000_016_666_7, perRequest: 0.2e-6 },
  stepFunctions: { perTransition: 0.000_025 },
  xray: { perTrace: 5e-6 },
  kms: { perKey: 1 },
  ecr: { perGbMonth: 0.1 },
} as const;
const METRICS = { perAlarmMetric: 0.1, perDashboard: 3, perCustomMetric: 0.3 } as const;
const S3_REQUESTS = { perPut: 0.005e-3, perGet: 0.000_4e-3 } as const;

/** By region. Read from the same lists, except for Firehose, which is not in them and was copied by hand. */
export const PRICES = {
  'us-east-1': {
    ...EVERYWHERE,
    kinesis: {
      perShardHour: 0.015,
      perShardHourKeptLonger: 0.02,
      perPutUnit: 0.014e-6,
      perOnDemandStreamHour: 0.04,
      perOnDemandGbIn: 0.08,
      perOnDemandGbOut: 0.04,
    },
    firehose: { perGb: 0.029, kbPerRecord: 5 },
    httpApi: { perRequest: 1e-6 },
    s3: { ...S3_REQUESTS, perGbMonth: 0.023 },
    cloudWatch: { ...METRICS, perLogGb: 0.5 },
  },
  'eu-north-1': {
    ...EVERYWHERE,
    kinesis: {
      perShardHour: 0.0162,
      perShardHourKeptLonger: 0.0219,
      perPutUnit: 0.0157e-6,
      perOnDemandStreamHour: 0.043,
      perOnDemandGbIn: 0.086,
      perOnDemandGbOut: 0.043,
    },
    firehose: { perGb: 0.031, kbPerRecord: 5 },
    httpApi: { perRequest: 1.06e-6 },
    s3: { ...S3_REQUESTS, perGbMonth: 0.023 },
    cloudWatch: { ...METRICS, perLogGb: 0.54 },
  },
  'eu-west-1': {
    ...EVERYWHERE,
    kinesis: {
      perShardHour: 0.017,
      perShardHourKeptLonger: 0.023,
      perPutUnit: 0.0165e-6,
      perOnDemandStreamHour: 0.045,
      perOnDemandGbIn: 0.091,
      perOnDemandGbOut: 0.045,
    },
    firehose: { perGb: 0.031, kbPerRecord: 5 },
    httpApi: { perRequest: 1.11e-6 },
    s3: { ...S3_REQUESTS, perGbMonth: 0.023 },
    cloudWatch: { ...METRICS, perLogGb: 0.57 },
  },
  'eu-central-1': {
    ...EVERYWHERE,
    kinesis: {
      perShardHour: 0.018,
      perShardHourKeptLonger: 0.024,
      perPutUnit: 0.0175e-6,
      perOnDemandStreamHour: 0.048,
      perOnDemandGbIn: 0.096,
      perOnDemandGbOut: 0.048,
    },
    firehose: { perGb: 0.033, kbPerRecord: 5 },
    httpApi: { perRequest: 1.2e-6 },
    s3: { ...S3_REQUESTS, perGbMonth: 0.0245 },
    cloudWatch: { ...METRICS, perLogGb: 0.63 },
  },
} as const satisfies Readonly<Record<string, Prices>>;
export type PricedRegion = keyof typeof PRICES;

/** The region whose prices are used for regions that are not listed. */
export const STAND_IN: PricedRegion = 'us-east-1';

/** Which region's prices to calculate with. */
export const pricedRegion = (region: string): PricedRegion => (isPriced(region) ? region : STAND_IN);

const isPriced = (region: string): region is PricedRegion => Object.hasOwn(PRICES, region);
