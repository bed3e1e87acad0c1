import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { loadConfig } from '#lib/config/load.ts';
import { type ModelSource, NoChampionError } from '#registry/model-source.ts';
import { aModel, aScoredStream } from '../../support/a-scored-stream.ts';
import { EXAMPLE } from '../../support/kinesis-events.ts';
import { PollerGone } from '../../support/poller.ts';

// The function's own code, delivered to as AWS documents it (test/support/poller.ts).

type ScoredStream = ReturnType<typeof aScoredStream>;

const rides = (count: number) => Array.from({ length: count }, (_, i) => ({ ...EXAMPLE, ride_id: i }));

const idsOf = (records: readonly { readonly predictionId: string }[]) =>
  new Set(records.map((each) => each.predictionId));

/** Where each arrival is, by distinct prediction_id: predicted, else in quarantine, else given up, else nowhere. */
async function account(stream: ScoredStream) {
  const predicted = new Set((await stream.predicted()).map(({ prediction_id }) => prediction_id));
  const quarantined = idsOf(stream.quarantined());
  const givenUp = idsOf(stream.givenUp());
  const place = (id: string) =>
    predicted.has(id) ? 'predicted' : quarantined.has(id) ? 'quarantined' : givenUp.has(id) ? 'undelivered' : 'lost';
  const places = { predicted: 0, quarantined: 0, undelivered: 0, lost: 0 };
  for (const id of stream.arrived()) places[place(id)] += 1;
  return { ...places, inTwo: [...predicted].filter((id) => quarantined.has(id)) };
}

const ALL_PREDICTED = { quarantined: 0, undelivered: 0, lost: 0, inTwo: [] };

describe('every record is predicted once, by distinct prediction_id,', () => {
  test('when the function is killed between publishing and returning', async () => {
    const stream = aScoredStream();
    stream.send(...rides(25));
    let killed = 0;
    await stream.poll(async (event) => {
      const answer = await stream.score(event);
      if (killed < 2) {
        killed += 1;
        throw new Error('killed');
      }
      return answer;
    });
    expect(await account(stream)).toEqual({ ...ALL_PREDICTED, predicted: 25 });
    // Killed with 10, then with the first 5 of them: those 10 + 5 records lie in the stream as copies.
    expect(stream.predictions.records).toHaveLength(25 + 15);
    expect((await stream.predicted()).map(({ prediction }) => prediction.ride_id)).toEqual(rides(25).map((_, i) => i));
  });

  test('when a ride_id has as many characters as a partition key, each of two UTF-16 units', async () => {
    const stream = aScoredStream();
    const longest = '😀'.repeat(256);
    stream.send(...rides(5), { ...EXAMPLE, ride_id: '😀'.repeat(129) }, { ...EXAMPLE, ride_id: longest }, ...rides(5));
    await stream.poll();
    expect(await account(stream)).toEqual({ ...ALL_PREDICTED, predicted: 12 });
    expect((await stream.predicted()).map(({ prediction }) => prediction.ride_id)).toContain(longest);
  });

  test('when a new champion comes between the two deliveries', async () => {
    const stream = aScoredStream();
    stream.send(...rides(3));
    let first = true;
    await stream.poll(async (event) => {
      const answer = await stream.score(event, aModel(first ? 'a' : 'b'));
      if (!first) return answer;
      first = false;
      throw new Error('killed');
    });
    const versions = stream.predictions.values().map((value) => (value as { version: string }).version.charAt(0));
    expect(versions).toEqual(['a', 'a', 'a', 'b', 'b', 'b']);
    expect(await account(stream)).toEqual({ ...ALL_PREDICTED, predicted: 3 });
  });

  test('when the poller crashes and begins again at its checkpoint', async () => {
    const stream = aScoredStream({ batchSize: 4 });
    stream.send(...rides(10));
    let invocations = 0;
    const crash = stream.poll(async (event) => {
      await stream.score(event);
      invocations += 1;
      if (invocations === 2) throw new PollerGone();
    });
    await expect(crash).rejects.toThrow(PollerGone);
    await stream.poll();
    expect(await account(stream)).toEqual({ ...ALL_PREDICTED, predicted: 10 });
    expect(stream.predictions.records).toHaveLength(14);
  });

  test('when the predictions stream refuses a record for a while: only what comes from it on is delivered again', async () => {
    const stream = aScoredStream();
    stream.send(...rides(10));
    const back = stream.clock.now() + 6_000;
    stream.predictions.onPut = ({ partitionKey }) =>
      partitionKey === '7' && stream.clock.now() < back ? 'ProvisionedThroughputExceededException' : undefined;
    const sizes: number[] = [];
    await stream.poll(async (event) => {
      sizes.push(event.Records.length);
      return stream.score(event);
    });
    expect(sizes).toEqual([10, 3]);
    expect(await account(stream)).toEqual({ ...ALL_PREDICTED, predicted: 10 });
  });
});

