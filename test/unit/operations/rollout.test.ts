import { describe, expect, test } from 'vitest';
import { TripcastError } from '#errors.ts';
import { askGoldenRides, checkLive, type LiveAlias, moveBack } from '#operations/rollout.ts';

const GOLDEN = { run_id: '0123456789abcdef0123456789abcdef', checked: 32, max_difference: 0 };

/** A function whose alias names `live`, and what each of its versions answers; an Error is thrown. */
function anAlias(live: number, answers: Readonly<Record<number, unknown>>, beforeMove = () => {}) {
  const state = { live, revision: 'a' };
  const asked: unknown[] = [];
  const alias: LiveAlias & { readonly state: typeof state; readonly asked: typeof asked } = {
    state,
    asked,
    read: async () => ({ version: state.live, revision: state.revision }),
    versions: async () => Object.keys(answers).map((number) => ({ number: Number(number), madeAt: '2026-11-21' })),
    move: async (version, revision) => {
      beforeMove();
      if (revision !== state.revision) return 'lost-race';
      state.live = version;
      return 'moved';
    },
    invoke: async (version, event) => {
      asked.push(event);
      const answer = answers[version];
      if (answer instanceof Error) throw answer;
      return answer;
    },
  };
  return alias;
}

const broken = new TripcastError('tripcast-prod-predict:3 failed: Cannot find module', 'See the logs.');

describe('a check of the live version', () => {
  test('keeps one that answers the golden rides', async () => {
    const alias = anAlias(3, { 1: GOLDEN, 2: GOLDEN, 3: GOLDEN });
    expect(await checkLive(alias)).toEqual({ outcome: 'kept', live: 3 });
    expect(alias.asked).toEqual([{ check: 'golden-rides' }]);
  });

  test.each([
    ['fails', broken, /Cannot find module/],
    [
      'answers 0.01 minutes off',
      { ...GOLDEN, max_difference: 0.01 },
      /0\.01 minutes off on its golden rides; at most 0\.0001 is allowed/,
    ],
    ['checks no ride', { ...GOLDEN, checked: 0 }, /It answered/],
    ['answers something else', { statusCode: 200 }, /It answered \{"statusCode":200\}/],
  ])('takes back one that %s', async (_, answer, reason) => {
    const alias = anAlias(3, { 1: GOLDEN, 2: GOLDEN, 3: answer });
    expect(await checkLive(alias)).toEqual({
      outcome: 'moved-back',
      live: 2,
      from: 3,
      reason: expect.stringMatching(reason),
    });
    expect(alias.state.live).toBe(2);
  });

  test('keeps a bad version when the one before is no better: then it is not the code', async () => {
    const alias = anAlias(3, { 2: broken, 3: broken });
    expect(await checkLive(alias)).toMatchObject({
      outcome: 'stuck',
      live: 3,
      why: expect.stringContaining('Version 2'),
    });
    expect(alias.state.live).toBe(3);
  });

  test('keeps a bad version when there is none before', async () => {
    expect(await checkLive(anAlias(1, { 1: broken }))).toMatchObject({
      outcome: 'stuck',
      why: 'There is no version before 1',
    });
  });

  test('does not move an alias that someone else moved in the meantime', async () => {
    const alias = anAlias(3, { 2: GOLDEN, 3: broken }, () => (alias.state.revision = 'b'));
    expect(await checkLive(alias)).toMatchObject({
      outcome: 'stuck',
      why: 'Someone else moved the alias in the meantime',
    });
    expect(alias.state.live).toBe(3);
  });

  test('lets a failure that is not the function reach the caller', async () => {
    const offline = new Error('connect ECONNREFUSED');
    await expect(askGoldenRides(anAlias(1, { 1: offline }), 1)).rejects.toBe(offline);
  });
});

describe('while a deployment moves traffic', () => {
  /** Version 4 gets its first share of what version 3 serves. */
  function aCanary(answers: Readonly<Record<number, unknown>>, running: readonly string[]) {
    const alias = anAlias(3, answers);
    const left = [...running];
    return { alias: { ...alias, shifts: { stop: async () => left.splice(0) } }, state: alias.state };
  }

  test('a rollback stops it, and leaves the version that serves the rest', async () => {
    const { alias, state } = aCanary({ 2: GOLDEN, 3: GOLDEN, 4: GOLDEN }, ['d-ABC']);
    expect(await moveBack(alias, 'ana asked for it')).toEqual({
      outcome: 'stopped',
      live: 3,
      deployments: ['d-ABC'],
      reason: 'ana asked for it',
    });
    expect(state.live).toBe(3);
  });

  test('a check keeps a live version that answers, and stops nothing', async () => {
    const { alias } = aCanary({ 3: GOLDEN, 4: broken }, ['d-ABC']);
    expect(await checkLive(alias)).toEqual({ outcome: 'kept', live: 3 });
    expect(await alias.shifts.stop()).toEqual(['d-ABC']);
  });

  test('a rollback with none on its way moves the alias as ever', async () => {
    const { alias, state } = aCanary({ 2: GOLDEN, 3: GOLDEN }, []);
    expect(await moveBack(alias, 'ana asked for it')).toMatchObject({ outcome: 'moved-back', live: 2, from: 3 });
    expect(state.live).toBe(2);
  });
});

test('a rollback goes back one version, by number, and never forward', async () => {
  const alias = anAlias(10, { 2: GOLDEN, 9: GOLDEN, 10: GOLDEN, 11: GOLDEN });
  expect(await moveBack(alias, 'ana asked for it')).toMatchObject({ outcome: 'moved-back', live: 9, from: 10 });
  expect(await moveBack(alias, 'ana asked for it')).toMatchObject({ outcome: 'moved-back', live: 2, from: 9 });
  expect(await moveBack(alias, 'ana asked for it')).toMatchObject({ outcome: 'stuck', live: 2 });
});
