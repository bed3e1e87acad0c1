import { z } from 'zod';
import { executionName, followExecution, startExecution } from '../adapters/step-functions.ts';
import { type MonthOutcome, monthOutcomeSchema, withoutScore } from '../batch/outcome.ts';
import { MAX_CONCURRENCY } from '../batch/plan.ts';
import { shown, TripcastError } from '../errors.ts';
import type { RunId } from '../registry/run-id.ts';
import { type Month, monthRange } from '../trips/month.ts';
import type { TaxiType } from '../trips/taxi-type.ts';
import { connect, type Deployment } from './context.ts';
import { monthsJson, monthTable } from './month-table.ts';
import type { CommonOptions } from './options.ts';
import type { Terminal } from './terminal.ts';

export interface BackfillOptions {
  readonly taxiType: TaxiType;
  readonly from: Month;
  readonly to: Month;
  readonly maxConcurrency: number;
  readonly runId?: RunId;
  readonly force: boolean;
  readonly all: boolean;
}

/** A month that was ingested but not scored ends with a plan in the Map's result; all others with an outcome. */
const resultSchema = z.object({ months: z.array(monthOutcomeSchema) });

/** `tripcast backfill`: starts the backfill state machine and follows it. */
export async function backfill(options: BackfillOptions & CommonOptions, terminal: Terminal): Promise<void> {
  const months = await runBackfill(await connect(options.env), options, terminal);
  terminal.result(monthsJson(months), () => monthTable(months));
  if (months.some(({ status }) => status === 'failed')) process.exitCode = 1;
}

export async function runBackfill(
  to: Deployment,
  options: BackfillOptions,
  terminal: Terminal,
): Promise<readonly MonthOutcome[]> {
  if (options.maxConcurrency < 1 || options.maxConcurrency > MAX_CONCURRENCY) {
    throw new TripcastError(
      `--max-concurrency ${shown(options.maxConcurrency)} is not allowed`,
      `Give 1..${MAX_CONCURRENCY}; to Step Functions 0 means unlimited.`,
    );
  }
  const months = monthRange(options.from, options.to);
  const arn = await startExecution(to.output('BackfillArn'), {
    taxi_type: options.taxiType,
    from: options.from,
    to: options.to,
    run_id: options.runId,
    maxConcurrency: options.maxConcurrency,
    force: options.force,
    all: options.all,
  });
  const progress = terminal.progress(`backfill ${options.taxiType} ${options.from}..${options.to}`);
  const end = await followExecution(arn, () => progress.update(0, `running as ${executionName(arn)}`));
  if (end.outcome === 'failed' && end.error !== 'MonthsFailed') {
    throw new TripcastError(`${arn} failed: ${end.error}: ${end.cause}`, 'See `tripcast logs plan`.');
  }
  const done = resultSchema.parse(end.outcome === 'failed' ? JSON.parse(end.cause) : end.output).months;
  progress.done(`${done.length} months`);
  return months.map(
    (month) =>
      done.find((each) => each.month === month) ??
      withoutScore({ taxi_type: options.taxiType, month }, 'failed', 'No outcome came back.'),
  );
}
