/**
 * TLC's polygons as SVG paths, from the TopoJSON file: its arcs are stored once, so an arc that two zones use is the
 * border between them, and an isochrone is the borders between zones of different bands.
 */

/** The parts of data/zones/taxi_zones.topojson that the map reads (TopoJSON specification, 2.1 and 2.2). */
export interface Topology {
  readonly arcs: readonly (readonly (readonly [number, number])[])[];
  readonly transform: { readonly scale: readonly [number, number] };
  readonly objects: { readonly taxi_zones: { readonly geometries: readonly Geometry[] } };
}

type Geometry = { readonly properties: { readonly LocationID: number } } & (
  | { readonly type: 'Polygon'; readonly arcs: readonly (readonly number[])[] }
  | { readonly type: 'MultiPolygon'; readonly arcs: readonly (readonly (readonly number[])[])[] }
);

export type Point = readonly [x: number, y: number];

export interface ZoneShape {
  readonly id: number;
  readonly path: string;
  /** A point to write on: the centroid of the zone's largest part. */
  readonly center: Point;
}

/** What two zones share. */
export interface Border {
  readonly between: readonly [number, number];
  readonly path: string;
}

export interface CityMap {
  readonly size: Point;
  readonly shapes: readonly ZoneShape[];
  readonly borders: readonly Border[];
}

/** The file's coordinates are 0 to 9999 in both directions. */
const QUANTUM = 9999;
const MIDDLE_LATITUDE = 40.7;
/** Map units; a tenth of one is the smallest step that is drawn. */
const WIDTH = 1000;

/**
 * Equirectangular, true to scale at the city's middle latitude, north up. Zones 57, 104 and 105 have no shape of their
 * own: TLC draws them as 56 and 103.
 */
export function cityMap({ arcs, transform, objects }: Topology): CityMap {
  const [degreesX, degreesY] = transform.scale;
  const unit = WIDTH / QUANTUM;
  const stretch = degreesY / (degreesX * Math.cos((MIDDLE_LATITUDE * Math.PI) / 180));
  const height = WIDTH * stretch;
  const lines = arcs.map((arc): readonly Point[] => {
    let [x, y] = [0, 0];
    return arc.map(([dx, dy]) => {
      [x, y] = [x + dx, y + dy];
      return [tenth(x * unit), tenth(height - y * unit * stretch)];
    });
  });
  const ringOf = (indices: readonly number[]): readonly Point[] =>
    indices.flatMap((index, i) => {
      const line = index < 0 ? (lines[~index] ?? []).toReversed() : (lines[index] ?? []);
      return i === 0 ? line : line.slice(1);
    });

  const ringsOf = new Map<number, (readonly Point[])[]>();
  const usersOf = new Map<number, Set<number>>();
  for (const geometry of objects.taxi_zones.geometries) {
    const id = geometry.properties.LocationID;
    for (const ring of geometry.type === 'Polygon' ? geometry.arcs : geometry.arcs.flat()) {
      ringsOf.set(id, [...(ringsOf.get(id) ?? []), ringOf(ring)]);
      for (const index of ring) {
        const arc = index < 0 ? ~index : index;
        usersOf.set(arc, (usersOf.get(arc) ?? new Set()).add(id));
      }
    }
  }
  const shapes = [...ringsOf]
    .map(([id, rings]) => ({ id, path: rings.map((ring) => `${pathOf(ring)}z`).join(''), center: centerOf(rings) }))
    .toSorted((a, b) => a.id - b.id);
  return { size: [WIDTH, Math.ceil(height)], shapes, borders: bordersOf(usersOf, lines) };
}

function bordersOf(usersOf: ReadonlyMap<number, ReadonlySet<number>>, lines: readonly (readonly Point[])[]) {
  const borders = new Map<string, Border>();
  for (const [arc, users] of usersOf) {
    const [a, b] = [...users].toSorted((one, other) => one - other);
    if (a === undefined || b === undefined) continue;
    const key = `${a} ${b}`;
    borders.set(key, { between: [a, b], path: `${borders.get(key)?.path ?? ''}${pathOf(lines[arc] ?? [])}` });
  }
  return [...borders.values()];
}

/** The borders between zones of different bands, as one path. */
export const isochrones = (borders: readonly Border[], bandOfZone: (id: number) => number | undefined): string =>
  borders
    .filter(({ between: [a, b] }) => bandOfZone(a) !== bandOfZone(b))
    .map(({ path }) => path)
    .join('');

/** Relative steps are shorter than places. They are taken from what was drawn, so that rounding does not add up. */
function pathOf(points: readonly Point[]): string {
  const steps = points.map(([x, y], i) => {
    const before = points[i - 1];
    return before === undefined
      ? `M${x} ${y}`
      : `${i === 1 ? 'l' : ' '}${tenth(x - before[0])} ${tenth(y - before[1])}`;
  });
  return steps.join('');
}

const tenth = (value: number) => Math.round(value * 10) / 10;

function centerOf(rings: readonly (readonly Point[])[]): Point {
  const largest = rings.toSorted((a, b) => Math.abs(areaOf(b)) - Math.abs(areaOf(a)))[0] ?? [];
  const area = areaOf(largest);
  const sums = edgesOf(largest).reduce<Point>(
    ([sumX, sumY], [[x, y], [toX, toY]]) => {
      const cross = x * toY - toX * y;
      return [sumX + (x + toX) * cross, sumY + (y + toY) * cross];
    },
    [0, 0],
  );
  return area === 0 ? (largest[0] ?? [0, 0]) : [tenth(sums[0] / (6 * area)), tenth(sums[1] / (6 * area))];
}

/** By the shoelace formula; its sign tells the direction of the ring. */
const areaOf = (ring: readonly Point[]) =>
  edgesOf(ring).reduce((sum, [[x, y], [toX, toY]]) => sum + (x * toY - toX * y) / 2, 0);

const edgesOf = (ring: readonly Point[]) => ring.slice(1).map((point, i) => [ring[i] ?? point, point] as const);
