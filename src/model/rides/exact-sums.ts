/**
 * Distances and durations as whole numbers, millionths of a mile and microseconds, so that sums lose nothing and are
 * the same in whatever order threads deliver them. A few recorded distances are 200,000 miles: next to those, float
 * sums would lose the others.
 */
const MICRO = 1e6;
const SECONDS_A_MINUTE = 60;

/** SQL over the columns of training-rides.ts. */
export const MICROMILES = `round(distance * ${MICRO})::BIGINT`;
export const MICROSECONDS = `round(minutes * ${SECONDS_A_MINUTE * MICRO})::BIGINT`;

export const milesOf = (micromiles: number): number => micromiles / MICRO;
export const minutesOf = (microseconds: number): number => microseconds / MICRO / SECONDS_A_MINUTE;
