import fc from 'fast-check';
import { expect, test } from 'vitest';
import { BANDS, CELLS, calibrateCells, INTERVAL_BOUNDS, type Residuals } from '#model/intervals/cells.ts';
import { STRATA } from '#model/intervals/strata.ts';

/** A stratum of Manhattan's; the one before it is the same place at other hours, and 30 is elsewhere. */
const HERE = 3;
const ELSEWHERE = 30;

/** n rides of a stratum predicted at `minutes`, erring evenly over -1..1 times `scale`. */
function evenErrors(minutes: number, n: number, scale: number, stratum = HERE): Residuals {
  return {
    strata: new Uint8Array(n).fill(stratum),
    predicted: new Float64Array(n).fill(minutes),
    residuals: Float64Array.from({ length: n }, (_, i) => scale * ((2 * (i + 1)) / (n + 1) - 1)),
  };
}

/** The 95% quantile at a predicted minute. */
const highAt = (parts: readonly Residuals[], minute: number, stratum = HERE) =>
  calibrateCells(parts).interval_high[stratum * BANDS + minute];

test('even errors over -1..1 have their 5, 10, 90 and 95% quantiles at -0.9, -0.8, 0.8 and 0.9', () => {
  const cells = calibrateCells([evenErrors(10.5, 999, 1)]);
  const found = INTERVAL_BOUNDS.map((bound) => cells[bound][HERE * BANDS + 10]);
  expect(found).toEqual([-0.9, -0.8, 0.8, 0.9].map((value) => expect.closeTo(value, 12)));
});

test('between two residuals the bound is the outer one', () => {
  const cells = calibrateCells([evenErrors(10.5, 50, 1)]); // 5% and 95% of 51: ranks 2.55 and 48.45
  expect(cells.interval_low[HERE * BANDS + 10]).toBeCloseTo((2 * 2) / 51 - 1, 12);
  expect(cells.interval_high[HERE * BANDS + 10]).toBeCloseTo((2 * 49) / 51 - 1, 12);
});

test('a minute with enough residuals stands alone; those with too few join the next, and the last the one before', () => {
  const cells = [evenErrors(10.5, 999, 1), evenErrors(11.5, 100, 8), evenErrors(20.5, 999, 4), evenErrors(21.5, 19, 9)];
  expect(highAt(cells, 0)).toBeCloseTo(0.9, 12);
  expect(highAt(cells, 10)).toBeCloseTo(0.9, 12);
  const together = calibrateCells([evenErrors(11.5, 100, 8), evenErrors(20.5, 999, 4), evenErrors(21.5, 19, 9)]);
  for (const minute of [11, 20, 21, 60]) {
    expect(highAt(cells, minute)).toBe(together.interval_high[HERE * BANDS + 20]);
  }
});

test('no ride counts in two cells, so together they hold 90% of what they were made of', () => {
  const parts = [5, 15, 25, 40, 41, 42].map((minute) => evenErrors(minute, minute * 10, minute));
  const cells = calibrateCells(parts);
  const inside = parts.map(({ predicted, residuals }) => {
    const row = HERE * BANDS + (predicted[0] ?? 0);
    return residuals.filter((r) => r >= (cells.interval_low[row] ?? 0) && r <= (cells.interval_high[row] ?? 0)).length;
  });
  const rides = parts.reduce((sum, { residuals }) => sum + residuals.length, 0);
  const share = inside.reduce((sum, n) => sum + n, 0) / rides;
  expect(share).toBeGreaterThanOrEqual(0.9);
  expect(share).toBeLessThan(0.9 + 2 / 150); // ranks are rounded outwards, in runs of 150 and more
});

test('predictions outside 0..60 count to the nearest minute', () => {
  const cells = [evenErrors(-5, 999, 1), evenErrors(75, 999, 2)];
  expect(highAt(cells, 0)).toBeCloseTo(0.9, 12);
  expect(highAt(cells, BANDS - 1)).toBeCloseTo(1.8, 12);
});

test('a stratum of 19 stands by itself; of 18 it takes what its place says at all hours, and of none what all rides say', () => {
  const others = [evenErrors(10, 999, 1, ELSEWHERE), evenErrors(10, 381, 4, HERE - 1)];
  expect(highAt([...others, evenErrors(10, 19, 40)], 10)).toBeCloseTo(40 * (1 - 2 / 20), 12); // the largest of 19
  expect(highAt([...others, evenErrors(10, 18, 4)], 10)).toBeCloseTo(3.6, 1);
  expect(highAt(others, 10)).toBeCloseTo(3.6, 1);
  const [elsewhere] = others;
  expect(elsewhere && highAt([elsewhere], 10)).toBeCloseTo(0.9, 12);
});

test('with any residuals, however few, the 80% interval lies inside the 90% one', () => {
  const ride = fc.record({
    stratum: fc.nat(STRATA - 1),
    predicted: fc.double({ min: -10, max: 80, noNaN: true }),
    residual: fc.double({ min: -60, max: 60, noNaN: true }),
  });
  fc.assert(
    fc.property(fc.array(ride, { minLength: 1, maxLength: 60 }), (rides) => {
      const cells = calibrateCells([
        {
          strata: Uint8Array.from(rides, (each) => each.stratum),
          predicted: Float64Array.from(rides, (each) => each.predicted),
          residuals: Float64Array.from(rides, (each) => each.residual),
        },
      ]);
      const unordered = Array.from({ length: CELLS }, (_, cell) =>
        INTERVAL_BOUNDS.map((bound) => cells[bound][cell] ?? 0),
      ).filter((ascending) => ascending.some((value, i) => value < (ascending[i - 1] ?? value)));
      expect(unordered).toEqual([]);
    }),
    { numRuns: 20 },
  );
});
