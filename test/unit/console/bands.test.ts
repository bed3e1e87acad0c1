import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { BAND_STARTS, BANDS, bandName, bandOf, reachedWithin } from '#console/bands.ts';
import { CLONE } from '#setup/paths.mjs';

test('a band begins at its limit', () => {
  expect([1, 9.99, 10, 19.9, 20, 35, 49.9, 50, 60].map(bandOf)).toEqual([0, 0, 1, 1, 2, 3, 4, 5, 5]);
  expect(bandName(0)).toBe('under 10 min');
  expect(bandName(2)).toBe('20 to 30 min');
  expect(bandName(BANDS - 1)).toBe('50 min and more');
});

test('counts the zones within a limit', () => {
  expect(BAND_STARTS.map((limit) => reachedWithin([5, 10, 25, 60], limit))).toEqual([1, 2, 3, 3, 3]);
});

/** The colors of the style sheet, by name. */
function colorsOf(scheme: 'light' | 'dark'): ReadonlyMap<string, string> {
  const css = readFileSync(join(CLONE, 'src', 'console', 'style.css'), 'utf8');
  const [light = '', dark = ''] = css.match(/:root \{[^}]*\}/g) ?? [];
  return new Map(
    [...(scheme === 'light' ? light : dark).matchAll(/--([\w-]+): (#[0-9a-f]{6});/g)].map(
      ([, name = '', value = '']) => [name, value],
    ),
  );
}

/** WCAG 2.2, relative luminance and contrast ratio. */
function luminance(color: string): number {
  const [red = 0, green = 0, blue = 0] = [1, 3, 5].map((at) => {
    const share = Number.parseInt(color.slice(at, at + 2), 16) / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

function contrast(a: string, b: string): number {
  const [high = 0, low = 0] = [luminance(a), luminance(b)].toSorted((x, y) => y - x);
  return (high + 0.05) / (low + 0.05);
}

describe.each(['light', 'dark'] as const)('in %s', (scheme) => {
  const colors = colorsOf(scheme);
  const color = (name: string) => colors.get(name) ?? '';
  const shades = Array.from({ length: BANDS }, (_, band) => color(`b${band}`));

  test('without color, the shades are still in order and apart', () => {
    const towardsPaper = shades.map((shade) => contrast(shade, color('paper')));
    expect(towardsPaper).toEqual(towardsPaper.toSorted((a, b) => b - a));
    for (const [i, shade] of shades.slice(1).entries()) expect(contrast(shade, shades[i] ?? '')).toBeGreaterThan(1.25);
  });

  test.each(['ink', 'quiet', 'accent', 'weak', 'good', 'more'])('text in %s can be read', (name) => {
    for (const ground of ['paper', 'raised']) expect(contrast(color(name), color(ground))).toBeGreaterThanOrEqual(4.5);
  });

  test('fields and chosen tabs stand out', () => {
    expect(contrast(color('edge'), color('paper'))).toBeGreaterThanOrEqual(3);
    expect(contrast(color('accent'), color('on-accent'))).toBeGreaterThanOrEqual(4.5);
  });
});
