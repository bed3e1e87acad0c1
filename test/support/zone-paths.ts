import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { CLONE } from '#setup/paths.mjs';

/** The source of src/monitoring/page/gen/zone-paths.ts, made from TLC's polygons. */

type Point = readonly [x: number, y: number];

const pairs = z.array(z.tuple([z.number(), z.number()]));
const ring = z.array(z.number().int());
const topologySchema = z.object({
  arcs: z.array(pairs),
  transform: z.object({ scale: z.tuple([z.number(), z.number()]), translate: z.tuple([z.number(), z.number()]) }),
  objects: z.object({
    taxi_zones: z.object({
      geometries: z.array(
        z.discriminatedUnion('type', [
          z.object({
            type: z.literal('Polygon'),
            arcs: z.array(ring),
            properties: z.object({ LocationID: z.number() }),
          }),
          z.object({
            type: z.literal('MultiPolygon'),
            arcs: z.array(z.array(ring)),
            properties: z.object({ LocationID: z.number() }),
          }),
        ]),
      ),
    }),
  }),
});

/** Pixels; whole ones are precise enough for a map of this size. */
const SIZE = 640;

export function zonePathsSource(): string {
  const file = join(CLONE, 'data', 'zones', 'taxi_zones.topojson');
  const { arcs, transform, objects } = topologySchema.parse(JSON.parse(readFileSync(file, 'utf8')));
  // TopoJSON's arcs are deltas of whole numbers (topojson-specification 2.1.3); ~i is arc i backwards (2.1.4).
  const absolute = arcs.map((arc) => {
    let [x, y] = [0, 0];
    return arc.map(([dx, dy]): Point => {
      [x, y] = [x + dx, y + dy];
      return [x, y];
    });
  });
  // Equirectangular, true to scale at the city's middle latitude: at 40.7 degrees a degree of longitude is 0.758 as long.
  const width = 9999 * transform.scale[0] * Math.cos((40.7 * Math.PI) / 180);
  const height = 9999 * transform.scale[1];
  const scale = SIZE / Math.max(width, height);
  const onMap = ([x, y]: Point): Point => [
    Math.round((x / 9999) * width * scale),
    Math.round((1 - y / 9999) * height * scale),
  ];
  const pathOf = (indices: readonly number[]): string => {
    const points = indices.flatMap((index, i) => {
      const arc = index < 0 ? (absolute[~index]?.toReversed() ?? []) : (absolute[index] ?? []);
      return i === 0 ? arc : arc.slice(1);
    });
    const drawn = points
      .map(onMap)
      .filter(([x, y], i, all) => i === 0 || x !== all[i - 1]?.[0] || y !== all[i - 1]?.[1]);
    const [[x, y] = [0, 0], ...rest] = drawn;
    const steps = rest.map(([toX, toY], i) => `${toX - (drawn[i]?.[0] ?? 0)} ${toY - (drawn[i]?.[1] ?? 0)}`);
    return `M${x} ${y}${steps.length > 0 ? `l${steps.join(' ')}` : ''}z`;
  };
  const paths = new Map<number, string>();
  for (const { type, arcs: rings, properties } of objects.taxi_zones.geometries) {
    const path = (type === 'Polygon' ? rings : rings.flat()).map(pathOf).join('');
    paths.set(properties.LocationID, `${paths.get(properties.LocationID) ?? ''}${path}`);
  }
  const lines = [...paths].sort(([a], [b]) => a - b).map(([zone, path]) => `  [${zone}, '${path}'],`);
  return `// Made from data/zones/taxi_zones.topojson: vitest run --project unit test/unit/monitoring/zone-paths.test.ts -u

/** A square of this many pixels holds the map. */
export const MAP_SIZE = ${SIZE};

/** The outline of each taxi zone as an SVG path, north up. Zones 57, 104 and 105 are drawn as 56 and 103 in TLC's map. */
export const ZONE_PATHS: ReadonlyMap<number, string> = new Map([
${lines.join('\n')}
]);
`;
}
