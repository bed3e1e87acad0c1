import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, onTestFinished, test } from 'vitest';
import { onThreads, type ScoringThreads } from '#adapters/scoring-threads.ts';
import { loadEngine } from '#engine/engine.ts';
import type { RideInputs } from '#model/rides/ride-batch.ts';
import type { Scorer } from '#model/scorer.ts';
import { generatedRides } from '../../support/engines.ts';
import { aThinnedMonth, train } from '../../support/training.ts';

let trained: Promise<Uint8Array> | undefined;

/** Trained by the first test, for all. */
async function aModel(): Promise<Uint8Array> {
  const validation = { kind: 'month', source: await aThinnedMonth('2023-04', 400) } as const;
  const months = [await aThinnedMonth('2023-03', 200)];
  return (await train({ train: months, validation }, { recipe: 'zone-map-fast' })).model;
}

/** A scorer on threads, and how many rides each call leaves to the main thread. */
async function threaded(options: Partial<ScoringThreads> = {}) {
  trained ??= aModel();
  const loaded = loadEngine(await trained);
  if (loaded.outcome === 'refused') throw new Error(loaded.reason);
  const here: number[] = [];
  const main: Scorer = {
    ...loaded.scorer,
    scoreNow(inputs) {
      here.push(inputs.trip_distance.length);
      return loaded.scorer.scoreNow(inputs);
    },
  };
  const scorer = onThreads(main, loaded.program, { threads: 2, worthSeconds: 0, worthMs: 0, ...options });
  onTestFinished(() => scorer.close());
  return { scorer, alone: loaded.scorer, here };
}

/** Until the workers have started and take their share. */
async function started({ scorer, here }: Awaited<ReturnType<typeof threaded>>, rides: RideInputs): Promise<void> {
  const size = rides.trip_distance.length;
  for (let tries = 0; here.at(-1) === undefined || here.at(-1) === size; tries += 1) {
    if (tries > 500) throw new Error('No worker started.');
    scorer.scoreNow(rides);
    await sleep(10);
  }
}

const rides = (size: number) => generatedRides(size, size).inputs;

describe('a scorer on threads', () => {
  test.for([2, 3, 4])('answers to the last bit as one thread does, whatever the size, on %i', async (threads) => {
    const all = await threaded({ threads });
    await started(all, rides(2048));
    for (const size of [0, 1, 100, 255, 256, 257, 511, 1023, 2048, 9001]) {
      expect(all.scorer.scoreNow(rides(size))).toEqual(all.alone.scoreNow(rides(size)));
    }
  });

  test('leaves half of the rides to a second thread', async () => {
    const all = await threaded();
    await started(all, rides(2048));
    all.here.length = 0;
    all.scorer.scoreNow(rides(2048));
    expect(all.here).toEqual([1024]);
  });

  test('keeps to itself what takes less time than waking a thread', async () => {
    const all = await threaded({ worthMs: 1000 });
    for (let i = 0; i < 20; i += 1) {
      all.scorer.scoreNow(rides(2048));
      await sleep(10);
    }
    expect(new Set(all.here)).toEqual(new Set([2048]));
  });

  test('starts none before scoring has taken long enough, nor for one thread', async () => {
    for (const options of [{ worthSeconds: 1000 }, { threads: 1 }]) {
      const all = await threaded(options);
      for (let i = 0; i < 20; i += 1) {
        all.scorer.scoreNow(rides(512));
        await sleep(10);
      }
      expect(new Set(all.here)).toEqual(new Set([512]));
    }
  });

  test('computes the rides of a worker that is late or dead itself, and does without it from then on', async () => {
    const all = await threaded({ patienceMs: 0 });
    await started(all, rides(2048)).catch(() => {});
    all.here.length = 0;
    expect(all.scorer.scoreNow(rides(2048))).toEqual(all.alone.scoreNow(rides(2048)));
    expect(all.here.reduce((sum, size) => sum + size, 0)).toBe(2048);
    all.here.length = 0;
    all.scorer.scoreNow(rides(2048));
    expect(all.here).toEqual([2048]);
  });
});
