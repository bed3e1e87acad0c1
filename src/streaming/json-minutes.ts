const DECIMALS = 1e7;

/**
 * A float32 value in minutes as JSON writes it: as short as possible while still the same float32 when read back, so
 * that an answer from the stream or the API equals the batch's FLOAT column.
 *
 * From 1 up, neighboring float32 values are at least 2^-23 = 1.19e-7 apart, so seven decimals (at most 0.5e-7 off)
 * still tell them apart; below 1 they are closer together, and the value is left unchanged.
 */
export function jsonMinutes(minutes: number): number {
  return Math.abs(minutes) >= 1 ? Math.round(minutes * DECIMALS) / DECIMALS : minutes;
}
