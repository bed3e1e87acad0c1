import type { Bench, Documentation, Json, Probe } from '../probe.ts';
import { deployedExpression, machine, outputOf } from './a-machine.ts';

const JSONATA: Documentation = {
  title: 'Transforming data with JSONata in Step Functions',
  url: 'https://docs.aws.amazon.com/step-functions/latest/dg/transforming-data.html',
};

const pass = (Output: unknown) => ({ Type: 'Pass', Output, End: true });

export const scheduledTime: Probe = {
  id: 'states-plan-input',
  behavior:
    'Plan’s own expression ($merge, $exists, $contains with a regular expression) keeps a scheduled time and otherwise uses the execution’s start time (ISO 8601).',
  docs: JSONATA,
  reliedOnBy: ['test/integration/schedule.test.ts', 'stepfunctions/monthly-batch.asl.json'],
  expected: { time: '2023-05-15T00:00:00Z', keyword: 'the start time', none: 'the start time', others: 'kept' },
  resources: (site) =>
    machine(site, 'PlanInput', 'Plan', {
      Plan: pass({
        payload: deployedExpression('monthly-batch', ['Plan', 'Arguments', 'Payload']),
        start: '{% $states.context.Execution.StartTime %}',
      }),
    }),
  look: {
    async seen(bench) {
      const timeFor = async (input: { readonly [key: string]: Json }) => {
        const output = await outputOf(bench, 'PlanInput', { taxi_type: 'green', ...input });
        if (typeof output !== 'object' || output === null || Array.isArray(output))
          return { time: output, kept: false };
        const { payload, start } = output as { payload: { scheduledTime: string; taxi_type: string }; start: string };
        const isStart = payload.scheduledTime === start && /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d/.test(start);
        return { time: isStart ? 'the start time' : payload.scheduledTime, kept: payload.taxi_type === 'green' };
      };
      const time = await timeFor({ scheduledTime: '2023-05-15T00:00:00Z' });
      const keyword = await timeFor({ scheduledTime: '<aws.scheduler.scheduled-time>' });
      const none = await timeFor({});
      const others = [time, keyword, none].every(({ kept }) => kept) ? 'kept' : 'lost';
      return { time: time.time, keyword: keyword.time, none: none.time, others };
    },
  },
};

const EACH = ['EachMonth', 'ItemProcessor', 'States'] as const;

export const noteOfFailure: Probe = {
  id: 'states-failure-note',
  behavior:
    'MonthFailed’s own expression ($substring, $contains, $parse) extracts the message from a Lambda’s JSON cause and keeps a plain cause as it is.',
  docs: JSONATA,
  reliedOnBy: [
    'test/integration/backfill.test.ts',
    'stepfunctions/monthly-batch.asl.json',
    'stepfunctions/backfill.asl.json',
  ],
  expected: { json: 'TripcastError: no champion', plain: 'States.Timeout: too slow' },
  resources: (site) =>
    machine(site, 'FailureNote', 'Note', {
      Note: pass(deployedExpression('monthly-batch', [...EACH, 'MonthFailed', 'Output', 'note'])),
    }),
  look: {
    async seen(bench) {
      const cause = JSON.stringify({ errorType: 'TripcastError', errorMessage: 'no champion', trace: [] });
      return {
        json: await outputOf(bench, 'FailureNote', { Error: 'TripcastError', Cause: cause }),
        plain: await outputOf(bench, 'FailureNote', { Error: 'States.Timeout', Cause: 'too slow' }),
      };
    },
  },
};

export const mapSummary: Probe = {
  id: 'states-map-summary',
  behavior:
    'EachMonth’s own summary ($append, $count, a filter) works for zero, one and several months; a single month is still a list.',
  docs: JSONATA,
  reliedOnBy: [
    'test/integration/backfill.test.ts',
    'stepfunctions/monthly-batch.asl.json',
    'stepfunctions/backfill.asl.json',
  ],
  expected: {
    none: { months: [], failed: 0 },
    one: { months: [{ status: 'scored' }], failed: 0 },
    many: { months: [{ status: 'scored' }, { status: 'failed' }, { status: 'failed' }], failed: 2 },
  },
  resources: (site) =>
    machine(site, 'MapSummary', 'Each', {
      Each: {
        Type: 'Map',
        Items: '{% $states.input.months %}',
        ItemProcessor: {
          ProcessorConfig: { Mode: 'INLINE' },
          StartAt: 'Same',
          States: { Same: { Type: 'Pass', End: true } },
        },
        Output: deployedExpression('monthly-batch', ['EachMonth', 'Output']),
        End: true,
      },
    }),
  look: {
    async seen(bench) {
      const of = (...statuses: readonly string[]) =>
        outputOf(bench, 'MapSummary', { months: statuses.map((status) => ({ status })) });
      return { none: await of(), one: await of('scored'), many: await of('scored', 'failed', 'failed') };
    },
  },
};

