import { z } from 'zod';
import type { MonitoringLimits } from './measure-month.ts';
import { PRESETS } from './presets.ts';

/** `monitoring` in the config, as far as a function needs it. */
export const monitoringSettingsSchema = z.object({
  preset: z.enum(PRESETS),
  effect: z.number(),
  significance: z.number(),
  errorTolerance: z.number(),
  explain: z.boolean(),
  leastRidesADay: z.int(),
});
export type MonitoringSettings = Readonly<z.infer<typeof monitoringSettingsSchema>>;

/** How much a month may differ before monitoring says so. */
export const limitsOf = (settings: Omit<MonitoringSettings, 'explain'>): MonitoringLimits => ({
  preset: settings.preset,
  drift: { effect: settings.effect, significance: settings.significance },
  harm: {
    tolerance: settings.errorTolerance,
    significance: settings.significance,
    leastRides: settings.leastRidesADay,
  },
});
