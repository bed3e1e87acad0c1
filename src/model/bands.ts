/**
 * Prediction intervals by split conformal prediction (Vovk, Gammerman and Shafer 2005; Lei et al., "Distribution-free
 * predictive inference for regression", 2018): quantiles of the residuals of rides that the predicting fit has not seen,
 * taken apart by the predicted minute, since long rides err more than short ones.
 */
import { at } from './rides.ts';
import type { OutputName } from './scorer.ts';

/** One band a predicted minute, 0..60; predictions outside fall into the nearest. */
export const BANDS = 61;
/** A band with fewer residuals takes in its neighbours: 5% of 800 is 40 rides beyond the bound. */
const LEAST_RESIDUALS = 800;

export type IntervalBound = Exclude<OutputName, 'predicted_duration'>;

/** The share of residuals below each bound, in order. */
const LEVELS: Readonly<Record<IntervalBound, number>> = {
  interval_low: 0.05,
  interval80_low: 0.1,
  interval80_high: 0.9,
  interval_high: 0.95,
};
export const INTERVAL_BOUNDS = Object.keys(LEVELS) as readonly IntervalBound[]; // the keys as typed above

/** What to add to a prediction, each array `[BANDS]`: minutes, or multiples of the ride's spread. */
export type BandQuantiles = Readonly<Record<IntervalBound, Float64Array>>;

const bandOf = (predicted: number): number => Math.min(BANDS - 1, Math.max(0, Math.floor(predicted)));

/**
 * The residual quantiles of each band.
 * @param predicted out-of-fold predictions, minutes; at least one
 * @param residuals of the same rides: minutes by which they took longer, or multiples of their spread
 */
export function calibrateBands(predicted: Float64Array, residuals: Float64Array): BandQuantiles {
  const byBand = residualsByBand(predicted, residuals);
  const quantiles = {
    interval_low: new Float64Array(BANDS),
    interval80_low: new Float64Array(BANDS),
    interval80_high: new Float64Array(BANDS),
    interval_high: new Float64Array(BANDS),
  };
  for (let band = 0; band < BANDS; band += 1) {
    const sorted = pooled(byBand, band).sort();
    for (const bound of INTERVAL_BOUNDS) quantiles[bound][band] = conformalQuantile(sorted, LEVELS[bound]);
  }
  return quantiles;
}

function residualsByBand(predicted: Float64Array, residuals: Float64Array): readonly number[][] {
  const byBand: number[][] = Array.from({ length: BANDS }, () => []);
  predicted.forEach((minutes, i) => {
    byBand[bandOf(minutes)]?.push(at(residuals, i));
  });
  return byBand;
}

/** The band's residuals with those of as few bands on either side as make enough. */
function pooled(residuals: readonly number[][], band: number): Float64Array {
  const near = (reach: number) => residuals.slice(Math.max(0, band - reach), band + reach + 1);
  const enough = (reach: number) => near(reach).reduce((sum, { length }) => sum + length, 0) >= LEAST_RESIDUALS;
  let reach = 0;
  while (reach < BANDS && !enough(reach)) reach += 1;
  return Float64Array.from(near(reach).flat());
}

/** With n residuals the next one falls below the k-th smallest with probability k / (n + 1): k is rounded outwards. */
function conformalQuantile(sorted: Float64Array, level: number): number {
  const rank = level * (sorted.length + 1);
  const k = level < 0.5 ? Math.floor(rank) : Math.ceil(rank);
  return at(sorted, Math.min(sorted.length, Math.max(1, k)) - 1);
}