export const causeOfMonths: Probe = {
  id: 'states-failed-cause',
  behavior: 'SomeFailed’s own cause ($join, $string, mapping over a filter) names each failed month.',
  docs: JSONATA,
  reliedOnBy: [
    'test/integration/backfill.test.ts',
    'stepfunctions/monthly-batch.asl.json',
    'stepfunctions/backfill.asl.json',
  ],
  expected: 'failed: MonthsFailed: 2 of 3 months failed: 2023-01 (no file); 2023-03 (no champion)',
  resources: (site) =>
    machine(site, 'FailedCause', 'SomeFailed', {
      SomeFailed: {
        Type: 'Fail',
        Error: 'MonthsFailed',
        Cause: deployedExpression('monthly-batch', ['SomeFailed', 'Cause']),
      },
    }),
  look: {
    seen: (bench) =>
      outputOf(bench, 'FailedCause', {
        failed: 2,
        months: [
          { month: '2023-01', status: 'failed', note: 'no file' },
          { month: '2023-02', status: 'scored', note: null },
          { month: '2023-03', status: 'failed', note: 'no champion' },
        ],
      }),
  },
};

export const causeLength: Probe = {
  id: 'states-cause-length',
  behavior: 'A Fail state’s cause of 30,000 characters is kept whole (the limit is 32,768).',
  docs: {
    title: 'StopExecution (AWS Step Functions API Reference), cause',
    url: 'https://docs.aws.amazon.com/step-functions/latest/apireference/API_StopExecution.html',
  },
  reliedOnBy: ['test/integration/backfill.test.ts', 'stepfunctions/monthly-batch.asl.json'],
  expected: 30_000,
  resources: (site) =>
    machine(site, 'LongCause', 'Stop', { Stop: { Type: 'Fail', Error: 'Long', Cause: '{% $states.input.cause %}' } }),
  look: {
    async seen(bench: Bench) {
      const answer = await outputOf(bench, 'LongCause', { cause: 'x'.repeat(30_000) });
      return typeof answer === 'string' ? answer.length - 'failed: Long: '.length : answer;
    },
  },
};

export const variables: Probe = {
  id: 'states-choice-assign',
  behavior:
    'A Choice assigns the variables of the matching rule, or its own for the default; later states can read and update them.',
  docs: {
    title: 'Passing data between states with variables',
    url: 'https://docs.aws.amazon.com/step-functions/latest/dg/workflow-variables.html',
  },
  reliedOnBy: ['test/integration/monthly.test.ts', 'stepfunctions/monthly-batch.asl.json'],
  expected: { present: { by: 'rule', asked: 1 }, absent: { by: 'default', asked: 3 } },
  resources: (site) =>
    machine(site, 'Variables', 'Present', {
      Present: {
        Type: 'Choice',
        Choices: [{ Condition: '{% $states.input.present %}', Assign: { by: 'rule', asked: 0 }, Next: 'Ask' }],
        Assign: { by: 'default', asked: 1 },
        Default: 'AskTwice',
      },
      AskTwice: { Type: 'Pass', Assign: { asked: '{% $asked + 1 %}' }, Next: 'Ask' },
      Ask: { Type: 'Pass', Assign: { asked: '{% $asked + 1 %}' }, Next: 'Tell' },
      Tell: pass({ by: '{% $by %}', asked: '{% $asked %}' }),
    }),
  look: {
    async seen(bench) {
      return {
        present: await outputOf(bench, 'Variables', { present: true }),
        absent: await outputOf(bench, 'Variables', { present: false }),
      };
    },
  },
};
