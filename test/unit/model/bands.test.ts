import fc from 'fast-check';
import { expect, test } from 'vitest';
import { BANDS, calibrateBands, INTERVAL_BOUNDS } from '../../../src/model/bands.ts';

/** n rides predicted at `minutes`, erring evenly over -1..1 times `scale`. */
function evenErrors(minutes: number, n: number, scale: number) {
  const predicted = new Float64Array(n).fill(minutes);
  return { predicted, residuals: predicted.map((_, i) => scale * ((2 * (i + 1)) / (n + 1) - 1)) };
}

function joined(...parts: readonly ReturnType<typeof evenErrors>[]) {
  return {
    predicted: Float64Array.from(parts.flatMap(({ predicted }) => [...predicted])),
    residuals: Float64Array.from(parts.flatMap(({ residuals }) => [...residuals])),
  };
}

test('even errors over -1..1 have their 5, 10, 90 and 95% quantiles at -0.9, -0.8, 0.8 and 0.9', () => {
  const { predicted, residuals } = evenErrors(10.5, 999, 1);
  const bands = calibrateBands(predicted, residuals);
  const found = INTERVAL_BOUNDS.map((bound) => bands[bound][10]);
  expect(found).toEqual([-0.9, -0.8, 0.8, 0.9].map((value) => expect.closeTo(value, 12)));
});

test('between two residuals the bound is the outer one', () => {
  const { predicted, residuals } = evenErrors(10.5, 50, 1); // 5% and 95% of 51: ranks 2.55 and 48.45
  const bands = calibrateBands(predicted, residuals);
  expect(bands.interval_low[10]).toBeCloseTo((2 * 2) / 51 - 1, 12);
  expect(bands.interval_high[10]).toBeCloseTo((2 * 49) / 51 - 1, 12);
});

test('a minute with enough residuals stands alone; one with too few takes in its neighbours', () => {
  const { predicted, residuals } = joined(evenErrors(10.5, 999, 1), evenErrors(11.5, 100, 8), evenErrors(20.5, 999, 4));
  const { interval_high } = calibrateBands(predicted, residuals);
  expect(interval_high[10]).toBeCloseTo(0.9, 12);
  expect(interval_high[11]).toBeGreaterThan(0.9);
  expect(interval_high[11]).toBeLessThan(8 * 0.9);
  expect(interval_high[20]).toBeCloseTo(3.6, 12);
  expect(interval_high[60]).toBeCloseTo(3.6, 12);
});

test('predictions outside 0..60 count to the nearest minute', () => {
  const { predicted, residuals } = joined(evenErrors(-5, 999, 1), evenErrors(75, 999, 2));
  const { interval_high } = calibrateBands(predicted, residuals);
  expect(interval_high[0]).toBeCloseTo(0.9, 12);
  expect(interval_high[BANDS - 1]).toBeCloseTo(1.8, 12);
});

test('with any residuals, however few, the 80% interval lies inside the 90% one', () => {
  const ride = fc.record({
    predicted: fc.double({ min: -10, max: 80, noNaN: true }),
    residual: fc.double({ min: -60, max: 60, noNaN: true }),
  });
  fc.assert(
    fc.property(fc.array(ride, { minLength: 1, maxLength: 60 }), (rides) => {
      const bands = calibrateBands(
        Float64Array.from(rides, (each) => each.predicted),
        Float64Array.from(rides, (each) => each.residual),
      );
      for (let band = 0; band < BANDS; band += 1) {
        const ascending = INTERVAL_BOUNDS.map((bound) => bands[bound][band] ?? Number.NaN);
        expect(ascending).toEqual(ascending.toSorted((a, b) => a - b));
      }
    }),
    { numRuns: 20 },
  );
});
