import type { ModelCardBody } from '#model/card/card.ts';
import type { CardFigures } from '#model/evaluation/figures.ts';

/** In a smaller group chance alone may take two points and more: at 500 rides a standard error is 1.3 (90%) and 1.8 (80%). */
const LEAST_RIDES = 500;

/** The boroughs, parts of the day and kinds of rides that a card tells of, large enough to tell. */
export const tellingGroups = ({ breakdown }: ModelCardBody['validation']) =>
  [breakdown?.hour_band, breakdown?.pickup_borough, breakdown?.zones]
    .flatMap((groups) => groups ?? [])
    .filter(({ rows }) => rows >= LEAST_RIDES);

/** Which of their intervals, with the metered distance or without one, are further from nominal than that, and by how many points. */
export const groupsOff = (validation: ModelCardBody['validation'], points: number): readonly string[] =>
  tellingGroups(validation).flatMap(({ group, typical_distance, ...given }) => [
    ...off(group, given, points),
    ...off(`${group}, no distance`, typical_distance, points),
  ]);

/** The same of all rides together. */
export const overallOff = (validation: ModelCardBody['validation'], points: number): readonly string[] => [
  ...off('all', validation, points),
  ...off('all, no distance', validation.typical_distance, points),
];

const off = (name: string, { coverage_90, coverage_80 }: CardFigures, points: number): readonly string[] =>
  [
    { nominal: 90, by: coverage_90 * 100 - 90 },
    { nominal: 80, by: coverage_80 * 100 - 80 },
  ]
    .filter(({ by }) => Math.abs(by) > points)
    .map(({ nominal, by }) => `${name}, ${nominal}%: ${by.toFixed(1)}`);
