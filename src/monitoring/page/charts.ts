import { scrolling } from '#model/card/html/drawing.ts';
import { type Html, html, NOTHING, trusted } from '#model/card/html/markup.ts';

/** Drawings without text of their own are hidden from screen readers: a table next to them says the same. */

export interface Series {
  readonly name: string;
  /** Decides color and dashes; its name stands at the end of the line, so that neither has to be told apart by color. */
  readonly kind: 'current' | 'expected' | 'reference' | 'limit' | EqualKind;
  /** null = a gap. */
  readonly values: readonly (number | null)[];
}

/** Lines of equal rank, in order. */
export const EQUAL_KINDS = ['first', 'second', 'third', 'fourth', 'fifth', 'sixth'] as const;
export type EqualKind = (typeof EQUAL_KINDS)[number];
const DOTTED: ReadonlySet<string> = new Set(['current', ...EQUAL_KINDS]);

/** The y axis. */
export interface Scale {
  readonly low: number;
  readonly high: number;
  readonly unit: string;
  /** Where values should be; drawn behind the lines. */
  readonly band?: readonly [low: number, high: number];
}

const [WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM] = [720, 220, 52, 110, 12, 26];
const GRID_LINES = 4;
const DASH = 14;
/** Names at the ends of lines are at least so many pixels apart. */
const NAME_HEIGHT = 14;

/**
 * Lines over the same places along the x axis.
 * @param labels of those places; some are written below the axis
 * @param scale  minutes from 0 by default
 */
export function lineChart(
  series: readonly Series[],
  labels: readonly string[],
  title: string,
  scale: Scale = minutesFromZero(series),
): Html {
  const { low, high, unit, band } = scale;
  const x = (i: number) => LEFT + (i * (WIDTH - LEFT - RIGHT)) / Math.max(1, labels.length - 1);
  const y = (value: number) => TOP + (1 - Math.max(0, (value - low) / (high - low))) * (HEIGHT - TOP - BOTTOM);
  const grid = Array.from({ length: GRID_LINES + 1 }, (_, i) => low + ((high - low) * i) / GRID_LINES);
  const names = spread(
    series.map(({ name, values: own }) => ({ name, at: y(own.findLast((value) => value !== null) ?? low) })),
  );
  const chart = html`<svg class="chart" viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${title}">
${band === undefined ? NOTHING : html`<rect class="band" x="${LEFT}" width="${WIDTH - RIGHT - LEFT}" y="${fixed(y(band[1]))}" height="${fixed(y(band[0]) - y(band[1]))}"/>`}
${grid.map((value) => html`<line class="grid" x1="${LEFT}" x2="${WIDTH - RIGHT}" y1="${fixed(y(value))}" y2="${fixed(y(value))}"/><text x="${LEFT - 6}" y="${fixed(y(value) + 4)}" text-anchor="end">${value === high ? `${short(value)}${unit}` : short(value)}</text>`)}
${ticks(labels.length).map((i) => html`<text x="${fixed(x(i))}" y="${HEIGHT - 8}" text-anchor="middle">${labels[i] ?? ''}</text>`)}
${series.map(({ kind, values: own }) => html`<path class="line ${kind}" d="${linePath(own, x, y)}"/>`)}
${series
  .filter(({ kind }) => DOTTED.has(kind))
  .map(
    ({ kind, values: own }) =>
      html`${own.map((value, i) => (value === null ? NOTHING : html`<circle class="dot ${kind}" cx="${fixed(x(i))}" cy="${fixed(y(value))}" r="3"/>`))}`,
  )}
${names.map(({ name, at }) => html`<text class="name" x="${WIDTH - RIGHT + 8}" y="${fixed(at + 4)}">${name}</text>`)}
</svg>`;
  return html`${scrolling(title, chart)}${series.length > 1 ? legend(series) : NOTHING}`;
}

