/**
 * evidently: Evidently 0.7's methods and thresholds; the data drifted when half of the columns did.
 * classic: its methods with the limits of the systems that tripcast replaces (see `CLASSIC`).
 * tripcast: effects with intervals over whole days; the data drifted when any column did.
 */
export const PRESETS = ['tripcast', 'evidently', 'classic'] as const;
export type Preset = (typeof PRESETS)[number];
