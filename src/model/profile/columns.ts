import { ZONES } from '#trips/ride-limits.ts';
import { NUMBER_CELLS } from './number-cells.ts';

/** What a profile counts of a ride and its prediction, in the order of its JSON. */
export const COLUMN_NAMES = [
  'predicted_duration',
  'interval_width',
  'trip_distance',
  'PULocationID',
  'DOLocationID',
  'hour',
  'weekday',
] as const;
export type ColumnName = (typeof COLUMN_NAMES)[number];

export interface Column {
  readonly kind: 'number' | 'code';
  /** Of a code: the level of the first cell. */
  readonly first: number;
  readonly cells: number;
}

const code = (first: number, cells: number): Column => ({ kind: 'code', first, cells });
const number: Column = { kind: 'number', first: 0, cells: NUMBER_CELLS };
const zone = code(ZONES.first, ZONES.last - ZONES.first + 1);

/** Hour and weekday (Monday 0) of the pickup in New York. The width is that of the 90% interval, in minutes. */
export const COLUMNS: Readonly<Record<ColumnName, Column>> = {
  predicted_duration: number,
  interval_width: number,
  trip_distance: number,
  PULocationID: zone,
  DOLocationID: zone,
  hour: code(0, 24),
  weekday: code(0, 7),
};
