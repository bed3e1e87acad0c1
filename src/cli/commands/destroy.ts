import { stdin, stdout } from 'node:process';
import { createInterface } from 'node:readline/promises';
import { deleteStack, describeStack, stackResources } from '#adapters/cloudformation.ts';
import { emptyBucket } from '#adapters/s3.ts';
import { disableSchedule } from '#adapters/scheduler.ts';
import { stopExecutions } from '#adapters/step-functions.ts';
import { TripcastError } from '#errors.ts';
import { loadConfig } from '#lib/config/load.ts';
import { stackName } from '#lib/config/names.ts';
import type { Config } from '#lib/config/schema.ts';
import { forgetDeployment } from '#local/environment.ts';
import { countByType, planTeardown, type StackResource, type Teardown } from '#operations/teardown.ts';
import { pointAt } from '../context.ts';
import type { CommonOptions } from '../options.ts';
import { count, type Terminal } from '../view/terminal.ts';

export interface DestroyOptions {
  /** Whether to go ahead without asking. */
  readonly yes: boolean;
}

/** `tripcast destroy`: deletes the stack of an environment, after saying what is deleted and what stays. */
export async function destroy({ env, yes }: DestroyOptions & CommonOptions, terminal: Terminal): Promise<void> {
  const config = loadConfig(env);
  await pointAt(config);
  const name = stackName(config.env);
  const stack = await describeStack(name);
  if (stack === undefined) {
    terminal.result({ stack: name, outcome: 'not-there' }, () => `There is no stack ${name} in ${config.region}.`);
    return;
  }
  const teardown = planTeardown(await stackResources(name));
  terminal.say(listOf(name, teardown));
  if (stack.isProtected) throw isProtected(name, config);
  if (!yes && !(await isConfirmed(name))) {
    terminal.result({ stack: name, outcome: 'kept' }, () => 'Nothing was deleted.');
    process.exitCode = 1;
    return;
  }
  const stopped = await stopWork(name, teardown, terminal);
  const emptied = await emptyBuckets(teardown.toEmpty, terminal);
  const progress = terminal.progress(`delete ${name}`);
  progress.update(0, 'CloudFormation is deleting it; on AWS this takes a few minutes');
  await deleteStack(name);
  progress.done(`${count(teardown.goes.length)} resources`);
  if (config.endpointUrl !== null) forgetDeployment();
  const { goes, stays } = teardown;
  terminal.result({ stack: name, outcome: 'deleted', stopped, emptied, goes, stays }, () => afterwards(name, stays));
}

/** What an environment protects, a person has to unprotect first: no flag of ours does it along the way. */
const isProtected = (name: string, { region }: Config) =>
  new TripcastError(
    `The stack ${name} is protected against deletion; nothing was deleted`,
    `To delete it anyway, run \`aws cloudformation update-termination-protection --no-enable-termination-protection --stack-name ${name} --region ${region}\`, then try again.`,
  );

async function isConfirmed(name: string): Promise<boolean> {
  if (!stdin.isTTY)
    throw new TripcastError(
      'The deletion must be confirmed, and there is no terminal to ask on',
      'Add --yes to delete without being asked.',
    );
  const question = createInterface({ input: stdin, output: stdout });
  try {
    return (await question.question(`Type ${name} to delete it: `)) === name;
  } finally {
    question.close();
  }
}

/** Nothing may start or keep running while the stack is deleted. @returns how many executions were stopped */
async function stopWork(stack: string, { toDisable, toStop }: Teardown, terminal: Terminal): Promise<number> {
  for (const schedule of toDisable) await disableSchedule(schedule);
  let stopped = 0;
  for (const stateMachine of toStop) stopped += await stopExecutions(stateMachine, `tripcast destroy of ${stack}`);
  if (toDisable.length + toStop.length > 0) {
    terminal.say(`Schedules disabled: ${toDisable.length}. Running executions stopped: ${stopped}.`);
  }
  return stopped;
}

async function emptyBuckets(buckets: readonly string[], terminal: Terminal) {
  const emptied: { readonly bucket: string; readonly objects: number }[] = [];
  for (const bucket of buckets) {
    const progress = terminal.progress(`empty ${bucket}`);
    const objects = await emptyBucket(bucket, (soFar) => progress.update(0, `${count(soFar)} objects`));
    progress.done(`${count(objects)} objects`);
    emptied.push({ bucket, objects });
  }
  return emptied;
}

const named = (resources: readonly StackResource[]) =>
  resources.map(({ type, physicalId }) => `    ${type.replace(/^AWS::/, '')} ${physicalId}`);

function listOf(name: string, { goes, stays, toEmpty }: Teardown): string {
  const buckets =
    toEmpty.length === 0 ? [] : ['  emptied first, including all versions:', ...toEmpty.map((each) => `    ${each}`)];
  const lasting =
    stays.length === 0 ? [] : ['  to be kept, because the configuration lets them outlive the stack:', ...named(stays)];
  return [`Deleting ${name}:`, `  to be deleted: ${countByType(goes).join(', ')}`, ...buckets, ...lasting].join('\n');
}

function afterwards(name: string, stays: readonly StackResource[]): string {
  if (stays.length === 0) return `${name} was deleted.`;
  return [
    `${name} was deleted. These remain, keep costing money, and block a new deploy until they are deleted or imported (docs/teardown.md):`,
    ...named(stays),
  ].join('\n');
}
