import { executionName, followExecution, startExecution } from '../adapters/step-functions.ts';
import { type MonthOutcome, monthOutcomeSchema } from '../batch/outcome.ts';
import { TripcastError } from '../errors.ts';
import type { RunId } from '../registry/run-id.ts';
import type { Month } from '../trips/month.ts';
import type { TaxiType } from '../trips/taxi-type.ts';
import { connect, type Deployment } from './context.ts';
import { monthsJson, monthTable } from './month-table.ts';
import type { CommonOptions } from './options.ts';
import type { Terminal } from './terminal.ts';

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
  const outcome = await runMonth(await connect(options.env), options, terminal);
  terminal.result(monthsJson([outcome]), () => monthTable([outcome]));
  if (outcome.status === 'refused') process.exitCode = 1;
}

/** `score green 2023-04`, or what the schedule's month is told by. */
function labelOf({ taxiType, month, date }: BatchOptions): string {
  if (month !== undefined) return `score ${taxiType} ${month}`;
  return `score ${taxiType}, ${date === undefined ? "the schedule's month" : `as on ${date}`}`;
}

/** @throws TripcastError when the execution failed */
export async function runMonth(to: Deployment, options: BatchOptions, terminal: Terminal): Promise<MonthOutcome> {
  const arn = await startExecution(to.output('MonthlyBatchArn'), {
    taxi_type: options.taxiType,
    month: options.month,
    date: options.date,
    run_id: options.runId,
    force: options.force,
    all: options.all,
  });
  const progress = terminal.progress(labelOf(options));
  const end = await followExecution(arn, () => progress.update(0, `running as ${executionName(arn)}`));
  if (end.outcome === 'failed')
    throw new TripcastError(`${arn} failed: ${end.error}: ${end.cause}`, 'See `tripcast logs score`.');
  const outcome = monthOutcomeSchema.parse(end.output);
  progress.done(`${outcome.month} ${outcome.status}`);
  return outcome;
}
