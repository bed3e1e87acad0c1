import { type ExecutionEnd, executionFailed, executionOutputs } from '#adapters/step-functions.ts';
import { MONTHS_FAILED, type MonthOutcome, monthOutcomesSchema } from '#batch/outcome.ts';

/**
 * The results of the months of a finished execution, of either state machine.
 * @throws TripcastError when it failed before its first month
 */
export async function outcomesOf(executionArn: string, end: ExecutionEnd): Promise<readonly MonthOutcome[]> {
  if (end.outcome === 'succeeded') return monthOutcomesSchema.parse(end.output).months;
  if (end.error === MONTHS_FAILED) {
    const tables = (await Array.fromAsync(executionOutputs(executionArn))).flatMap(
      (output) => monthOutcomesSchema.safeParse(output).data ?? [],
    );
    return tables.at(-1)?.months ?? [];
  }
  throw executionFailed(executionArn, end, 'plan');
}

/** Whether someone has to look at it; a month that is not published is nobody's fault. */
export const needsAttention = ({ status }: MonthOutcome) => status === 'failed' || status === 'refused';
