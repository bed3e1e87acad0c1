import { setTimeout } from 'node:timers/promises';
import {
  DescribeExecutionCommand,
  type DescribeExecutionCommandOutput,
  DescribeStateMachineCommand,
  ExecutionDoesNotExist,
  ExecutionStatus,
  GetExecutionHistoryCommand,
  type HistoryEvent,
  InvalidArn,
  ListExecutionsCommand,
  paginateGetExecutionHistory,
  paginateListExecutions,
  SFNClient,
  StartExecutionCommand,
  StopExecutionCommand,
} from '@aws-sdk/client-sfn';
import type { RunningExecution } from '#batch/check-month.ts';
import { shown, TripcastError } from '#errors.ts';
import type { SeenMachine } from '#serving/live-views.ts';
import type { StateEvent } from '#serving/pipelines.ts';
import { clientOfPlace } from './client.ts';

const sfn = clientOfPlace(() => new SFNClient({}));

/** How an execution ended. `error` is a name, `cause` a sentence or the JSON of a function's error. */
export type ExecutionEnd =
  | { readonly outcome: 'succeeded'; readonly output: unknown }
  | { readonly outcome: 'failed'; readonly error: string; readonly cause: string };

/** Starts an execution and returns its ARN. */
export async function startExecution(stateMachineArn: string, input: unknown): Promise<string> {
  const { executionArn } = await sfn().send(
    new StartExecutionCommand({ stateMachineArn, input: JSON.stringify(input) }),
  );
  if (executionArn === undefined) throw new TripcastError(`${stateMachineArn} did not start`, 'Try again.');
  return executionArn;
}

const FIRST_POLL_MS = 100;
const LAST_POLL_MS = 2000;

/**
 * Follows an execution to its end, polling less often the longer it takes.
 * @param onWait called between polls
 * @param signal stops following; the execution continues
 * @throws TripcastError when there is no such execution
 */
export async function followExecution(
  executionArn: string,
  onWait: () => void | Promise<void>,
  signal?: AbortSignal,
): Promise<ExecutionEnd> {
  for (let wait = FIRST_POLL_MS; ; wait = Math.min(wait * 1.3, LAST_POLL_MS)) {
    const execution = await describe(executionArn);
    if (execution.status !== ExecutionStatus.RUNNING && execution.status !== ExecutionStatus.PENDING_REDRIVE) {
      return endOf(execution);
    }
    await onWait();
    await setTimeout(wait, undefined, { signal });
  }
}

async function describe(executionArn: string): Promise<DescribeExecutionCommandOutput> {
  try {
    return await sfn().send(new DescribeExecutionCommand({ executionArn }));
  } catch (cause) {
    const isUnknown = cause instanceof ExecutionDoesNotExist || cause instanceof InvalidArn;
    if (isUnknown) throw new TripcastError(`There is no execution ${shown(executionArn)}`, 'Check its ARN.', { cause });
    throw cause;
  }
}

/** What the states of an execution have output so far, and what the functions answered, in chronological order. */
export async function* executionOutputs(executionArn: string): AsyncGenerator<unknown> {
  const pages = paginateGetExecutionHistory({ client: sfn(), pageSize: 1000 }, { executionArn });
  for await (const { events = [] } of pages) {
    for (const { stateExitedEventDetails, taskSucceededEventDetails } of events) {
      const output = stateExitedEventDetails?.output ?? taskSucceededEventDetails?.output;
      if (output !== undefined) yield JSON.parse(output);
    }
  }
}

/** The state that an execution is in, or was last in; undefined before the first. */
export async function currentState(executionArn: string): Promise<string | undefined> {
  const { events = [] } = await sfn().send(
    new GetExecutionHistoryCommand({ executionArn, reverseOrder: true, maxResults: 20, includeExecutionData: false }),
  );
  return events.find(({ stateEnteredEventDetails }) => stateEnteredEventDetails !== undefined)?.stateEnteredEventDetails
    ?.name;
}

