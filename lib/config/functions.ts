/** The Lambda functions; each is a folder in lambdas/ and is deployed as `tripcast-{env}-{name}`. */
export const FUNCTIONS = [
  'stream-score',
  'predict',
  'plan',
  'ingest',
  'score',
  'monitor',
  'check-month',
  'train',
  'gate',
  'register',
  'promote',
  'retrain',
  'check-rollout',
] as const;
export type FunctionName = (typeof FUNCTIONS)[number];

/** The functions that are called through their alias, so that a bad version can be rolled back at once. */
export const LIVE_FUNCTIONS = ['stream-score', 'predict'] as const satisfies readonly FunctionName[];
export type LiveFunctionName = (typeof LIVE_FUNCTIONS)[number];
export const LIVE_ALIAS = 'live';