test('events that came an hour before the first champion are predicted once there is one', async () => {
  const { eventSource, functions } = loadConfig('prod');
  const stream = aScoredStream(eventSource);
  stream.send(...rides(12));
  const promotedAt = stream.clock.now() + 3_600_000;
  const model: ModelSource = {
    current: async () => {
      if (stream.clock.now() < promotedAt) throw new NoChampionError('green');
      return aModel('a').current();
    },
  };
  await stream.poll((event) => stream.score(event, model, functions['stream-score'].timeoutSeconds * 1000 - 2_000));
  expect(await account(stream)).toEqual({ predicted: 12, quarantined: 0, undelivered: 0, lost: 0, inTwo: [] });
});

describe('what cannot be predicted is kept', () => {
  test('in the bucket, when the predictions stream stays away; bad records are in quarantine all the same', async () => {
    const stream = aScoredStream();
    stream.send(...rides(8), 'not JSON', ...rides(3));
    stream.predictions.onPut = () => 'InternalFailure';
    await stream.poll();
    expect(await account(stream)).toEqual({ predicted: 0, quarantined: 1, undelivered: 11, lost: 0, inTwo: [] });
  });

  test('in the bucket, when there is no model: nothing is made up', async () => {
    const stream = aScoredStream();
    stream.send(...rides(12));
    const noModel = { current: () => Promise.reject(new Error('There is no champion')) };
    await stream.poll((event) => stream.score(event, noModel));
    expect(await account(stream)).toEqual({ predicted: 0, quarantined: 0, undelivered: 12, lost: 0, inTwo: [] });
    expect(stream.predictions.records).toEqual([]);
  });

  test('alone, when one record ends the process each time: its neighbors are predicted', async () => {
    const stream = aScoredStream();
    stream.send(...rides(10));
    const deadly = stream.events.records[6]?.sequenceNumber;
    await stream.poll(async (event) => {
      if (event.Records.some(({ kinesis }) => kinesis.sequenceNumber === deadly)) throw new Error('out of memory');
      return stream.score(event);
    });
    expect(await account(stream)).toEqual({ predicted: 9, quarantined: 0, undelivered: 1, lost: 0, inTwo: [] });
  });
});

test('whatever fails, whenever: the sum closes, and no record is in two places', async () => {
  const FAULTS = ['none', 'killed before', 'killed after', 'some refused', 'no bucket', 'no model'] as const;
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.constantFrom('good', 'bad'), { minLength: 1, maxLength: 40 }),
      fc.array(fc.constantFrom(...FAULTS), { maxLength: 30 }),
      fc.record({
        batchSize: fc.integer({ min: 1, max: 12 }),
        parallelizationFactor: fc.integer({ min: 1, max: 3 }),
        shards: fc.integer({ min: 1, max: 2 }),
        retryAttempts: fc.integer({ min: 0, max: 3 }),
        bisectOnError: fc.boolean(),
      }),
      async (kinds, faults, settings) => {
        const stream = aScoredStream(settings);
        stream.send(...kinds.map((kind, i) => (kind === 'good' ? { ...EXAMPLE, ride_id: i } : '{"ride":')));
        const ahead = [...faults];
        await stream.poll(async (event) => {
          const fault = ahead.shift() ?? 'none';
          if (fault === 'killed before') throw new Error(fault);
          stream.predictions.onPut = ({ partitionKey }) =>
            fault === 'some refused' && Number(partitionKey) % 3 === 0 ? 'InternalFailure' : undefined;
          stream.data.before = () => {
            if (fault === 'no bucket') throw new Error(fault);
          };
          const noModel = { current: () => Promise.reject(new Error(fault)) };
          const answer = await stream.score(event, fault === 'no model' ? noModel : undefined);
          if (fault === 'killed after') throw new Error(fault);
          return answer;
        });
        const { predicted, quarantined, undelivered, ...wrong } = await account(stream);
        expect(wrong).toEqual({ lost: 0, inTwo: [] });
        expect(predicted + quarantined + undelivered).toBe(kinds.length);
      },
    ),
    { numRuns: 60 },
  );
});
