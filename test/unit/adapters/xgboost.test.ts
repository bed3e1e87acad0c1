import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, test, vi } from 'vitest';
import { LIBRARY_IN_WHEEL, openXGBoost, WHEEL_IN_LAYER } from '#adapters/xgboost.ts';
import { TripcastError } from '#errors.ts';
import type { BoostingRound, DenseMatrix, SparseMatrix } from '#model/recipes/gradient-boosting.ts';
import { xgboostLibrary } from '#packaging/natives.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const open = () => openXGBoost(xgboostLibrary());

const column = (...values: number[]): DenseMatrix => ({
  kind: 'dense',
  rows: values.length,
  columns: 1,
  values: Float32Array.from(values),
});

// Two groups far apart: the mean is 15, one split lies between 2 and 3, and the leaves are -5 and +5.
const TWO_GROUPS = { matrix: column(1, 2, 3, 4), labels: Float32Array.of(10, 10, 20, 20) };
const ONE_SPLIT = { max_depth: 1, learning_rate: 1, reg_lambda: 0, min_child_weight: 0 };

describe('XGBoost', () => {
  test('finds the split worked out by hand', async () => {
    using booster = await (await open()).train({ ...TWO_GROUPS, parameters: ONE_SPLIT, rounds: 1 });
    expect([...booster.predict(column(0, 2, 3, 100))]).toEqual([10, 10, 20, 20]);
    const { base, trees } = booster.trees();
    expect(base).toBe(15);
    expect(trees).toMatchObject([{ left: [1, -1, -1], right: [2, -1, -1], feature: [0, 0, 0] }]);
    const [threshold = 0, ...leaves] = trees[0]?.value ?? [];
    expect(threshold).toBeGreaterThan(2);
    expect(threshold).toBeLessThanOrEqual(3);
    expect(leaves).toEqual([-5, 5]);
    // Gain: 10^2 / 2 + 10^2 / 2 - 0 / 4, the sums of the gradients squared over the rides.
    expect([...booster.gains()]).toEqual([[0, 100]]);
  });

  test('counts a row as much as its weight says', async () => {
    const oneGroup = { matrix: column(1, 1), labels: Float32Array.of(10, 20), weights: Float32Array.of(3, 1) };
    using booster = await (await open()).train({ ...oneGroup, parameters: ONE_SPLIT, rounds: 1 });
    expect([...booster.predict(column(1))]).toEqual([12.5]);
  });

  test('says what each column added, read back from its own file', async () => {
    const library = await open();
    using trained = await library.train({ ...TWO_GROUPS, parameters: ONE_SPLIT, rounds: 1 });
    using booster = library.load(trained.toBytes());
    expect([...booster.predict(column(0, 100))]).toEqual([10, 20]);
    // The one column takes a ride from the mean of all, 15, to the mean of its group.
    expect([...booster.contributions(column(0, 100))]).toEqual([-5, 15, 5, 15]);
    expect(() => library.load(new TextEncoder().encode('no model'))).toThrow(TripcastError);
  });

  test('reports the errors after each round, on the training rides and on those it only watches', async () => {
    const rounds: BoostingRound[] = [];
    const validation = { matrix: column(1, 4), labels: Float32Array.of(13, 24) };
    const parameters = { ...ONE_SPLIT, learning_rate: 0.5 };
    const onRound = (round: BoostingRound) => rounds.push(round);
    const boosting = await open();
    (await boosting.train({ ...TWO_GROUPS, parameters, rounds: 2, validation, onRound }))[Symbol.dispose]();
    // Predictions 12.5 and 17.5, then 11.25 and 18.75.
    expect(rounds).toEqual([
      { round: 1, train: 2.5, validation: expect.closeTo(Math.sqrt((0.5 ** 2 + 6.5 ** 2) / 2), 6) },
      { round: 2, train: 1.25, validation: expect.closeTo(Math.sqrt((1.75 ** 2 + 5.25 ** 2) / 2), 6) },
    ]);
  });

  test('reads compressed rows as full rows with the rest missing', async () => {
    const sparse: SparseMatrix = {
      kind: 'sparse',
      rows: 4,
      columns: 3,
      offsets: Uint32Array.of(0, 2, 3, 5, 5),
      indices: Uint32Array.of(0, 2, 2, 1, 2),
      values: Float32Array.of(1, 5, 6, 1, 7),
    };
    const no = Number.NaN;
    const full = Float32Array.of(1, no, 5, no, no, 6, no, 1, 7, no, no, no);
    const dense: DenseMatrix = { kind: 'dense', rows: 4, columns: 3, values: full };
    const boosting = await open();
    const labels = Float32Array.of(1, 2, 3, 9);
    const how = { labels, parameters: { min_child_weight: 0 }, rounds: 5 };
    using one = await boosting.train({ ...how, matrix: sparse });
    using other = await boosting.train({ ...how, matrix: dense });
    expect(one.predict(sparse)).toEqual(other.predict(dense));
    expect(one.predict(dense)).toEqual(one.predict(sparse));
    expect(new Set(one.predict(sparse)).size).toBeGreaterThan(2);
  });

  test('gives the same bytes for the same rides, though it draws at random', async () => {
    const values = Float32Array.from({ length: 4000 }, (_, i) => Math.sin(i) * ((i % 7) + 1));
    const labels = Float32Array.from({ length: 2000 }, (_, i) => (values[2 * i] ?? 0) * (values[2 * i + 1] ?? 0));
    const matrix: DenseMatrix = { kind: 'dense', rows: 2000, columns: 2, values };
    const boosting = await open();
    const bytes = async (seed: number) => {
      using booster = await boosting.train({ matrix, labels, parameters: { seed, subsample: 0.5 }, rounds: 20 });
      return Buffer.from(booster.toBytes());
    };
    expect((await bytes(42)).equals(await bytes(42))).toBe(true);
    expect((await bytes(42)).equals(await bytes(43))).toBe(false);
  });

  test('refuses labels that are not numbers and impossible parameters, in its own words', async () => {
    const boosting = await open();
    const labels = Float32Array.of(10, Number.NaN, 20, 20);
    const training = boosting.train({ ...TWO_GROUPS, labels, parameters: {}, rounds: 1 });
    await expect(training).rejects.toThrow(TripcastError);
    await expect(training).rejects.toThrow(/^XGBoost failed: .*Label contains NaN/);
    const deep = boosting.train({ ...TWO_GROUPS, parameters: { max_depth: -4 }, rounds: 1 });
    await expect(deep).rejects.toThrow(/^XGBoost failed: value -4 for Parameter max_depth/);
  });

  test('a booster that was disposed of says so, however often', async () => {
    const booster = await (await open()).train({ ...TWO_GROUPS, parameters: ONE_SPLIT, rounds: 1 });
    booster[Symbol.dispose]();
    booster[Symbol.dispose]();
    expect(() => booster.predict(column(1))).toThrow('disposed of');
  });

  test('returns no predictions for no rows', async () => {
    using booster = await (await open()).train({ ...TWO_GROUPS, parameters: ONE_SPLIT, rounds: 1 });
    expect(booster.predict(column())).toEqual(new Float32Array(0));
  });

  test('has threads that sleep while they wait', async () => {
    await open();
    expect(process.env.OMP_WAIT_POLICY).toBe('PASSIVE');
  });
});

