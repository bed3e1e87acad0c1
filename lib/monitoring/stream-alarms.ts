import { type IMetric, MathExpression, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import { type AlarmPlan, COUNTED } from './alarm-plan.ts';
import { FIVE_MINUTES, ofArchive, ofEventSource, putInto } from './metrics.ts';
import type { Watched } from './watched.ts';

/** For stalled readers: they send no metric of their own, so nothing else notices. */
export function alarmsOfReaders({ config, eventSources, archives }: Watched): AlarmPlan[] {
  const { metricMath } = config.alarms;
  if (!metricMath) return [];
  return [
    ...eventSources.map((each) => ({
      ...notRead(config.streams.events, ofEventSource(each, 'PolledEventCount')),
      name: 'stream-not-read',
      says: 'Trip events arrive but Lambda reads none of them: the mapping is disabled or not authorized',
    })),
    ...archives.map((each) => ({
      ...notRead(config.streams.predictions, ofArchive(each, 'DataReadFromKinesisStream.Records')),
      name: 'archive-not-reading',
      says: 'Predictions arrive but Firehose reads none of them: it is not authorized, or its delivery stream is gone',
    })),
  ];
}

/**
 * A stream that takes records while its reader gets none. A deploy pauses a reader for less than two periods; three out
 * of twelve also catch a stalled reader behind a producer that sends only now and then.
 */
const notRead = (streamName: string, read: IMetric) => ({
  ...COUNTED,
  metric: new MathExpression({
    // A reader that is disabled or unauthorized sends nothing, not 0.
    expression: 'IF(FILL(put, 0) > 0 AND FILL(read, 0) == 0, 1, 0)',
    label: 'records arrive and none are read',
    usingMetrics: { put: putInto(streamName), read },
    ...FIVE_MINUTES,
  }),
  periods: { over: 3, of: 12 },
  lasts: true,
});

/** Firehose retries for as long as the stream keeps a record, and reports it only in its metrics. */
export const alarmsOfArchive = ({ config, archives }: Watched): AlarmPlan[] =>
  archives.flatMap((each) => [
    {
      name: 'archive-behind',
      says: `A prediction has waited ${config.alarms.archiveAgeMinutes} minutes or more to be archived`,
      metric: ofArchive(each, 'DeliveryToS3.DataFreshness', 'Maximum'),
      atLeast: config.alarms.archiveAgeMinutes * 60,
      missing: TreatMissingData.NOT_BREACHING,
      lasts: true,
    },
    {
      name: 'archive-failing',
      says: 'S3 refused objects of the archive; Firehose retries',
      metric: ofArchive(each, 'DeliveryToS3.Success', 'Average'), // the share of writes that succeeded
      below: 1,
      missing: TreatMissingData.NOT_BREACHING,
      lasts: true,
    },
  ]);
