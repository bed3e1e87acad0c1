import { styleText } from 'node:util';
import { describe, expect, test } from 'vitest';
import { monthProgress } from '#batch/month-progress.ts';
import { drawn } from '#cli/view/month-board.ts';
import { bar } from '#cli/view/progress.ts';
import { cutTo, widthOf } from '#cli/view/width.ts';
import { monthRange, parseMonth } from '#trips/month.ts';
import { VirtualScreen } from '../../support/virtual-screen.ts';

const months = (n: number) => {
  const all = monthRange(parseMonth('2022-01'), parseMonth('2023-12')).slice(0, n);
  return monthProgress([], { months: all, maxConcurrency: 1 });
};
/** Of a board of four months, 47 columns wide. */
const MONTHS = ['2022-01', '2022-02', '2022-03', '2022-04'];

describe('the board of a backfill', () => {
  test.each([20, 40, 46, 47, 48, 80])('drawn again and again on %i columns leaves no line behind', (columns) => {
    const screen = new VirtualScreen(columns);
    screen.write('$ tripcast backfill\n');
    const board = drawn(screen);
    for (let i = 0; i < 5; i++) board.show(months(4));
    expect(screen.text).toHaveLength(1 + 2 + 4);
    expect(screen.text.slice(3).map((line) => line.slice(0, 7))).toEqual(MONTHS);
    board.clear();
    screen.write('done\n');
    expect(screen.text).toEqual(['$ tripcast backfill', 'done']);
  });

  test.each([
    [80, 40],
    [80, 20],
    [40, 80],
    [30, 29],
  ])('is drawn anew when the terminal changes from %i to %i columns', (before, after) => {
    const screen = new VirtualScreen(before);
    screen.write('$ tripcast backfill\n');
    const board = drawn(screen);
    board.show(months(4));
    screen.resize(after);
    expect(screen.text).toHaveLength(1 + 2 + 4);
    expect(screen.text.every((line) => line.length <= after)).toBe(true);
    board.clear();
    expect(screen.listenerCount('resize')).toBe(0);
    expect(screen.text.join('')).toBe('$ tripcast backfill');
  });

  test('has no more lines than the terminal', () => {
    const screen = new VirtualScreen(40, 8);
    const board = drawn(screen);
    for (let i = 0; i < 3; i++) board.show(months(20));
    expect(screen.text).toHaveLength(7);
    board.clear();
    expect(screen.text).toEqual(['']);
  });
});

test('a line of progress that is longer than the terminal is wide stays one line', () => {
  const screen = new VirtualScreen(40);
  const progress = bar('environment', 3, screen);
  progress.update(3, `✨  Synthesis time: 3.97s, ${'and a long tail, '.repeat(10)}`);
  progress.update(3, `${'東京'.repeat(40)}`);
  expect(screen.text).toHaveLength(1);
  screen.resize(30);
  progress.update(3, 'almost');
  expect(screen.text).toHaveLength(1);
  progress.done('up');
  expect(screen.text.join('')).toMatch(/^✔ environment: up \(\d+\.\d s\)$/);
});

describe('a line cut to columns', () => {
  test.each([
    ['month   rows', 5, 'month'],
    ['month', 5, 'month'],
    ['month', 80, 'month'],
    ['東京都', 5, '東京'],
    ['e\u0301te\u0301', 2, 'e\u0301t'],
    ['✨ done', 4, '✨ d'],
    ['🚕🚕', 3, '🚕'],
    ['month', 0, ''],
  ])('%j in %i is %j', (line, columns, cut) => {
    expect(cutTo(columns, line)).toBe(cut);
    expect(widthOf(cut)).toBeLessThanOrEqual(columns);
  });

  test('keeps its styles, and ends each that it begins', () => {
    const bold = styleText('bold', 'month   rows', { validateStream: false });
    expect(cutTo(5, bold)).toBe(styleText('bold', 'month', { validateStream: false }));
    expect(widthOf(bold)).toBe(12);
  });
});
