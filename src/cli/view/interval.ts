/** Where a prediction lies in its interval, drawn on one line that starts at zero minutes. */
export interface DrawnInterval {
  readonly low: number;
  readonly value: number;
  readonly high: number;
}

/**
 * @param width of the scale, in characters
 * @example
 * drawInterval({ low: 38, value: 52, high: 71 }, 40);
 * // 0 ·····················├───────●──────────┤ 71 min
 */
export function drawInterval({ low, value, high }: DrawnInterval, width: number): string {
  const place = (minutes: number) => Math.round((minutes / Math.max(high, Number.MIN_VALUE)) * (width - 1));
  const [from, at, to] = [place(low), place(value), width - 1];
  const marks = Array.from({ length: width }, (_, i) => {
    if (i === at) return '●';
    if (i === from) return '├';
    if (i === to) return '┤';
    return i > from && i < to ? '─' : '·';
  });
  return `0 ${marks.join('')} ${Math.round(high)} min`;
}
