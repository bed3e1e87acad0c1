import { readStream } from '#adapters/kinesis.ts';
import { seenMachine } from '#adapters/step-functions.ts';
import { systemClock } from '#clock.ts';
import { type LiveViews, liveViews, READ_MS } from '#serving/live-views.ts';
import type { Deployment } from './context.ts';

/** The console's live views of an environment, read with the caller's own credentials. @param signal ends a read */
export function liveViewsOf({ config, output, data }: Deployment, signal: AbortSignal): LiveViews {
  const { pollMilliseconds } = config.streams;
  return liveViews({
    places: {
      eventsStream: output('EventsStreamName'),
      predictionsStream: output('PredictionsStreamName'),
      machines: {
        'monthly-batch': output('MonthlyBatchArn'),
        backfill: output('BackfillArn'),
        training: output('TrainingArn'),
        retraining: output('RetrainingArn'),
      },
    },
    readStream: (name, from, until) =>
      readStream(name, {
        from,
        until,
        pollMilliseconds,
        signal: AbortSignal.any([signal, AbortSignal.timeout(READ_MS)]),
      }),
    seenMachine,
    data,
    clock: systemClock,
  });
}
