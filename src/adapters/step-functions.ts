import { setTimeout } from 'node:timers/promises';
import {
  DescribeExecutionCommand,
  type DescribeExecutionCommandOutput,
  ExecutionStatus,
  GetExecutionHistoryCommand,
  SFNClient,
  StartExecutionCommand,
} from '@aws-sdk/client-sfn';
import { TripcastError } from '../errors.ts';

let client: SFNClient | undefined;
const sfn = () => (client ??= new SFNClient({}));

export type ExecutionEnd =
  | { readonly outcome: 'succeeded'; readonly output: unknown }
  | { readonly outcome: 'failed'; readonly error: string; readonly cause: string };

/** Starts an execution and gives its ARN. */
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
 * Follows an execution to its end, asking less often the longer it takes.
 * @param onWait called between questions
 */
export async function followExecution(executionArn: string, onWait: () => void | Promise<void>): Promise<ExecutionEnd> {
  for (let wait = FIRST_POLL_MS; ; wait = Math.min(wait * 1.3, LAST_POLL_MS)) {
    const execution = await sfn().send(new DescribeExecutionCommand({ executionArn }));
    if (execution.status !== ExecutionStatus.RUNNING && execution.status !== ExecutionStatus.PENDING_REDRIVE) {
      return endOf(execution);
    }
    await onWait();
    await setTimeout(wait);
  }
}

/** The state that an execution is in, or was in last; undefined before the first. */
export async function currentState(executionArn: string): Promise<string | undefined> {
  const { events = [] } = await sfn().send(
    new GetExecutionHistoryCommand({ executionArn, reverseOrder: true, maxResults: 20, includeExecutionData: false }),
  );
  return events.find(({ stateEnteredEventDetails }) => stateEnteredEventDetails !== undefined)?.stateEnteredEventDetails
    ?.name;
}

/** The last part of its ARN. */
export const executionName = (executionArn: string) => executionArn.slice(executionArn.lastIndexOf(':') + 1);

function endOf({ status, output, error, cause }: DescribeExecutionCommandOutput): ExecutionEnd {
  if (status === ExecutionStatus.SUCCEEDED) return { outcome: 'succeeded', output: JSON.parse(output ?? 'null') };
  return { outcome: 'failed', error: error ?? String(status), cause: causeOf(cause ?? 'no cause was given') };
}

/** A Lambda's error arrives as JSON with a stack trace; what a person needs of it is its message. */
function causeOf(cause: string): string {
  try {
    const parsed: unknown = JSON.parse(cause);
    const message = typeof parsed === 'object' && parsed !== null && Reflect.get(parsed, 'errorMessage');
    return typeof message === 'string' ? message : cause;
  } catch {
    return cause; // plain text
  }
}
