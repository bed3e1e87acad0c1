import { describe, expect, test } from 'vitest';
import { recordGoldenRides } from '#model/golden/golden.ts';
import type { LoadScorer } from '#model/scorer.ts';
import type { SeenAlias } from '#registry/alias.ts';
import { LiveModel, loadProven, modelAt, pinnedRun } from '#registry/live-model.ts';
import type { RunId } from '#storage/run-id.ts';
import { sha256 } from '#storage/sha256.ts';
import type { TaxiType } from '#trips/taxi-type.ts';
import { aCard } from '../../support/a-card.ts';
import { aRun } from '../../support/a-run.ts';
import { type AScorer, aScorer } from '../../support/a-scorer.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { MemoryStore } from '../../support/memory-store.ts';

const RIDES = [{ PULocationID: 130, DOLocationID: 205, trip_distance: 3.66, pickup_time: 1_680_510_600 }];

/** The bytes of a model whose answers are shifted; a real one's are a graph. */
const bytesOf = (shift: number, taxiType: TaxiType = 'green') => Buffer.from(JSON.stringify({ shift, taxiType }));

const goldenOf = (shift: number) => recordGoldenRides(aScorer({ shift }), RIDES, Float64Array.of(18.718));

/** A loader that remembers what it loaded. */
function aLoader() {
  const loaded: AScorer[] = [];
  const loadScorer: LoadScorer = async (model) => {
    const scorer = aScorer(JSON.parse(Buffer.from(model).toString()));
    loaded.push(scorer);
    return scorer;
  };
  return { loadScorer, loaded };
}

/** A registry with runs `a`, `b`, ... whose answers are shifted by 0, 1, ..., and a model that follows its champion. */
function aLiveModel() {
  const files = new Map<RunId, { model: Uint8Array; golden: Awaited<ReturnType<typeof goldenOf>> }>();
  const { loadScorer, loaded } = aLoader();
  const failures: string[] = [];
  const world = {
    champion: undefined as SeenAlias | undefined,
    asked: 0,
    fetched: [] as RunId[],
    /** The ETags of the conditional questions. */
    known: [] as string[],
    down: false,
    clock: new ManualClock(0),
    async add(run: RunId, shift: number, taxiType?: TaxiType) {
      files.set(run, { model: bytesOf(shift, taxiType), golden: await goldenOf(shift) });
    },
    promote(run: RunId, digest = sha256(files.get(run)?.model ?? new Uint8Array())) {
      world.champion = {
        etag: `"${run}"`,
        pointer: {
          sequence: 1,
          run_id: run,
          uri: `s3://models/exp/${run}/artifacts/model/model.onnx`,
          sha256: digest,
          promoted_at: '2023-05-01T00:00:00Z',
          promoted_by: 'a test',
          previous_run_id: null,
        },
      };
    },
  };
  const reachable = () => {
    world.asked++;
    if (world.down) throw new Error('S3 is down');
  };
  const registry = {
    champion: async () => {
      reachable();
      return world.champion;
    },
    championIfChanged: async (_: TaxiType, etag: string) => {
      reachable();
      world.known.push(etag);
      return world.champion?.etag === etag ? ('unchanged' as const) : world.champion;
    },
    readModel: async (run: RunId) => {
      world.fetched.push(run);
      const found = files.get(run);
      return found && { card: aCard({ run_id: run }), ...found };
    },
  };
  const model = new LiveModel({
    registry,
    taxiType: 'green',
    loadScorer,
    refreshSeconds: 60,
    clock: world.clock,
    onRefreshFailed: (error) => failures.push(String(error)),
  });
  return {
    world,
    registry,
    files,
    loadScorer,
    loaded,
    failures,
    model,
    served: async () => (await model.current()).runId,
  };
}

const [A, B, C] = [aRun('a'), aRun('b'), aRun('c')];

async function serving(run = A) {
  const live = aLiveModel();
  await live.world.add(run, 0);
  live.world.promote(run);
  await live.model.current();
  return live;
}

