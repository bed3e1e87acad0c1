import { describe, expect, test } from 'vitest';
import { loadScorer } from '#adapters/onnxruntime.ts';
import { modelCardSchema } from '#model/card/card.ts';
import { checkGoldenRides, EXACT_TOLERANCE_MINUTES, exactDifference } from '#model/golden/golden.ts';
import { readMetadata } from '#model/onnx/metadata.ts';
import type { TrainedModel } from '#model/train.ts';
import { realMonth } from '../../support/tlc-files.ts';
import { aRealSource, train, trainOnReal } from '../../support/training.ts';

const WITHIN = 1e-6;
const near = (value: number) => expect.closeTo(value, -Math.log10(WITHIN));

/** On 2023-03, validated on 2023-04; trained once for all tests. */
let once: Promise<TrainedModel> | undefined;
const theModel = () => {
  once ??= trainOnReal('2023-03', '2023-04');
  return once;
};

// The figures are those of the Python stack on the same files (DictVectorizer, exact least squares).
describe('linear-pair on the real months', () => {
  test('2023-03, validated on 2023-04, meets the reference figures', async () => {
    const { card, files } = await theModel();
    expect(card.train).toMatchObject({ rows_read: 72_044, rows: 69_392, features: 6053, stored: 138_784 });
    expect(card.validation).toMatchObject({ rows_read: 65_392, rows: 62_979, stored: 122_674 });
    expect(card.validation.rmse).toEqual(near(6.2212029));
    expect(card.intercept).toEqual(near(25.0494625));
    const coefficients = JSON.parse(String(files['coefficients.json']));
    expect(coefficients).toMatchObject({ trip_distance: expect.closeTo(2.8719e-5, 9) });
  });

  test('its card says what the training file looked like', async () => {
    const { columns } = (await theModel()).card.train;
    expect(columns).toHaveLength(20);
    // quantiles of 1% and 99% by pandas: zones 7..260, miles 0..15.3
    expect(columns).toContainEqual({ name: 'PULocationID', types: ['INTEGER'], null_share: 0, low: 7, high: 260 });
    const miles = columns?.find(({ name }) => name === 'trip_distance');
    expect([miles?.low, miles?.high]).toEqual([0, expect.closeTo(15.3, 0)]);
  });

  test('2021-01, validated on 2021-02, meets the reference figures', async () => {
    const { card } = await trainOnReal('2021-01', '2021-02');
    expect(card.train).toMatchObject({ rows: 73_908, features: 13_221 });
    expect(card.validation.rmse).toEqual(near(7.4808269));
    expect(card.intercept).toEqual(near(26.4230954));
  });

  test('the graph says what the algebra says, on up to 500 rides', async () => {
    const { golden, model } = await theModel();
    expect(golden.rides.length).toBeGreaterThan(400);
    expect(golden.rides.length).toBeLessThanOrEqual(500);
    expect(exactDifference(golden)).toBeLessThan(EXACT_TOLERANCE_MINUTES);
    const scorer = await loadScorer(model);
    expect(await checkGoldenRides(scorer, golden)).toEqual({ checked: golden.rides.length, max_difference: 0 });
    await scorer.close();
  });

  test('training again gives the same bytes, whatever the number of threads', async () => {
    const one = await trainOnReal('2023-03', '2023-04', { threads: 1 });
    const two = await trainOnReal('2023-03', '2023-04', { threads: 2 });
    expect(Buffer.compare(one.model, two.model)).toBe(0);
    expect(one.golden).toEqual(two.golden);
    expect(one.card.model).toEqual(two.card.model);
  });

  test('the file says what it was made from, and neither the run, nor a time, nor a path', async () => {
    const { model, card } = await theModel();
    expect(readMetadata(model)).toEqual({
      recipe: 'linear-pair',
      taxi_type: 'green',
      months: '2023-03',
      sources: card.train.months[0]?.sha256,
      code_version: 'test',
    });
    expect(Buffer.from(model).includes(realMonth('2023-03'))).toBe(false);
  });

  test('the card, once it has a run and a time, is a card', async () => {
    const { card } = await theModel();
    const whole = { ...card, run_id: 'a'.repeat(32), mlflow_run_id: null, created_at: '2023-05-15T00:00:00.000Z' };
    expect(modelCardSchema.parse(JSON.parse(JSON.stringify(whole)))).toEqual(whole);
  });

  test('a split holds out the same share of rides each time, and trains on the rest', async () => {
    const months = [await aRealSource('2023-03')];
    const validation = { kind: 'split', share: 0.2, seed: 42 } as const;
    const [first, again] = [await train({ train: months, validation }), await train({ train: months, validation })];
    const { rows } = first.card.validation;
    expect(first.card.train.rows + rows).toBe(69_392);
    expect(Math.abs(rows / 69_392 - 0.2)).toBeLessThan(0.01);
    expect(first.card.validation).toMatchObject({ kind: 'split', month: null, sha256: null });
    expect(again.card.model).toEqual(first.card.model);
    const other = await train({ train: months, validation: { ...validation, seed: 43 } });
    expect(other.card.model.sha256).not.toBe(first.card.model.sha256);
  });
});
