/** Isochrone bands: which durations share a shade of the map. */

/** Minutes at which a band begins, but the first. Predictions are within 1 and 60 minutes. */
export const BAND_STARTS = [10, 20, 30, 40, 50] as const;
export const BANDS = BAND_STARTS.length + 1;

/** 0 for the nearest band. */
export const bandOf = (minutes: number): number => BAND_STARTS.filter((start) => minutes >= start).length;

export function bandName(band: number): string {
  const [from, to] = [BAND_STARTS[band - 1], BAND_STARTS[band]];
  if (from === undefined) return `under ${BAND_STARTS[0]} min`;
  return to === undefined ? `${from} min and more` : `${from} to ${to} min`;
}

/** How many zones are within each limit: what an isochrone says in words. */
export const reachedWithin = (minutes: readonly number[], limit: number): number =>
  minutes.filter((each) => each < limit).length;