describe('the live model', () => {
  test('is loaded once, also for callers that come together', async () => {
    const live = aLiveModel();
    await live.world.add(A, 0);
    live.world.promote(A);
    expect(await Promise.all([live.served(), live.served(), live.served()])).toEqual([A, A, A]);
    expect(live.loaded).toHaveLength(1);
  });

  test('asks the alias no more often than it should', async () => {
    const { world, served } = await serving();
    world.clock.time = 59_999;
    await served();
    expect(world.asked).toBe(1);
    world.clock.time = 60_000;
    await served();
    await served();
    expect(world.asked).toBe(2);
  });

  test('takes up a new champion at the next question, and closes the old one only a swap later', async () => {
    const { world, loaded, served, failures } = await serving();
    await world.add(B, 1);
    world.promote(B);
    expect(await served()).toBe(A);
    world.clock.time += 60_000;
    expect(await served()).toBe(B);
    expect(loaded.map(({ closed }) => closed)).toEqual([false, false]);
    await world.add(C, 2);
    world.promote(C);
    world.clock.time += 60_000;
    expect(await served()).toBe(C);
    expect(loaded.map(({ closed }) => closed)).toEqual([true, false, false]);
    expect(failures).toEqual([]);
  });

  test('lets callers go on with the old model while a new one is loaded', async () => {
    const { world, served } = await serving();
    await world.add(B, 1);
    world.promote(B);
    world.clock.time += 60_000;
    expect(await Promise.all([served(), served()])).toEqual([B, A]);
  });

  test('goes on serving when the alias cannot be asked, says so, and asks again later', async () => {
    const { world, served, failures } = await serving();
    world.down = true;
    world.clock.time += 60_000;
    expect(await served()).toBe(A);
    expect(failures).toEqual(['Error: S3 is down']);
    world.down = false;
    await world.add(B, 1);
    world.promote(B);
    world.clock.time += 60_000;
    expect(await served()).toBe(B);
  });

  test.each([
    [
      'whose file was cut short',
      async (live: ReturnType<typeof aLiveModel>) => {
        await live.world.add(B, 1);
        live.world.promote(B, 'f'.repeat(64));
      },
      'the alias that points at it says',
    ],
    [
      'that answers its golden rides otherwise',
      async (live: ReturnType<typeof aLiveModel>) => {
        live.files.set(B, { model: bytesOf(1.001), golden: await goldenOf(1) });
        live.world.promote(B);
      },
      'golden rides',
    ],
    [
      'of other taxis',
      async (live: ReturnType<typeof aLiveModel>) => {
        await live.world.add(B, 1, 'yellow');
        live.world.promote(B);
      },
      'a model of "yellow" taxis',
    ],
    [
      'that is not there',
      async (live: ReturnType<typeof aLiveModel>) => {
        live.world.promote(B);
      },
      'no complete model at s3://models/exp',
    ],
    [
      'that is none',
      async (live: ReturnType<typeof aLiveModel>) => {
        live.files.set(B, { model: Buffer.from('garbage'), golden: await goldenOf(1) });
        live.world.promote(B);
      },
      'SyntaxError',
    ],
  ])('keeps the old model against a new champion %s', async (_, breakIt, reason) => {
    const live = await serving();
    await breakIt(live);
    live.world.clock.time += 60_000;
    expect(await live.served()).toBe(A);
    expect(live.failures).toEqual([expect.stringContaining(reason)]);
    expect(live.loaded[0]?.closed).toBe(false);
    expect(live.loaded.slice(1).every(({ closed }) => closed)).toBe(true);
  });

  test('fetches a broken champion again only after pauses that grow, and says at each question that it is broken', async () => {
    const { world, served, failures } = await serving();
    await world.add(B, 1);
    world.promote(B, 'f'.repeat(64));
    const fetchedAt: number[] = [];
    for (let minute = 1; minute <= 200; minute++) {
      const before = world.fetched.length;
      world.clock.time = minute * 60_000;
      expect(await served()).toBe(A);
      if (world.fetched.length > before) fetchedAt.push(minute);
    }
    // Pauses of 1, 2, 4, ... minutes, at most an hour.
    expect(fetchedAt).toEqual([1, 2, 4, 8, 16, 32, 64, 124, 184]);
    expect(failures).toHaveLength(200);
  });

  test('takes up at once what the alias is moved to after a broken champion', async () => {
    const { world, served, failures } = await serving();
    await world.add(B, 1);
    world.promote(B, 'f'.repeat(64));
    world.clock.time += 60_000;
    await served();
    await world.add(C, 2);
    world.promote(C);
    world.clock.time += 60_000;
    expect(await served()).toBe(C);
    world.promote(B, 'f'.repeat(64));
    world.clock.time += 60_000;
    expect(await served()).toBe(C);
    expect(world.fetched).toEqual([A, B, C, B]);
    expect(failures).toHaveLength(2);
  });

  test('is content when the alias comes back from a broken champion to what is served', async () => {
    const { world, served, failures } = await serving();
    world.promote(B, 'f'.repeat(64));
    world.clock.time += 60_000;
    await served();
    world.promote(A);
    world.clock.time += 60_000;
    expect(await served()).toBe(A);
    world.clock.time += 60_000;
    await served();
    expect(failures).toHaveLength(1);
    expect(world.fetched).toEqual([A, B]);
    expect(world.known).toEqual([A, B, A].map((run) => `"${run}"`));
  });

  test('without any champion says to train and promote one, and finds it once there is one', async () => {
    const live = aLiveModel();
    await expect(live.model.current()).rejects.toThrow(/no champion for green taxis.*tripcast train/);
    await live.world.add(A, 0);
    live.world.promote(A);
    expect(await live.served()).toBe(A);
  });

  test('is tried again after a first load that failed', async () => {
    const live = aLiveModel();
    await live.world.add(A, 0);
    live.world.promote(A);
    live.world.down = true;
    await expect(live.model.current()).rejects.toThrow('S3 is down');
    live.world.down = false;
    expect(await live.served()).toBe(A);
  });
});

