import { execFile } from 'node:child_process';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { DescribeExecutionCommand, ListExecutionsCommand, SFNClient } from '@aws-sdk/client-sfn';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { followExecution } from '#adapters/step-functions.ts';
import { monthOutcomesSchema } from '#batch/outcome.ts';
import { connect } from '#cli/context.ts';
import { systemClock } from '#clock.ts';
import { CHECKS_PYTHON } from '#setup/paths.mjs';
import { publishFrom, registerRun } from '../support/deployed.ts';
import { serverOf } from '../support/tlc-server.ts';

const sfn = new SFNClient({});

/** The AWS command line, since the project itself never speaks to the Scheduler. */
async function scheduler(...words: readonly string[]): Promise<unknown> {
  const aws = join(dirname(CHECKS_PYTHON), 'aws');
  const { stdout } = await promisify(execFile)(CHECKS_PYTHON, [aws, 'scheduler', ...words, '--output', 'json']);
  return JSON.parse(stdout || 'null');
}

const scheduleSchema = z.object({ Target: z.looseObject({ Arn: z.string(), Input: z.string() }) });

test('a schedule starts the monthly state machine, which scores the month that is due and looks for owed ones', async () => {
  const to = await connect('dev');
  const run = await registerRun(to);
  const asked: Record<string, number> = {};
  const source = await serverOf((request, response) => {
    const month = /_(\d{4}-\d{2})\.parquet$/.exec(request.url ?? '')?.[1] ?? '';
    asked[month] = (asked[month] ?? 0) + 1;
    response.writeHead(404).end();
  });
  await publishFrom(source);

  // The deployed schedule, but for its time, and with a run, since other tests' champion may be there or not.
  const { Target } = scheduleSchema.parse(await scheduler('get-schedule', '--name', 'tripcast-dev-monthly-batch'));
  const input = { ...JSON.parse(Target.Input), run_id: run };
  await scheduler(
    ...['create-schedule', '--name', 'now', '--flexible-time-window', 'Mode=OFF'],
    ...['--schedule-expression', `at(${new Date().toISOString().slice(0, 19)})`],
    ...['--target', JSON.stringify({ ...Target, Input: JSON.stringify(input) })],
  );

  const arn = await executionWith(Target.Arn, run);
  const end = await followExecution(arn, () => {});
  const { months } = monthOutcomesSchema.parse(end.outcome === 'succeeded' && end.output);
  const lastMonth = monthBefore(new Date(), 'Africa/Cairo');
  expect(months.at(-1)).toMatchObject({ taxi_type: 'green', month: lastMonth, status: 'not-published' });
  // Six owed months once each, and the scheduled one for 25 days.
  expect(Object.values(asked).sort((a, b) => a - b)).toEqual([1, 1, 1, 1, 1, 1, 25]);
  expect(asked[lastMonth]).toBe(25);
  await scheduler('delete-schedule', '--name', 'now');
  sfn.destroy();
});

/** The execution that was started with the run. */
async function executionWith(stateMachineArn: string, run: string): Promise<string> {
  for (const end = Date.now() + 60_000; Date.now() < end; await systemClock.sleep(200)) {
    const { executions = [] } = await sfn.send(new ListExecutionsCommand({ stateMachineArn }));
    for (const { executionArn = '' } of executions) {
      const { input = '' } = await sfn.send(new DescribeExecutionCommand({ executionArn }));
      if (input.includes(run)) return executionArn;
    }
  }
  throw new Error('The schedule started nothing.');
}

/** Reckoned apart from src/trips/month.ts: the last day of the month before, as Swedes write days. */
function monthBefore(now: Date, timeZone: string): string {
  const [year = Number.NaN, month = Number.NaN] = now.toLocaleDateString('sv', { timeZone }).split('-').map(Number);
  return new Date(Date.UTC(year, month - 1, 0)).toISOString().slice(0, 7);
}
