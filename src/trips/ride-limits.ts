/** The ids of TLC's taxi zones. Any other id, such as -1 for a missing one, is of an unknown zone. */
export const ZONES = { first: 1, last: 265 } as const;

/**
 * Miles. An event or a request must stay below it, and a recorded distance beyond it is not a distance: the pair's
 * typical one replaces it. TLC's farthest so far is 260,000 miles, and the published recipe keeps it: the limit is
 * there so that no input at all can overflow float32.
 */
export const DISTANCE_LIMIT = 1e6;
/** As people read it. Written out: a function that formats a number at its start has to load a locale first. */
export const DISTANCE_LIMIT_TEXT = '1,000,000';
