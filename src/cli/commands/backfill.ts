import {
  executionInput,
  executionName,
  executionOutputs,
  followExecution,
  machineOf,
  startExecution,
} from '#adapters/step-functions.ts';
import { MAX_CONCURRENCY } from '#batch/limits.ts';
import { monthProgress } from '#batch/month-progress.ts';
import { type MonthOutcome, withoutScore } from '#batch/outcome.ts';
import { type BackfillRequest, backfillRange, backfillRequestSchema } from '#batch/plan.ts';
import { shown, TripcastError } from '#errors.ts';
import { checkedInput } from '#function-input.ts';
import type { RunId } from '#storage/run-id.ts';
import type { Month } from '#trips/month.ts';
import type { TaxiType } from '#trips/taxi-type.ts';
import { checkedRun } from '../choose-run.ts';
import { connect, type Deployment } from '../context.ts';
import { interruptible } from '../interruptible.ts';
import { needsAttention, outcomesOf } from '../month-executions.ts';
import type { CommonOptions } from '../options.ts';
import { monthBoard } from '../view/month-board.ts';
import { monthsJson, monthTable } from '../view/month-table.ts';
import type { Terminal } from '../view/terminal.ts';
import { checkUsage } from '../wrong-usage.ts';

export interface BackfillOptions {
  readonly taxiType: TaxiType;
  readonly from: Month;
  readonly to: Month;
  readonly maxConcurrency: number;
  readonly runId?: RunId;
  readonly force: boolean;
  readonly all: boolean;
}

/** A range to start, or the ARN of an execution to return to. */
export type BackfillCommand = Omit<BackfillOptions, 'from' | 'to'> & {
  readonly from?: Month;
  readonly to?: Month;
  readonly attach?: string;
  readonly preview: boolean;
};

/** `tripcast backfill`: starts the backfill state machine, or returns to an execution, and follows it; Ctrl-C leaves it alone. */
export async function backfill(options: BackfillCommand & CommonOptions, terminal: Terminal): Promise<void> {
  const wanted = checkUsage(() => whatIsWanted(options));
  const deployment = await connect(options.env);
  if ('from' in wanted && options.preview) {
    const { backfillPreview } = await import('./backfill-preview.ts');
    return backfillPreview(deployment, await requestOf(deployment, wanted), terminal);
  }
  const arn =
    'attach' in wanted
      ? refuseOtherMachine(wanted.attach, deployment.output('BackfillArn'))
      : await startBackfill(deployment, wanted);
  const months = await interruptible(async (signal) => {
    signal.addEventListener('abort', () => terminal.say(detachedFrom(arn, options.env)), { once: true });
    return followBackfill(arn, terminal, signal);
  });
  terminal.result({ ...monthsJson(months), execution: arn }, () => monthTable(months));
  if (months.some(needsAttention)) process.exitCode = 1;
}

/** Starts a backfill and follows it to its end. @throws TripcastError when it failed before its first month */
export async function runBackfill(
  deployment: Deployment,
  options: BackfillOptions,
  terminal: Terminal,
): Promise<readonly MonthOutcome[]> {
  return followBackfill(await startBackfill(deployment, options), terminal);
}

/** @returns the execution's ARN */
export async function startBackfill(deployment: Deployment, options: BackfillOptions): Promise<string> {
  if (options.maxConcurrency < 1 || options.maxConcurrency > MAX_CONCURRENCY) {
    throw new TripcastError(
      `--max-concurrency ${shown(options.maxConcurrency)} is not allowed`,
      `Give 1..${MAX_CONCURRENCY}; to Step Functions 0 means unlimited.`,
    );
  }
  backfillRange(options.from, options.to); // refused here, before anything starts
  return startExecution(deployment.output('BackfillArn'), await requestOf(deployment, options));
}

/** @throws TripcastError when there is no run to score with */
async function requestOf(deployment: Deployment, options: BackfillOptions): Promise<BackfillRequest> {
  return {
    taxi_type: options.taxiType,
    from: options.from,
    to: options.to,
    run_id: await checkedRun(deployment, options),
    maxConcurrency: options.maxConcurrency,
    force: options.force,
    all: options.all,
  };
}

/**
 * Shows an execution's months until it has ended.
 * @param signal stops following; the execution continues
 * @returns an outcome for each month that was requested
 */
export async function followBackfill(
  arn: string,
  terminal: Terminal,
  signal?: AbortSignal,
): Promise<readonly MonthOutcome[]> {
  const {
    taxi_type: type = 'green',
    from,
    to,
    maxConcurrency,
  } = checkedInput(backfillRequestSchema, await executionInput(arn));
  const months = backfillRange(from, to);
  const progress = terminal.progress(`backfill ${type} ${from}..${to}`);
  const board = monthBoard(terminal);
  const show = async () => {
    const outputs = await Array.fromAsync(executionOutputs(arn));
    board.show(monthProgress(outputs, { months, maxConcurrency }));
  };
  const end = await followExecution(arn, show, signal);
  await show();
  board.clear();
  const done = await outcomesOf(arn, end);
  progress.done(`${summaryOf(done)}, execution ${executionName(arn)}`);
  return months.map(
    (month) =>
      done.find((each) => each.month === month) ??
      withoutScore({ taxi_type: type, month }, 'failed', 'No outcome came back.'),
  );
}

/** `3 scored, 1 failed` */
function summaryOf(months: readonly MonthOutcome[]): string {
  const counts = Map.groupBy(months, ({ status }) => status);
  return [...counts].map(([status, { length }]) => `${length} ${status}`).join(', ');
}

function whatIsWanted({
  from,
  to,
  attach,
  ...options
}: BackfillCommand): BackfillOptions | { readonly attach: string } {
  if (attach !== undefined) {
    if (from === undefined && to === undefined && options.runId === undefined && !options.preview) return { attach };
    throw new TripcastError(
      `--attach ${attach} cannot go with --from, --to, --run-id or --preview`,
      'Give it alone: the execution has its months and its run.',
    );
  }
  if (from === undefined || to === undefined) {
    throw new TripcastError('It is not clear what to backfill', 'Give --from and --to, or --attach with an execution.');
  }
  backfillRange(from, to);
  return { ...options, from, to };
}

/** @throws TripcastError when the execution belongs to another state machine, whose input means something else */
function refuseOtherMachine(executionArn: string, stateMachineArn: string): string {
  if (machineOf(executionArn) === stateMachineArn) return executionArn;
  throw new TripcastError(
    `${executionArn} is not an execution of ${executionName(stateMachineArn)}`,
    'Give the ARN that `tripcast backfill` printed, and the --env that it was started in.',
  );
}

const detachedFrom = (arn: string, env: string) =>
  `\nDetached; the backfill goes on. Return to it with: tripcast backfill --env ${env} --attach ${arn}`;