function minutesFromZero(series: readonly Series[]): Scale {
  const values = series.flatMap((each) => each.values.filter((value) => value !== null));
  return { low: 0, high: niceCeiling(Math.max(...values, Number.MIN_VALUE)), unit: ' min' };
}

/** What the lines look like: on a narrow screen, the names at their ends are out of sight. */
const legend = (series: readonly Series[]): Html =>
  html`<ul class="legend">${series.map(
    ({ name, kind }) =>
      html`<li><svg class="sample" viewBox="0 0 30 10" aria-hidden="true"><path class="line ${kind}" d="M0 5H30"/></svg>${name}</li>`,
  )}</ul>`;

/** Two samples' shares of the same bars: the current one filled, the reference as an outline. */
export function shape(reference: readonly number[], current: readonly number[]): Html {
  const highest = Math.max(...reference, ...current, Number.MIN_VALUE);
  const width = 120 / reference.length;
  const y = (share: number) => fixed(32 - 31 * (share / highest));
  const bars = current.map(
    (share, i) =>
      `<rect class="now" x="${fixed(i * width + 0.3)}" y="${y(share)}" width="${fixed(width - 0.6)}" height="${fixed(31 * (share / highest))}"/>`,
  );
  const outline = reference.map((share, i) => `${i === 0 ? 'M0 32V' : 'V'}${y(share)}H${fixed((i + 1) * width)}`);
  return trusted(
    `<svg class="shape" viewBox="0 0 120 33" preserveAspectRatio="none" aria-hidden="true">${bars.join('')}<path class="before" d="${outline.join('')}V32"/></svg>`,
  );
}

/** An interval on a rail from 0, with an upright line at the limit. */
export function range([low, high]: readonly [number, number], limit: number): Html {
  const end = Math.max(high, 1.5 * limit) * 1.05;
  const x = (value: number) => (120 * value) / end;
  return html`<svg class="range" viewBox="0 0 120 14" preserveAspectRatio="none" aria-hidden="true"><rect class="rail" y="5" width="120" height="4"/><rect class="span" x="${fixed(x(low))}" y="3" width="${fixed(Math.max(1.5, x(high) - x(low)))}" height="8"/><rect class="limit" x="${fixed(x(limit))}" width="1.5" height="14"/></svg>`;
}

/** A value between two gaps is a short dash. */
function linePath(values: readonly (number | null)[], x: (i: number) => number, y: (value: number) => number): string {
  let isBroken = true;
  return values
    .map((value, i) => {
      if (value === null) {
        isBroken = true;
        return '';
      }
      const step = `${isBroken ? 'M' : 'L'}${fixed(x(i))} ${fixed(y(value))}`;
      const isAlone = isBroken && values[i + 1] == null;
      isBroken = false;
      return isAlone ? `M${fixed(x(i) - DASH / 2)} ${fixed(y(value))}h${DASH}` : step;
    })
    .join('');
}

/** The first place and every so many after it, up to six in all. */
function ticks(places: number): readonly number[] {
  const step = Math.max(1, Math.ceil(places / 6));
  return Array.from({ length: Math.ceil(places / step) }, (_, i) => i * step);
}

/** The next of these factors times a power of ten; each divides into four readable parts. */
export function niceCeiling(value: number): number {
  const power = 10 ** Math.floor(Math.log10(value));
  return power * ([1, 1.2, 1.6, 2, 2.4, 3, 4, 5, 6, 8, 10].find((factor) => factor * power >= value) ?? 10);
}

/** Moves names down until none overlaps another. */
function spread(names: readonly { readonly name: string; readonly at: number }[]) {
  let lowest = Number.NEGATIVE_INFINITY;
  return names
    .toSorted((a, b) => a.at - b.at)
    .map(({ name, at }) => {
      lowest = Math.max(at, lowest + NAME_HEIGHT);
      return { name, at: lowest };
    });
}

const fixed = (value: number): string => String(Number(value.toFixed(1)));
const short = (value: number): string => String(Number(value.toPrecision(3))).replace('-', '−');