describe('a pinned run', () => {
  test('is served whatever the alias says', async () => {
    const { world, registry, loadScorer } = await serving();
    await world.add(B, 1);
    const pinned = pinnedRun({ registry, runId: B, taxiType: 'green', loadScorer });
    expect((await pinned.current()).runId).toBe(B);
  });

  test('that is unknown is named', async () => {
    const { registry, loadScorer } = aLiveModel();
    const pinned = pinnedRun({ registry, runId: B, taxiType: 'green', loadScorer });
    await expect(pinned.current()).rejects.toThrow(`no completed run ${B}`);
  });

  test('of other taxis is refused', async () => {
    const { world, registry, loadScorer } = aLiveModel();
    await world.add(B, 1, 'yellow');
    await expect(pinnedRun({ registry, runId: B, taxiType: 'green', loadScorer }).current()).rejects.toThrow('yellow');
  });
});

describe('a model by its location', () => {
  const folder = `s3://elsewhere/exp/${B}/artifacts/model`;
  async function aBucket() {
    const store = new MemoryStore('elsewhere');
    await store.put(`exp/${B}/artifacts/model/model.onnx`, bytesOf(1));
    await store.put(`exp/${B}/artifacts/model/golden.json`, JSON.stringify(await goldenOf(1)));
    return store;
  }

  test.each([folder, `${folder}/`, `${folder}/model.onnx`])('%s is served as the run it names', async (location) => {
    const store = await aBucket();
    const model = modelAt({ location, storeOf: () => store, taxiType: 'green', loadScorer: aLoader().loadScorer });
    expect((await model.current()).runId).toBe(B);
  });

  test('is called as RUN_ID says', async () => {
    const store = await aBucket();
    const model = modelAt({
      location: folder,
      runId: C,
      storeOf: () => store,
      taxiType: 'green',
      loadScorer: aLoader().loadScorer,
    });
    expect((await model.current()).runId).toBe(C);
  });

  test('is loaded once', async () => {
    const store = await aBucket();
    const { loadScorer, loaded } = aLoader();
    const model = modelAt({ location: folder, storeOf: () => store, taxiType: 'green', loadScorer });
    await Promise.all([model.current(), model.current()]);
    await model.current();
    expect(loaded).toHaveLength(1);
  });

  test('of other taxis is refused', async () => {
    const store = await aBucket();
    const model = modelAt({
      location: folder,
      storeOf: () => store,
      taxiType: 'yellow',
      loadScorer: aLoader().loadScorer,
    });
    await expect(model.current()).rejects.toThrow('a model of "green" taxis, not of yellow ones');
  });

  test.each(['./model.onnx', 's3://elsewhere', 's3://elsewhere/no-run/model.onnx'])('%s is refused', (location) => {
    const storeOf = () => new MemoryStore();
    expect(() => modelAt({ location, storeOf, taxiType: 'green', loadScorer: aLoader().loadScorer })).toThrow(
      'MODEL_LOCATION',
    );
  });

  test('with nothing there is named', async () => {
    const model = modelAt({
      location: folder,
      storeOf: () => new MemoryStore(),
      taxiType: 'green',
      loadScorer: aLoader().loadScorer,
    });
    await expect(model.current()).rejects.toThrow(`no complete model at ${folder}`);
  });
});

describe('a model that its loader proves', () => {
  /** Proves a scorer, and answers with that one or another. */
  const loaderOf =
    (proven: AScorer, answer: AScorer): LoadScorer =>
    async (_, proof) => {
      expect(await proof?.(proven)).toBeUndefined();
      return answer;
    };

  test('scores its golden rides once', async () => {
    const scorer = aScorer();
    const load = loaderOf(scorer, scorer);
    await loadProven(A, { model: bytesOf(0), golden: await goldenOf(0) }, load, 'green');
    expect(scorer.calls).toEqual([1]);
  });

  test('is checked all the same if the loader then answers with another', async () => {
    const load = loaderOf(aScorer(), aScorer({ shift: 1 }));
    const loading = loadProven(A, { model: bytesOf(0), golden: await goldenOf(0) }, load, 'green');
    await expect(loading).rejects.toThrow('golden rides');
  });
});
