import { stripVTControlCharacters } from 'node:util';
import { expect, test } from 'vitest';
import { count, decimals, table } from '#cli/view/terminal.ts';

test('a table lines text up on the left and numbers on the right', () => {
  const text = table(
    ['month', 'rows', 'RMSE'],
    [
      ['2023-04', count(62_979), decimals(6.2212, 3)],
      ['2022-02', count(9), decimals(null, 3)],
    ],
  );
  expect(stripVTControlCharacters(text).split('\n')).toEqual([
    'month       rows    RMSE',
    '───────   ──────   ─────',
    '2023-04   62,979   6.221',
    '2022-02        9       –',
  ]);
});
