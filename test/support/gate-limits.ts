import type { GateLimits } from '#training/gate.ts';

/** The gate's requirements in tests. */
export const LIMITS: GateLimits = {
  leastRows: 5000,
  mostOutOfRangeShare: 0.1,
  mostNullShare: 0.05,
  leastZones: 50,
  leastR2: 0.1,
  rmseToleranceMinutes: 0.05,
  bestToleranceMinutes: 0.05,
  coverageToleranceShare: 0.02,
  segments: { toleranceMinutes: 0.1, leastRides: 200, leastDays: 7, confidence: 0.95 },
};
