import { arnOf, type Probe, type Resources, type Site } from '../probe.ts';
import { role } from '../site-template.ts';
import { hear, witness } from '../witness.ts';

/** A schedule that invokes a witness once. */
const once = (site: Site, id: string, localTime: string, timeZone: string, Input: string): Resources => ({
  ...witness(site, `${id}Target`),
  [`${id}Role`]: role('scheduler.amazonaws.com', [
    { Action: ['lambda:InvokeFunction'], Resource: arnOf(`${id}Target`) },
  ]),
  [`${id}Schedule`]: {
    Type: 'AWS::Scheduler::Schedule',
    Properties: {
      Name: `${site.prefix}-${id}`,
      ScheduleExpression: `at(${localTime})`,
      ScheduleExpressionTimezone: timeZone,
      FlexibleTimeWindow: { Mode: 'OFF' },
      Target: { Arn: arnOf(`${id}Target`), RoleArn: arnOf(`${id}Role`), Input },
    },
  },
});

const isoSeconds = (time: Date) => time.toISOString().slice(0, 19);

/** Swedish times are formatted like ISO 8601. */
const localSeconds = (time: Date, timeZone: string) => time.toLocaleString('sv', { timeZone }).replace(' ', 'T');

export const scheduledTime: Probe = {
  id: 'scheduler-scheduled-time',
  behavior: '`<aws.scheduler.scheduled-time>` in a schedule’s input is replaced by the scheduled time (ISO 8601, UTC).',
  docs: {
    title: 'Adding context attributes in EventBridge Scheduler',
    url: 'https://docs.aws.amazon.com/scheduler/latest/UserGuide/managing-schedule-context-attributes.html',
  },
  reliedOnBy: ['test/infra/batch.test.ts', 'lib/rooms/batch.ts', 'src/batch/plan.ts'],
  expected: { taxi_type: 'green', scheduledTime: 'the scheduled time' },
  resources: (site) => {
    const input = { taxi_type: 'green', scheduledTime: '<aws.scheduler.scheduled-time>' };
    return once(site, 'Keyword', isoSeconds(site.scheduledFor), 'UTC', JSON.stringify(input));
  },
  look: {
    async seen(bench) {
      const [input] = await hear(bench, 'KeywordTarget', (calls) => calls.length > 0);
      const text = JSON.stringify(input ?? null);
      return JSON.parse(text.replace(`${isoSeconds(bench.scheduledFor)}Z`, 'the scheduled time'));
    },
  },
};

const TIME_ZONE = 'Africa/Cairo';

export const timeZone: Probe = {
  id: 'scheduler-time-zone',
  behavior: 'A schedule’s time is interpreted in its own time zone: Cairo is two or three hours ahead of UTC.',
  docs: {
    title: 'Schedule types in EventBridge Scheduler',
    url: 'https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html',
  },
  reliedOnBy: ['test/infra/batch.test.ts', 'lib/rooms/batch.ts', 'env/prod.json'],
  expected: 'started on time',
  resources: (site) => once(site, 'Zone', localSeconds(site.scheduledFor, TIME_ZONE), TIME_ZONE, '{}'),
  look: {
    async seen(bench) {
      const calls = await hear(bench, 'ZoneTarget', (each) => each.length > 0);
      return calls.length > 0 ? 'started on time' : 'not started';
    },
  },
};
