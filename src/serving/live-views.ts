import { z } from 'zod';
import type { Clock } from '#clock.ts';
import type { ObjectStore } from '#storage/object-store.ts';
import { streamOf } from '#streaming/kinesis-event.ts';
import { atMostEvery } from './at-most-every.ts';
import { type Pipelines, pipelineOf, type SeenExecution } from './pipelines.ts';
import type { StreamNow } from './stream-now.ts';
import { type SeenRecord, StreamWatch } from './stream-watch.ts';

/** What the console shows of an environment at work. */
export interface LiveViews {
  readonly stream: () => Promise<StreamNow>;
  readonly pipelines: () => Promise<Pipelines>;
}

/** Where to look. Streams by name, or by ARN where a role needs each call to name what it is granted. */
export const livePlacesSchema = z.object({
  eventsStream: z.string(),
  predictionsStream: z.string(),
  machines: z.record(z.string(), z.string()).describe('ARNs of the state machines, by name'),
});
export type LivePlaces = z.infer<typeof livePlacesSchema>;

/** A state machine as Step Functions describes it. */
export interface SeenMachine {
  /** Amazon States Language, as JSON. */
  readonly definition: string;
  /** The latest execution; undefined: there has been none. */
  readonly last: SeenExecution | undefined;
}

export interface LiveViewsDeps {
  readonly places: LivePlaces;
  /** What has arrived in a stream between two times, the later of which has passed. */
  readonly readStream: (stream: string, from: Date, until: Date) => AsyncIterable<SeenRecord>;
  readonly seenMachine: (arn: string) => Promise<SeenMachine>;
  readonly data: Pick<ObjectStore, 'list' | 'get'>;
  readonly clock: Clock;
}

/** How long reading a stream may take: a shard that is behind is read on at the next question. */
export const READ_MS = 5000;
/** Kinesis and Step Functions limit how often they are asked, by all together. */
const SHARED_MS = 1000;

/**
 * The views of an environment. They cost the same however many pages are open.
 * @example
 * const { stream, pipelines } = liveViews({ places, readStream, seenMachine, data, clock: systemClock });
 */
export function liveViews({ places, readStream, seenMachine, data, clock }: LiveViewsDeps): LiveViews {
  const { eventsStream, predictionsStream, machines } = places;
  const watch = new StreamWatch({
    eventsStream: eventsStream.startsWith('arn:') ? streamOf(eventsStream) : eventsStream,
    read: (stream, from, until) => readStream(stream === 'events' ? eventsStream : predictionsStream, from, until),
    data,
    clock,
  });
  const pipelines = () =>
    Promise.all(
      Object.entries(machines).map(async ([name, arn]) => {
        const { definition, last } = await seenMachine(arn);
        return pipelineOf(name, definition, last);
      }),
    );
  return {
    stream: atMostEvery(SHARED_MS, clock, () => watch.now()),
    pipelines: atMostEvery(SHARED_MS, clock, async () => ({ pipelines: await pipelines() })),
  };
}
