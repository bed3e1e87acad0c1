import { TripcastError } from '#errors.ts';
import { goldenRefusal } from '#model/golden/golden-refusal.ts';
import { GOLDEN_CHECK, goldenAnswerSchema } from '#registry/golden-check.ts';

/** A published version of a function. */
export interface Version {
  readonly number: number;
  readonly madeAt: string;
}

/** What a rollout needs from a function's alias `live`; implemented in src/adapters/lambda.ts. */
export interface LiveAlias {
  read(): Promise<{ readonly version: number; readonly revision: string }>;
  /** In any order. */
  versions(): Promise<readonly Version[]>;
  /** Points the alias at another version, unless somebody moved it since `revision` was read. */
  move(version: number, revision: string): Promise<'moved' | 'lost-race'>;
  /** Invokes a version. @throws TripcastError with the function's own error */
  invoke(version: number, event: unknown): Promise<unknown>;
  /** Present if traffic is shifted to a new version in steps. */
  readonly shifts?: TrafficShifts;
}

/** The deployments that shift an alias's traffic; implemented in src/adapters/codedeploy.ts. */
export interface TrafficShifts {
  /** Stops those in progress, so that all traffic goes back to where it came from. @returns their IDs */
  stop(): Promise<readonly string[]>;
}

/** How a version did on the golden rides of the model that it serves. */
export type Health =
  | { readonly ok: true; readonly runId: string; readonly checked: number; readonly maxDifference: number }
  | { readonly ok: false; readonly reason: string };

/** The result of a check or a rollback. `live` is the version that callers get now. */
export type Rollout =
  | { readonly outcome: 'kept'; readonly live: number }
  /** Moved off the version `from`, for this reason. */
  | { readonly outcome: 'moved-back'; readonly live: number; readonly from: number; readonly reason: string }
  /** These deployments were shifting traffic off the version `live`; they were stopped, and traffic goes back to it. */
  | {
      readonly outcome: 'stopped';
      readonly live: number;
      readonly deployments: readonly string[];
      readonly reason: string;
    }
  /** It should have been moved back; `why` says why it was not. */
  | { readonly outcome: 'stuck'; readonly live: number; readonly reason: string; readonly why: string };

/** Has a version score the golden rides. Failing to do so is also an answer. */
export async function askGoldenRides(alias: Pick<LiveAlias, 'invoke'>, version: number): Promise<Health> {
  let answer: unknown;
  try {
    answer = await alias.invoke(version, GOLDEN_CHECK);
  } catch (error) {
    if (!(error instanceof TripcastError)) throw error;
    return { ok: false, reason: error.message };
  }
  const { data } = goldenAnswerSchema.safeParse(answer);
  if (data === undefined) return { ok: false, reason: `It answered ${JSON.stringify(answer)}` };
  const { run_id: runId, checked, max_difference: maxDifference } = data;
  const reason = goldenRefusal(`Run ${runId}`, maxDifference);
  return reason === undefined ? { ok: true, runId, checked, maxDifference } : { ok: false, reason };
}

/**
 * Has the live version score the golden rides, and rolls it back if it fails.
 * @throws what an invocation throws other than a TripcastError, which counts as the version's own failure
 * @example
 * const { outcome, live } = await checkLive(lambdaAlias('tripcast-prod-predict', 'live'));
 * if (outcome !== 'kept') process.exitCode = 1;
 */
export async function checkLive(alias: LiveAlias): Promise<Rollout> {
  const { version } = await alias.read();
  const health = await askGoldenRides(alias, version);
  return health.ok ? { outcome: 'kept', live: version } : moveBack(alias, health.reason);
}

/**
 * Points the alias at the version before the live one, if that passes the golden rides: going from bad to bad is no
 * help. While a deployment is shifting traffic, stopping it is the rollback, and the version before is not checked.
 * @param reason why the live version has to go
 */
export async function moveBack(alias: LiveAlias, reason: string): Promise<Rollout> {
  const deployments = (await alias.shifts?.stop()) ?? [];
  const { version: live, revision } = await alias.read();
  if (deployments.length > 0) return { outcome: 'stopped', live, deployments, reason };
  const stuck = (why: string): Rollout => ({ outcome: 'stuck', live, reason, why });
  const before = Math.max(0, ...(await alias.versions()).map(({ number }) => number).filter((each) => each < live));
  if (before === 0) return stuck(`There is no version before ${live}`);
  const health = await askGoldenRides(alias, before);
  if (!health.ok) return stuck(`Version ${before} fails too, so the code may not be the cause: ${health.reason}`);
  if ((await alias.move(before, revision)) === 'lost-race')
    return stuck('Someone else moved the alias in the meantime');
  return { outcome: 'moved-back', live: before, from: live, reason };
}
