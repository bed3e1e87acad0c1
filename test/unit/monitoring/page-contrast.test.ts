import { describe, expect, test } from 'vitest';
import { REPORT_STYLE } from '#monitoring/page/style.ts';

// WCAG 2.2: text needs a contrast of 4.5 against its ground (1.4.3), marks one of 3 (1.4.11).

const [light, dark] = ['(?<!dark\\) \\{\\s*)', '(?<=dark\\) \\{\\s*)'].map((before) => {
  const blocks = [...REPORT_STYLE.matchAll(new RegExp(`${before}:root \\{([^}]*)\\}`, 'g'))]
    .map(([, css]) => css)
    .join();
  return new Map([...blocks.matchAll(/--([\w-]+): ([^;]+);/g)].map(([, name = '', value = '']) => [name, value]));
});
// What the dark scheme does not set is as in the light one.
const SCHEMES = [
  ['light', light ?? new Map()],
  ['dark', new Map([...(light ?? []), ...(dark ?? [])])],
] as const;

function colorOf(name: string, scheme: ReadonlyMap<string, string>): string {
  const value = scheme.get(name);
  const other = /^var\(--([\w-]+)\)$/.exec(value ?? '')?.[1];
  if (other !== undefined) return colorOf(other, scheme);
  if (value === undefined || !/^#[0-9a-f]{6}$/.test(value)) throw new Error(`--${name} is ${value}`);
  return value;
}

/** https://www.w3.org/TR/WCAG22/#dfn-relative-luminance */
function luminance(color: string): number {
  const [r = 0, g = 0, b = 0] = [1, 3, 5]
    .map((at) => Number.parseInt(color.slice(at, at + 2), 16) / 255)
    .map((part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4));
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

/** https://www.w3.org/TR/WCAG22/#dfn-contrast-ratio */
function contrast(a: string, b: string): number {
  const [high = 0, low = 0] = [luminance(a), luminance(b)].toSorted((x, y) => y - x);
  return (high + 0.05) / (low + 0.05);
}

test('the formula gives the contrasts that are known: black on white, and #767676, the lightest gray for text', () => {
  expect(contrast('#000000', '#ffffff')).toBeCloseTo(21, 9);
  expect(contrast('#767676', '#ffffff')).toBeCloseTo(4.54, 2);
  expect(contrast('#777777', '#ffffff')).toBeCloseTo(4.48, 2);
});

const MARKS = [
  ...['current', 'expected', 'other', 'shape', 'ink', 'good', 'weak'].map((mark) => [mark, 'paper'] as const),
  ...['metered', 'typical', 'other', 'current', 'ink'].map((mark) => [mark, 'rail'] as const), // bars, intervals, limits
  ['ink', 'shape'], // the outline of the reference, over the bars of the month
  ['good', 'raised'],
  ['weak', 'raised'],
] as const;
const TEXTS = ['paper', 'raised'].flatMap((ground) => ['ink', 'quiet'].map((text) => [text, ground] as const));

describe.each(SCHEMES)('in %s', (_, scheme) => {
  test.each(MARKS)('%s is seen on %s', (mark, ground) => {
    expect(contrast(colorOf(mark, scheme), colorOf(ground, scheme))).toBeGreaterThanOrEqual(3);
  });

  test.each([...TEXTS, ['weak', 'paper'], ['metered', 'paper']] as const)('%s is read on %s', (text, ground) => {
    expect(contrast(colorOf(text, scheme), colorOf(ground, scheme))).toBeGreaterThanOrEqual(4.5);
  });

  test('the shades of the map go one way, in steps', () => {
    const shades = [1, 2, 3, 4, 5].map((n) => luminance(colorOf(`map-${n}`, scheme)));
    const away = shades.map((shade) => Math.abs(shade - luminance(colorOf('paper', scheme))));
    expect(away).toEqual(away.toSorted((a, b) => a - b));
  });
});
