import { executionName, followExecution, startExecution } from '#adapters/step-functions.ts';
import type { MonthOutcome } from '#batch/outcome.ts';
import { TripcastError } from '#errors.ts';
import type { RunId } from '#storage/run-id.ts';
import type { Month } from '#trips/month.ts';
import type { TaxiType } from '#trips/taxi-type.ts';
import { checkedRun } from '../choose-run.ts';
import { connect, type Deployment } from '../context.ts';
import { needsAttention, outcomesOf } from '../month-executions.ts';
import type { CommonOptions } from '../options.ts';
import { monthsJson, monthTable } from '../view/month-table.ts';
import type { Terminal } from '../view/terminal.ts';
import { WrongUsage } from '../wrong-usage.ts';

export interface BatchOptions {
  readonly taxiType: TaxiType;
  readonly month?: Month;
  readonly date?: string;
  readonly runId?: RunId;
  readonly force: boolean;
  readonly all: boolean;
}

/** `tripcast batch`: starts the monthly state machine and follows it. */
export async function batch(options: BatchOptions & CommonOptions, terminal: Terminal): Promise<void> {
  const { month, date } = options;
  if (month !== undefined && date !== undefined) {
    throw new WrongUsage(
      `--month ${month} and --date ${date} cannot go together`,
      'Give one: the month to score, or the day that it would be scored on.',
    );
  }
  const months = await runMonths(await connect(options.env), options, terminal);
  terminal.result(monthsJson(months), () => monthTable(months));
  if (months.some(needsAttention)) process.exitCode = 1;
}

/** `score green 2023-04`, or how the schedule picks the month. */
function labelOf({ taxiType, month, date }: BatchOptions): string {
  if (month !== undefined) return `score ${taxiType} ${month}`;
  return `score ${taxiType}, ${date === undefined ? "the schedule's month" : `as of ${date}`}`;
}

/**
 * The month that was requested, or that is due.
 * @throws TripcastError when it failed
 */
export async function runMonth(to: Deployment, options: BatchOptions, terminal: Terminal): Promise<MonthOutcome> {
  const outcome = (await runMonths(to, options, terminal)).at(-1);
  if (outcome !== undefined && outcome.status !== 'failed') return outcome;
  throw new TripcastError(
    `${labelOf(options)} failed: ${outcome?.note ?? 'no outcome came back'}`,
    'See `tripcast logs score`.',
  );
}

/** The same, with the months still owed before it. @throws TripcastError when the execution failed before them */
async function runMonths(to: Deployment, options: BatchOptions, terminal: Terminal): Promise<readonly MonthOutcome[]> {
  const arn = await startExecution(to.output('MonthlyBatchArn'), {
    taxi_type: options.taxiType,
    month: options.month,
    date: options.date,
    run_id: await checkedRun(to, options),
    force: options.force,
    all: options.all,
  });
  const progress = terminal.progress(labelOf(options));
  const end = await followExecution(arn, () => progress.update(0, `running, execution ${executionName(arn)}`));
  const months = await outcomesOf(arn, end);
  progress.done(months.map(({ month, status }) => `${month} ${status}`).join(', '));
  return months;
}
