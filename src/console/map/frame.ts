/** The part of the map that is in sight. */
import type { Point } from './topology.ts';

export interface Frame {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

const MOST_ZOOM = 12;

export const wholeMap = ([width, height]: Point): Frame => ({ x: 0, y: 0, width, height });

export const zoomOf = (frame: Frame, size: Point): number => size[0] / frame.width;

/** Closer by `factor` (farther below 1), with `anchor` staying where it is. */
export function zoomed(frame: Frame, factor: number, anchor: Point, size: Point): Frame {
  const width = Math.min(size[0], Math.max(size[0] / MOST_ZOOM, frame.width / factor));
  const by = width / frame.width;
  const next = {
    x: anchor[0] - (anchor[0] - frame.x) * by,
    y: anchor[1] - (anchor[1] - frame.y) * by,
    width,
    height: frame.height * by,
  };
  return held(next, size);
}

export const moved = (frame: Frame, [dx, dy]: Point, size: Point): Frame =>
  held({ ...frame, x: frame.x + dx, y: frame.y + dy }, size);

/** Moves the frame just so far that the point is well inside. */
export function showing(frame: Frame, [x, y]: Point, size: Point): Frame {
  const [marginX, marginY] = [frame.width / 8, frame.height / 8];
  return held(
    {
      ...frame,
      x: Math.min(Math.max(frame.x, x - frame.width + marginX), x - marginX),
      y: Math.min(Math.max(frame.y, y - frame.height + marginY), y - marginY),
    },
    size,
  );
}

/** The frame never leaves the map. */
function held(frame: Frame, [width, height]: Point): Frame {
  const within = (value: number, room: number) => Math.min(Math.max(0, value), Math.max(0, room));
  return { ...frame, x: within(frame.x, width - frame.width), y: within(frame.y, height - frame.height) };
}
