import { GROUPING_NAMES, type GroupingName } from '../rides/ride-groups.ts';
import type { Breakdown, GroupFigures } from './breakdown.ts';
import type { CardFigures } from './figures.ts';

/** How much a group must differ to be called weak. */
export const WEAK = {
  /** Multiple of the RMSE of all rides. */
  rmseFactor: 1.5,
  /** Between the share of rides inside an interval and the share that the interval names. */
  coverageOff: 0.04,
  /** In a smaller group it may be chance alone: at 100 rides one standard error of a 90% coverage is 3 points. */
  leastRows: 100,
} as const;

export const MEASURES = ['rmse', 'coverage_90', 'coverage_80'] as const;
export type Measure = (typeof MEASURES)[number];

const NOMINAL: Readonly<Record<Exclude<Measure, 'rmse'>, number>> = { coverage_90: 0.9, coverage_80: 0.8 };

export type OverallFigures = CardFigures & { readonly typical_distance: CardFigures };

export interface Group {
  readonly grouping: GroupingName;
  readonly figures: GroupFigures;
}

/** A group with the measures it is weak in, with the metered distance or without one. */
export interface WeakSpot extends Group {
  readonly measures: readonly Measure[];
}

/** Whether a measure of a group of any size is weak. @param overall the figures of all rides */
export function isWeak(measure: Measure, group: CardFigures, overall: CardFigures): boolean {
  if (measure === 'rmse') return group.rmse > WEAK.rmseFactor * overall.rmse;
  return Math.abs(group[measure] - NOMINAL[measure]) > WEAK.coverageOff;
}

export const isTelling = ({ rows }: GroupFigures): boolean => rows >= WEAK.leastRows;

/** Single hours are left out: their bands have more rides and say the same in fewer lines. */
const SEARCHED = GROUPING_NAMES.filter((name) => name !== 'hour');

/** Groups that a model serves worse than its overall figures suggest, and groups with too few rides to tell. */
export function weakSpots(
  breakdown: Breakdown,
  overall: OverallFigures,
): { readonly spots: readonly WeakSpot[]; readonly untold: readonly Group[] } {
  const groups = SEARCHED.flatMap((grouping) => breakdown[grouping].map((figures) => ({ grouping, figures })));
  return {
    spots: groups
      .filter(({ figures }) => isTelling(figures))
      .map((group) => ({ ...group, measures: weakMeasures(group.figures, overall) }))
      .filter(({ measures }) => measures.length > 0),
    untold: groups.filter(({ figures }) => !isTelling(figures)),
  };
}

const weakMeasures = (figures: GroupFigures, overall: OverallFigures): readonly Measure[] =>
  MEASURES.filter(
    (measure) =>
      isWeak(measure, figures, overall) || isWeak(measure, figures.typical_distance, overall.typical_distance),
  );
