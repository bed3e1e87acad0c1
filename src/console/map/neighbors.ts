import type { Point, ZoneShape } from './topology.ts';

const DIRECTIONS = {
  ArrowUp: [0, -1],
  ArrowDown: [0, 1],
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
} as const satisfies Record<string, Point>;

export type Arrow = keyof typeof DIRECTIONS;
export const isArrow = (key: string): key is Arrow => key in DIRECTIONS;

/**
 * The zone that an arrow key leads to: the nearest whose center is within 45 degrees of the direction; the same zone at
 * the edge of the city. A zone that is off the axis counts as farther, so that keys feel straight.
 */
export function nextZone(shapes: readonly ZoneShape[], from: number, key: Arrow): number {
  const here = shapes.find(({ id }) => id === from)?.center;
  if (here === undefined) return from;
  const [dx, dy] = DIRECTIONS[key];
  const reached = shapes.flatMap(({ id, center }) => {
    const [x, y] = [center[0] - here[0], center[1] - here[1]];
    const ahead = x * dx + y * dy;
    const aside = Math.abs(x * dy) + Math.abs(y * dx);
    return id !== from && ahead > 0 && aside <= ahead ? [{ id, cost: ahead + 2 * aside }] : [];
  });
  return reached.toSorted((a, b) => a.cost - b.cost)[0]?.id ?? from;
}
