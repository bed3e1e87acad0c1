import { z } from 'zod';
import { arnOf, type Probe, type Resources, ref, type Site } from '../probe.ts';
import { hear, permission, witness } from '../witness.ts';
import { machine, run } from './a-machine.ts';

/** A topic with a witness as subscriber. */
export const topicWith = (site: Site, id: string): Resources => ({
  ...witness(site, `${id}Reader`),
  ...permission(`${id}Reader`, 'sns.amazonaws.com'),
  [`${id}Topic`]: { Type: 'AWS::SNS::Topic', Properties: { TopicName: `${site.prefix}-${id}` } },
  [`${id}Subscription`]: {
    Type: 'AWS::SNS::Subscription',
    DependsOn: [`${id}ReaderPermission`],
    Properties: { TopicArn: ref(`${id}Topic`), Protocol: 'lambda', Endpoint: arnOf(`${id}Reader`) },
  },
});

const noticeSchema = z.object({
  Records: z.array(z.object({ Sns: z.object({ Subject: z.string().nullish(), Message: z.string() }) })),
});

export const messagesOf = (calls: readonly unknown[]) =>
  calls.flatMap((call) => noticeSchema.parse(call).Records.map(({ Sns }) => Sns));

export const notice: Probe = {
  id: 'states-sns-publish',
  behavior:
    'A state can publish to SNS directly, and the subscriber receives the Subject and Message that the expressions produced.',
  docs: {
    title: 'Publish messages to Amazon SNS with Step Functions',
    url: 'https://docs.aws.amazon.com/step-functions/latest/dg/connect-sns.html',
  },
  reliedOnBy: ['test/integration/alarms.test.ts', 'stepfunctions/monthly-batch.asl.json'],
  expected: {
    Subject: 'tripcast: green 2023-04 scored',
    Message: { taxi_type: 'green', month: '2023-04', status: 'scored' },
  },
  resources: (site) => ({
    ...topicWith(site, 'Notice'),
    ...machine(site, 'Notify', 'Notify', {
      Notify: {
        Type: 'Task',
        Resource: 'arn:aws:states:::sns:publish',
        Arguments: {
          TopicArn: '{% $states.input.topic %}',
          Subject:
            "{% 'tripcast: ' & $states.input.job.taxi_type & ' ' & $states.input.job.month & ' ' & $states.input.job.status %}",
          Message: '{% $string($states.input.job) %}',
        },
        End: true,
      },
    }),
  }),
  look: {
    async seen(bench) {
      const job = { taxi_type: 'green', month: '2023-04', status: 'scored' };
      await run(bench, 'Notify', { topic: bench.idOf('NoticeTopic'), job });
      const [first] = messagesOf(await hear(bench, 'NoticeReader', (calls) => calls.length > 0));
      return { Subject: first?.Subject ?? null, Message: first === undefined ? null : JSON.parse(first.Message) };
    },
  },
};
