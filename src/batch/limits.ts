/** The limit of an inline Map state; Lambda's own limit on concurrent scoring is far higher. */
export const MAX_CONCURRENCY = 40;

/**
 * Ten years. States can pass on at most 256 KiB, and a failed month may take up 1 KiB of that.
 * https://docs.aws.amazon.com/step-functions/latest/dg/service-quotas.html
 */
export const MAX_MONTHS = 120;
