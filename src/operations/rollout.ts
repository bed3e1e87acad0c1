import { z } from 'zod';
import { TripcastError } from '#errors.ts';
import { GRAPH_TOLERANCE_MINUTES } from '#model/golden/golden.ts';

/** A published version of a function. */
export interface Version {
  readonly number: number;
  readonly madeAt: string;
}

/** What a rollout needs of a function's alias `live`; src/adapters/lambda.ts has it. */
export interface LiveAlias {
  read(): Promise<{ readonly version: number; readonly revision: string }>;
  /** In any order. */
  versions(): Promise<readonly Version[]>;
  /** Points the alias elsewhere, unless somebody did since `revision` was read. */
  move(version: number, revision: string): Promise<'moved' | 'lost-race'>;
  /** Calls a version. @throws TripcastError with the function's own error */
  invoke(version: number, event: unknown): Promise<unknown>;
  /** Where traffic is moved to a new version step by step: what moves it. */
  readonly shifts?: TrafficShifts;
}

/** The deployments that move an alias's traffic; src/adapters/codedeploy.ts has it. */
export interface TrafficShifts {
  /** Stops those on their way, so that all traffic goes back to where it came from. @returns their ids */
  stop(): Promise<readonly string[]>;
}

/** How a version answered the golden rides of the model that it serves. */
export type Health =
  | { readonly ok: true; readonly runId: string; readonly checked: number; readonly maxDifference: number }
  | { readonly ok: false; readonly reason: string };

/** What a check or a rollback came to. `live` is the version that callers get now. */
export type Rollout =
  | { readonly outcome: 'kept'; readonly live: number }
  /** Off the version `from`, for this reason. */
  | { readonly outcome: 'moved-back'; readonly live: number; readonly from: number; readonly reason: string }
  /** These deployments were moving traffic off the version `live`; they were stopped, and it goes back there. */
  | {
      readonly outcome: 'stopped';
      readonly live: number;
      readonly deployments: readonly string[];
      readonly reason: string;
    }
  /** It should have been moved back; `why` it was not. */
  | { readonly outcome: 'stuck'; readonly live: number; readonly reason: string; readonly why: string };

const answerSchema = z.object({ run_id: z.string(), checked: z.int().positive(), max_difference: z.number() });

/** Makes a version answer the golden rides. That it cannot is an answer, too. */
export async function askGoldenRides(alias: Pick<LiveAlias, 'invoke'>, version: number): Promise<Health> {
  let answer: unknown;
  try {
    answer = await alias.invoke(version, { check: 'golden-rides' });
  } catch (error) {
    if (!(error instanceof TripcastError)) throw error;
    return { ok: false, reason: error.message };
  }
  const { data } = answerSchema.safeParse(answer);
  if (data === undefined) return { ok: false, reason: `It answered ${JSON.stringify(answer)}` };
  const { run_id: runId, checked, max_difference: maxDifference } = data;
  if (maxDifference <= GRAPH_TOLERANCE_MINUTES) return { ok: true, runId, checked, maxDifference };
  return {
    ok: false,
    reason: `It answers the golden rides ${maxDifference} minutes off; ${GRAPH_TOLERANCE_MINUTES} is allowed`,
  };
}

/** Makes the live version answer the golden rides; one that does not is taken back. */
export async function checkLive(alias: LiveAlias): Promise<Rollout> {
  const { version } = await alias.read();
  const health = await askGoldenRides(alias, version);
  return health.ok ? { outcome: 'kept', live: version } : moveBack(alias, health.reason);
}

/**
 * Points the alias at the version before the live one, once that has answered the golden rides: from bad to bad is no way out.
 * While a deployment moves traffic, stopping it is the way back, and the version before the live one is not asked.
 * @param reason why the live version is to go
 */
export async function moveBack(alias: LiveAlias, reason: string): Promise<Rollout> {
  const deployments = (await alias.shifts?.stop()) ?? [];
  const { version: live, revision } = await alias.read();
  if (deployments.length > 0) return { outcome: 'stopped', live, deployments, reason };
  const stuck = (why: string): Rollout => ({ outcome: 'stuck', live, reason, why });
  const before = Math.max(0, ...(await alias.versions()).map(({ number }) => number).filter((each) => each < live));
  if (before === 0) return stuck(`There is no version before ${live}`);
  const health = await askGoldenRides(alias, before);
  if (!health.ok)
    return stuck(`Version ${before} does no better, so that the code may not be what is wrong: ${health.reason}`);
  if ((await alias.move(before, revision)) === 'lost-race') return stuck('Somebody else moved the alias meanwhile');
  return { outcome: 'moved-back', live: before, from: live, reason };
}