/** Executions that have not ended, with their inputs. */
export async function* runningExecutions(stateMachineArn: string): AsyncGenerator<RunningExecution> {
  const pages = paginateListExecutions({ client: sfn() }, { stateMachineArn, statusFilter: ExecutionStatus.RUNNING });
  for await (const { executions = [] } of pages) {
    for (const { executionArn, startDate } of executions) {
      if (startDate !== undefined) yield { input: await executionInput(executionArn ?? ''), startedAt: startDate };
    }
  }
}

/** Stops all executions that have not ended. @returns how many there were */
export async function stopExecutions(stateMachineArn: string, cause: string): Promise<number> {
  const pages = paginateListExecutions({ client: sfn() }, { stateMachineArn, statusFilter: ExecutionStatus.RUNNING });
  let stopped = 0;
  for await (const { executions = [] } of pages) {
    for (const { executionArn } of executions) {
      await sfn().send(new StopExecutionCommand({ executionArn, error: 'Stopped', cause }));
      stopped += 1;
    }
  }
  return stopped;
}

/** A state machine's definition, and its latest execution. */
export async function seenMachine(stateMachineArn: string): Promise<SeenMachine> {
  const [{ definition = '{}' }, { executions: [latest] = [] }] = await Promise.all([
    sfn().send(new DescribeStateMachineCommand({ stateMachineArn })),
    sfn().send(new ListExecutionsCommand({ stateMachineArn, maxResults: 1 })), // most recent first
  ]);
  if (latest?.executionArn === undefined || latest.startDate === undefined) return { definition, last: undefined };
  const events: StateEvent[] = [];
  const pages = paginateGetExecutionHistory(
    { client: sfn(), pageSize: 1000 },
    { executionArn: latest.executionArn, includeExecutionData: false },
  );
  for await (const page of pages) events.push(...(page.events ?? []).flatMap(stateEvent));
  const { name = '', status = '', startDate: startedAt, stopDate: endedAt } = latest;
  return { definition, last: { name, status, startedAt, endedAt, events } };
}

function stateEvent({ type, stateEnteredEventDetails, stateExitedEventDetails }: HistoryEvent): StateEvent[] {
  if (stateEnteredEventDetails !== undefined) return [{ kind: 'entered', state: stateEnteredEventDetails.name }];
  if (stateExitedEventDetails !== undefined) return [{ kind: 'exited', state: stateExitedEventDetails.name }];
  if (type?.endsWith('Scheduled')) return [{ kind: 'tried', state: undefined }];
  return type?.endsWith('Failed') && type !== 'ExecutionFailed' ? [{ kind: 'failed', state: undefined }] : [];
}

/** The input of an execution. @throws TripcastError when there is no such execution */
export async function executionInput(executionArn: string): Promise<unknown> {
  const { input = 'null' } = await describe(executionArn);
  return JSON.parse(input);
}

/** The ARN of an execution's state machine. */
export const machineOf = (executionArn: string) =>
  executionArn.replace(/:execution:([^:]+):[^:]+$/, ':stateMachine:$1');

/** The last part of its ARN. */
export const executionName = (executionArn: string) => executionArn.slice(executionArn.lastIndexOf(':') + 1);

/** A failed execution, in its own words. @param firstFunction the function whose log to look at */
export const executionFailed = (
  executionArn: string,
  { error, cause }: Extract<ExecutionEnd, { readonly outcome: 'failed' }>,
  firstFunction: string,
) =>
  new TripcastError(
    `The execution ${executionName(executionArn)} failed (${error}): ${cause.replace(/\.$/, '')}`,
    `See \`tripcast logs ${firstFunction}\`.`,
  );

function endOf({ status, output, error, cause }: DescribeExecutionCommandOutput): ExecutionEnd {
  if (status === ExecutionStatus.SUCCEEDED) return { outcome: 'succeeded', output: JSON.parse(output ?? 'null') };
  return { outcome: 'failed', error: error ?? String(status), cause: causeOf(cause ?? 'no cause was given') };
}

/** A Lambda's error arrives as JSON with a stack trace; a person only needs its message. */
function causeOf(cause: string): string {
  try {
    const parsed: unknown = JSON.parse(cause);
    const message = typeof parsed === 'object' && parsed !== null && Reflect.get(parsed, 'errorMessage');
    return typeof message === 'string' ? message : cause;
  } catch {
    return cause; // plain text
  }
}
