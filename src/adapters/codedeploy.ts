import {
  ApplicationDoesNotExistException,
  CodeDeployClient,
  DeploymentAlreadyCompletedException,
  DeploymentGroupDoesNotExistException,
  PutLifecycleEventHookExecutionStatusCommand,
  paginateListDeployments,
  StopDeploymentCommand,
} from '@aws-sdk/client-codedeploy';
import type { HookStatus, PreTraffic } from '#operations/pre-traffic.ts';
import type { TrafficShifts } from '#operations/rollout.ts';
import { clientOfPlace } from './client.ts';

const codeDeploy = clientOfPlace(() => new CodeDeployClient({}));

/** Reports the result of a deployment hook to CodeDeploy. */
export async function reportHook(hook: PreTraffic, status: HookStatus, client = codeDeploy()): Promise<void> {
  await client.send(
    new PutLifecycleEventHookExecutionStatusCommand({
      deploymentId: hook.DeploymentId,
      lifecycleEventHookExecutionId: hook.LifecycleEventHookExecutionId,
      status,
    }),
  );
}

/** The deployments of one deployment group. */
export const trafficShifts = (
  applicationName: string,
  deploymentGroupName: string,
  client = codeDeploy(),
): TrafficShifts => ({
  async stop() {
    const stopped: string[] = [];
    for await (const deploymentId of running(client, applicationName, deploymentGroupName)) {
      if (await stop(client, deploymentId)) stopped.push(deploymentId);
    }
    return stopped;
  },
});

/** Also yields nothing when the configuration says canary but no deploy has applied that yet. */
async function* running(client: CodeDeployClient, applicationName: string, deploymentGroupName: string) {
  const pages = paginateListDeployments(
    { client },
    { applicationName, deploymentGroupName, includeOnlyStatuses: ['Created', 'Queued', 'InProgress', 'Ready'] },
  );
  try {
    for await (const { deployments = [] } of pages) yield* deployments;
  } catch (error) {
    if (error instanceof ApplicationDoesNotExistException) return;
    if (error instanceof DeploymentGroupDoesNotExistException) return;
    throw error;
  }
}

/** @returns whether it was still in progress */
async function stop(client: CodeDeployClient, deploymentId: string): Promise<boolean> {
  try {
    await client.send(new StopDeploymentCommand({ deploymentId, autoRollbackEnabled: true }));
    return true;
  } catch (error) {
    if (error instanceof DeploymentAlreadyCompletedException) return false;
    throw error;
  }
}
