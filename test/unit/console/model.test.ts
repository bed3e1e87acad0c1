import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { type Api, ApiError } from '#console/api.ts';
import { ApiPredictor } from '#console/model/api-predictor.ts';
import { engineHost } from '#console/model/engine-host.ts';
import { type Model, ModelKeeper } from '#console/model/keeper.ts';
import type { FromWorker, ToWorker } from '#console/model/messages.ts';
import { PagePredictor, type WorkerPort } from '#console/model/page-predictor.ts';
import type { Ride } from '#console/predictor.ts';
import type { RideInputs } from '#model/rides/ride-batch.ts';
import { parsePickupTime } from '#trips/new-york-time.ts';

const TIME = parsePickupTime('2023-04-03T08:30:00') ?? Number.NaN;
const ride = (pickup: number, distance?: number): Ride => ({ pickup, dropoff: 230, distance, time: TIME });

/** Minutes of a model that can be computed by hand. */
const minutesOf = (pickup: number, miles: number, shift = 0) =>
  Math.fround(pickup / 8 + (Number.isNaN(miles) ? 2 : miles) + shift);

const scorer = (shift = 0) => ({
  scoreNow: ({ PULocationID, trip_distance }: RideInputs) => {
    const duration = Float32Array.from(PULocationID, (pickup, i) =>
      minutesOf(Number(pickup), trip_distance[i] ?? 0, shift),
    );
    return {
      predicted_duration: duration,
      interval_low: duration.map((minutes) => minutes - 1),
      interval_high: duration.map((minutes) => minutes + 1),
    };
  },
});

/** A worker in this thread; `deaf`: it receives and never answers. */
function aWorker({ shift = 0, deaf = false, refuses = false } = {}) {
  const host = engineHost((model) =>
    refuses
      ? { outcome: 'refused', reason: 'it has an operator that the engine does not know' }
      : { outcome: 'loaded', scorer: scorer(shift + (model[0] ?? 0)), typical: new Float32Array(266 * 266).fill(2) },
  );
  const worker: WorkerPort & { isTerminated: boolean; isDeaf: boolean } = {
    isTerminated: false,
    isDeaf: deaf,
    onmessage: null,
    onerror: null,
    onmessageerror: null,
    postMessage(message: ToWorker) {
      if (worker.isDeaf) return;
      const answer: FromWorker = host(message);
      queueMicrotask(() => worker.onmessage?.({ data: answer }));
    },
    terminate() {
      worker.isTerminated = true;
    },
  };
  return worker;
}

/** An API whose model and run a test exchanges. */
function anApi(served = { run: 'a'.repeat(32), shift: 0 }) {
  const state = { ...served, isDown: false, handsOut: true, requests: [] as string[] };
  const check = (path: string) => {
    state.requests.push(path);
    if (state.isDown) throw new ApiError('The server cannot be reached. Is it still running?');
  };
  const api: Api = {
    get: async (path) => {
      check(path);
      return { model_version: state.run };
    },
    getBytes: async (path) => {
      check(path);
      if (!state.handsOut || path !== `models/${state.run}/model.onnx`) throw new ApiError('Not found', 404);
      return Uint8Array.of(state.shift);
    },
    post: async (path, body) => {
      check(path);
      const { rides } = body as { rides: readonly { PULocationID: number; trip_distance?: number }[] };
      const answers = rides.map(({ PULocationID, trip_distance = Number.NaN }) => {
        const minutes = minutesOf(PULocationID, Math.fround(trip_distance), state.shift);
        return {
          outcome: 'predicted',
          predicted_duration: minutes,
          interval: [minutes - 1, minutes + 1].map(Math.fround),
        };
      });
      return { model_version: state.run, answers };
    },
  };
  return { api, state };
}

function aKeeper(served = anApi(), worker = aWorker()) {
  const seen: Model[] = [];
  const deaths: ((reason: string) => void)[] = [];
  const keeper = new ModelKeeper({
    api: served.api,
    start: (model, run, onDeath) => {
      deaths.push(onDeath);
      return PagePredictor.start(worker, { model, run, onDeath });
    },
    onChange: (model) => seen.push(model),
  });
  return { keeper, worker, seen, ...served };
}

describe('through the API', () => {
  test('rides go out as the API wants them, and at most 1,000 in a request', async () => {
    const asked: { rides: readonly unknown[] }[] = [];
    const { api } = anApi();
    const post: Api['post'] = (path, body) => {
      asked.push(body as { rides: readonly unknown[] });
      return api.post(path, body);
    };
    const predictor = new ApiPredictor({ post }, undefined);
    const rides = Array.from({ length: 2001 }, (_, i) => ride(i % 263, i === 0 ? undefined : 3.5));
    const { duration } = await predictor.score(rides);
    expect(asked.map((body) => body.rides.length)).toEqual([1000, 1000, 1]);
    expect(asked[0]?.rides[0]).toEqual({ PULocationID: 0, DOLocationID: 230, pickup_datetime: '2023-04-03T08:30:00' });
    expect(asked[0]?.rides[1]).toMatchObject({ PULocationID: 1, trip_distance: 3.5 });
    expect(duration[2000]).toBe(minutesOf(2000 % 263, 3.5));
  });

  test.each([
    [{ answers: [] }, 'not what this page expects'],
    [{}, 'not what this page expects'],
    [
      { answers: [{ outcome: 'refused', problems: [{ message: 'trip_distance is negative' }] }] },
      'trip_distance is negative',
    ],
  ])('an answer like %j is a failure', async (body, reason) => {
    const predictor = new ApiPredictor({ post: async () => body }, undefined);
    await expect(predictor.score([ride(1)])).rejects.toThrow(reason);
  });
});

