/** Lambda's own limit on concurrent scoring is far above; 40 is what a Map state inlined in an execution is allowed. */
export const MAX_CONCURRENCY = 40;

/**
 * Ten years. What the states of an execution hand on is limited to 256 KiB, and a month that failed may take 1 KiB of it.
 * https://docs.aws.amazon.com/step-functions/latest/dg/service-quotas.html
 */
export const MAX_MONTHS = 120;
