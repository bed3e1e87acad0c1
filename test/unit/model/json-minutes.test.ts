import fc from 'fast-check';
import { expect, test } from 'vitest';
import { jsonMinutes } from '#streaming/json-minutes.ts';

const readBack = (minutes: number) => Math.fround(JSON.parse(JSON.stringify(jsonMinutes(minutes))));

test('every float32 reads back from JSON as itself', () => {
  const float32 = fc.float({ noNaN: true, noDefaultInfinity: true }).map((value) => value + 0);
  fc.assert(
    fc.property(float32, (minutes) => readBack(minutes) === minutes),
    { numRuns: 5000 },
  );
});

test('so does every float32 near a power of two, where neighbours change their distance', () => {
  const bits = new DataView(new ArrayBuffer(4));
  for (let exponent = 120; exponent <= 160; exponent += 1) {
    for (let step = -2000; step <= 2000; step += 1) {
      bits.setInt32(0, exponent * 2 ** 23 + step);
      const minutes = bits.getFloat32(0);
      if (readBack(minutes) !== minutes) expect.fail(`${minutes} reads back as ${readBack(minutes)}`);
    }
  }
});

test('is written with at most seven decimals', () => {
  expect(JSON.stringify(jsonMinutes(Math.fround(21.3)))).toBe('21.2999992'); // 21.299999237060547
  expect(jsonMinutes(Math.fround(-3.66))).toBe(-3.6600001);
  expect(jsonMinutes(Math.fround(0.1))).toBe(0.10000000149011612);
});