describe('the keeper of the model', () => {
  test('takes the model into the page once every number is the same', async () => {
    const { keeper, state } = aKeeper();
    await keeper.refresh();
    expect(keeper.model.state).toBe('page');
    const before = state.requests.length;
    const { duration, low } = await keeper.model.predictor.score([ride(8), ride(16, 3.25)]);
    expect([duration, low]).toEqual([
      [3, 5.25],
      [2, 4.25],
    ]);
    expect(keeper.model.predictor.typicalDistance(132, 230)).toBe(2);
    expect(state.requests.length).toBe(before);
  });

  test.each([
    ['another model answers', () => aWorker({ shift: 1 }), 'it answers 132 of 132 rides differently here'],
    ['the engine refuses it', () => aWorker({ refuses: true }), 'it has an operator that the engine does not know'],
  ])('stays with the API when %s', async (_, worker, reason) => {
    const { keeper, worker: used } = aKeeper(anApi(), worker());
    await keeper.refresh();
    expect(keeper.model).toMatchObject({ state: 'api', reason });
    expect(used.isTerminated).toBe(true);
    expect((await keeper.model.predictor.score([ride(8)])).duration).toEqual([3]);
  });

  test('stays with the API when a last bit differs', async () => {
    const { keeper } = aKeeper(anApi(), aWorker({ shift: 2 ** -20 }));
    await keeper.refresh();
    expect(keeper.model.state).toBe('api');
  });

  test('stays with the API when the model is not handed out, and does not ask for it again', async () => {
    const { keeper, state } = aKeeper();
    state.handsOut = false;
    await keeper.refresh();
    await keeper.refresh();
    expect(keeper.model).toMatchObject({ state: 'api', reason: 'this server does not hand out the model file' });
    expect(state.requests.filter((path) => path.endsWith('.onnx'))).toHaveLength(1);
  });

  test('follows the champion, and never lets two models answer in turns', async () => {
    const { keeper, state, seen } = aKeeper();
    await keeper.refresh();
    Object.assign(state, { run: 'b'.repeat(32), shift: 4 });
    await keeper.refresh();
    expect(seen.map((model) => [model.state, model.predictor.run?.[0]])).toEqual([
      ['loading', 'a'],
      ['page', 'a'],
      ['loading', 'b'],
      ['page', 'b'],
    ]);
    expect((await keeper.model.predictor.score([ride(8)])).duration).toEqual([7]);
  });

  test('keeps answering in the page while the server is away', async () => {
    const { keeper, state } = aKeeper();
    await keeper.refresh();
    state.isDown = true;
    await keeper.refresh();
    expect(keeper.model.state).toBe('page');
    expect((await keeper.model.predictor.score([ride(8)])).duration).toEqual([3]);
  });

  test('says so when the server was away from the start, and recovers', async () => {
    const { keeper, state } = aKeeper();
    state.isDown = true;
    await keeper.refresh();
    expect(keeper.model).toMatchObject({ state: 'api', reason: expect.stringContaining('cannot be reached') });
    state.isDown = false;
    await keeper.refresh();
    expect(keeper.model.state).toBe('page');
  });

  test('goes back to the API when the worker dies, and what was asked fails at once', async () => {
    const { keeper, worker } = aKeeper();
    await keeper.refresh();
    worker.isDeaf = true;
    const asked = keeper.model.predictor.score([ride(8)]);
    worker.onerror?.({ message: 'out of memory' });
    await expect(asked).rejects.toThrow('out of memory');
    expect(keeper.model).toMatchObject({ state: 'api', reason: 'out of memory' });
    expect((await keeper.model.predictor.score([ride(8)])).duration).toEqual([3]);
  });

  test('takes a worker that never answers for dead', async () => {
    vi.useFakeTimers();
    onTestFinished(() => void vi.useRealTimers());
    const { keeper } = aKeeper(anApi(), aWorker({ deaf: true }));
    const refreshed = keeper.refresh();
    await vi.advanceTimersByTimeAsync(20_000);
    await refreshed;
    expect(keeper.model).toMatchObject({ state: 'api', reason: 'its worker does not start' });
  });
});

test('the worker answers a question that fails instead of dying of it', () => {
  const host = engineHost(() => {
    throw new Error('not a model');
  });
  const rides = {
    pickup: Int32Array.of(1),
    dropoff: Int32Array.of(2),
    distance: Float32Array.of(3),
    time: Float64Array.of(4),
  };
  expect(host({ kind: 'load', model: new Uint8Array() })).toEqual({ kind: 'refused', reason: 'not a model' });
  expect(host({ kind: 'score', id: 7, rides })).toEqual({ kind: 'failed', id: 7, reason: 'No model was loaded.' });
});