describe('the library', () => {
  const FIX = 'Run `npm run setup`, or let XGBOOST_LIBRARY name the libxgboost of xgboost-cpu 3.2.0.';

  test('that is missing, not a library, or the wrong one is named with the fix', async () => {
    const folder = temporaryFolder();
    const text = join(folder, 'text.so');
    writeFileSync(text, 'words');
    const koffi = join(
      import.meta.dirname,
      '../../../node_modules/@koromix',
      `koffi-${process.platform}-${process.arch}`,
    );
    const another = join(koffi, `${process.platform}_${process.arch}`, 'koffi.node');
    const cases = [
      [join(folder, 'nothing.so'), 'There is no XGBoost library'],
      [text, `${text} is not an XGBoost library that loads here: `],
      [another, `${another} is not an XGBoost library that loads here: `],
    ] as const;
    for (const [path, what] of cases) {
      const opening = openXGBoost(path);
      await expect(opening).rejects.toThrow(TripcastError);
      await expect(opening).rejects.toThrow(what);
      await expect(opening).rejects.toThrow(FIX);
    }
  });

  test("is found next to a function's natives, in a layer and in an image", async () => {
    const [layer, image] = [temporaryFolder(), temporaryFolder()];
    const wheel = xgboostLibrary().slice(0, -LIBRARY_IN_WHEEL.length);
    for (const folder of [join(layer, 'nodejs'), image]) {
      mkdirSync(folder, { recursive: true });
      symlinkSync(wheel, join(folder, WHEEL_IN_LAYER));
    }
    vi.stubEnv('XGBOOST_LIBRARY', undefined);
    vi.stubEnv('LAMBDA_TASK_ROOT', dirname(image));
    vi.stubEnv('NODE_PATH', '');
    await expect(openXGBoost()).rejects.toThrow('There is no XGBoost library here');
    vi.stubEnv('NODE_PATH', `/nowhere/node_modules:${layer}/nodejs/node_modules`);
    expect((await openXGBoost()).version).toBe('3.2.0');
    vi.stubEnv('NODE_PATH', '');
    vi.stubEnv('LAMBDA_TASK_ROOT', image);
    expect((await openXGBoost()).version).toBe('3.2.0');
    vi.stubEnv('XGBOOST_LIBRARY', '/nowhere/libxgboost.so');
    await expect(openXGBoost()).rejects.toThrow('/nowhere/libxgboost.so');
    vi.unstubAllEnvs();
  });
});
