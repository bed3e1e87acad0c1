const DECIMALS = 1e7;

/**
 * A float32 value, minutes, as JSON writes it: as short as can be and still the same float32 when read back, so that a
 * stream's or an API's answer equals the batch's FLOAT column.
 *
 * From 1 on, neighbouring float32 values lie at least 2^-23 = 1.19e-7 apart, so a seventh decimal (at most 0.5e-7 away)
 * still tells them apart; below 1 they are finer, and the value is left as it is.
 */
export function jsonMinutes(minutes: number): number {
  return Math.abs(minutes) >= 1 ? Math.round(minutes * DECIMALS) / DECIMALS : minutes;
}
