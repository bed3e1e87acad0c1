import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  CreateStateMachineCommand,
  DeleteStateMachineCommand,
  DescribeStateMachineCommand,
  SFNClient,
} from '@aws-sdk/client-sfn';
import { afterAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { followExecution, startExecution } from '#adapters/step-functions.ts';
import { connect } from '#cli/context.ts';
import { CLONE } from '#setup/paths.mjs';

// The states that say why a month failed, as they are in the definitions; a Pass state stands for the function that fails.

const statesSchema = z.record(z.string(), z.record(z.string(), z.unknown()));
const machineSchema = z.object({
  QueryLanguage: z.literal('JSONata'),
  States: z.object({
    EachMonth: z.looseObject({ ItemProcessor: z.looseObject({ States: statesSchema }) }),
    Summary: z.unknown(),
    AllDone: z.unknown(),
    SomeFailed: z.unknown(),
  }),
});

const sfn = new SFNClient({});
const made: string[] = [];

afterAll(async () => {
  for (const stateMachineArn of made) await sfn.send(new DeleteStateMachineCommand({ stateMachineArn }));
  sfn.destroy();
});

/** The state machine from EachMonth on; each month fails as its item says. */
async function failing(name: string): Promise<string> {
  const file = readFileSync(join(CLONE, 'stepfunctions', `${name}.asl.json`), 'utf8');
  const { States, ...machine } = machineSchema.parse(JSON.parse(file));
  const { MonthFailed } = States.EachMonth.ItemProcessor.States;
  const { Next: _, ...last } = MonthFailed ?? {};
  const definition = {
    ...machine,
    StartAt: 'EachMonth',
    States: {
      ...States,
      EachMonth: {
        ...States.EachMonth,
        MaxConcurrency: 1,
        ItemProcessor: {
          ...States.EachMonth.ItemProcessor,
          StartAt: 'Score',
          States: {
            Score: {
              Type: 'Pass',
              Assign: { job: '{% $states.input %}' },
              Output: '{% $states.input.error %}',
              Next: 'MonthFailed',
            },
            MonthFailed: { ...last, End: true },
          },
        },
      },
    },
  };
  const deployed = (await connect('dev')).output('BackfillArn');
  const { roleArn } = await sfn.send(new DescribeStateMachineCommand({ stateMachineArn: deployed }));
  const { stateMachineArn = '' } = await sfn.send(
    new CreateStateMachineCommand({ name: `failed-month-${name}`, definition: JSON.stringify(definition), roleArn }),
  );
  made.push(stateMachineArn);
  return stateMachineArn;
}

const MESSAGE = 'The month 2023-04 has no column "tpep_pickup_datetime":\n\tÉtat \\ 100% { of it }';
/** As Lambda reports an error of Node's. */
const WHOLE = JSON.stringify({ errorType: 'TripcastError', errorMessage: MESSAGE, trace: ['at score (index.js:1:1)'] });
const MESSAGE_START = WHOLE.indexOf('"errorMessage":"') + '"errorMessage":"'.length;

describe.each(['monthly-batch', 'backfill'])('%s names a month that failed', (name) => {
  test('with its reason, whatever the cause looks like and wherever it was cut off', async () => {
    const end = WHOLE.indexOf('","trace"');
    const cuts = Array.from({ length: end - MESSAGE_START }, (_, i) => WHOLE.slice(0, MESSAGE_START + i));
    const causes: readonly (readonly [cause: string, reason: string])[] = [
      [WHOLE, MESSAGE],
      [WHOLE.slice(0, -3), MESSAGE],
      ['{"errorMessage":"', ''],
      ['{"errorType":"Runtime.ExitError","errorMe', '{"errorType":"Runtime.ExitError","errorMe'],
      ['{"errorMessage":null}', '{"errorMessage":null}'],
      ['Task timed out after 900.00 seconds', 'Task timed out after 900.00 seconds'],
      ['', ''],
      [JSON.stringify({ errorMessage: 'x'.repeat(40_000) }).slice(0, 32_768), 'x'.repeat(485)],
      ...cuts.map((cut) => [cut, reasonIn(cut)] as const),
    ];
    const months = causes.map(([cause], i) => ({
      taxi_type: 'green',
      month: `month-${i}`,
      error: { Error: 'TripcastError', Cause: cause },
    }));
    const ended = await followExecution(await startExecution(await failing(name), { months }), () => {});
    expect(ended).toMatchObject({ outcome: 'failed', error: 'MonthsFailed' });
    const said = ended.outcome === 'failed' ? ended.cause : '';
    expect(said).toMatch(new RegExp(`^${months.length} of ${months.length} months failed: `));
    for (const [i, [, reason]] of causes.entries()) expect(said).toContain(`month-${i} (TripcastError: ${reason})`);
  });
});

/** The message of a cause that was cut somewhere in it: all of it that is whole. */
function reasonIn(cut: string): string {
  const [whole = ''] = /^([^\\]|\\[^u]|\\u[0-9a-f]{4})*/i.exec(cut.slice(MESSAGE_START)) ?? [];
  return JSON.parse(`"${whole}"`);
}
