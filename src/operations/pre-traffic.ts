import { z } from 'zod';
import { askGoldenRides, type LiveAlias } from './rollout.ts';

/** What CodeDeploy calls a hook with; the hook responds using these two IDs, not through its return value. */
export const preTrafficSchema = z.object({
  DeploymentId: z.string().min(1),
  LifecycleEventHookExecutionId: z.string().min(1),
});
export type PreTraffic = z.infer<typeof preTrafficSchema>;
/** How a hook ended, in CodeDeploy's words. */
export type HookStatus = 'Succeeded' | 'Failed';

/** What {@link checkBeforeTraffic} needs. */
export interface PreTrafficDeps {
  /** The version of each live function that is about to get traffic, by the function's deployed name. */
  readonly versions: Readonly<Record<string, number>>;
  readonly hasChampion: () => Promise<boolean>;
  /** Invokes a version. @throws TripcastError with the function's own error */
  readonly invoke: (functionName: string, version: number, event: unknown) => ReturnType<LiveAlias['invoke']>;
  /** Reports the status to CodeDeploy. */
  readonly report: (hook: PreTraffic, status: HookStatus) => Promise<void>;
}

/** What was reported to CodeDeploy, and why: one sentence per function. */
export interface PreTrafficOutcome {
  readonly status: HookStatus;
  readonly reasons: readonly string[];
}

/**
 * Has the new version of every live function score the golden rides before it gets any traffic. A release is all of
 * them together, so one bad version stops the others' deployments too. Before the first champion there are no golden
 * rides, and nothing is served that could be wrong.
 *
 * Whatever goes wrong, CodeDeploy gets a status: without one it would wait for an hour.
 * @example
 * const { status, reasons } = await checkBeforeTraffic(preTrafficSchema.parse(event), deps);
 */
export async function checkBeforeTraffic(hook: PreTraffic, deps: PreTrafficDeps): Promise<PreTrafficOutcome> {
  const outcome = await judge(deps).catch(
    (error: unknown): PreTrafficOutcome => ({ status: 'Failed', reasons: [`The check itself failed: ${error}`] }),
  );
  await deps.report(hook, outcome.status);
  return outcome;
}

async function judge({ versions, hasChampion, invoke }: PreTrafficDeps): Promise<PreTrafficOutcome> {
  if (!(await hasChampion())) return { status: 'Succeeded', reasons: ['There is no champion yet: nothing to check'] };
  const checks = await Promise.all(
    Object.entries(versions).map(async ([name, version]) => {
      const health = await askGoldenRides({ invoke: (number, event) => invoke(name, number, event) }, version);
      const said = health.ok ? `answered ${health.checked} golden rides of run ${health.runId}` : health.reason;
      return { ok: health.ok, reason: `${name}, version ${version}: ${said}` };
    }),
  );
  return {
    status: checks.length > 0 && checks.every(({ ok }) => ok) ? 'Succeeded' : 'Failed',
    reasons: checks.map(({ reason }) => reason),
  };
}
