import { arnOf, type Probe, type Resources, type Site } from '../probe.ts';
import { role } from '../site-template.ts';
import { hear, witness } from '../witness.ts';
import { invoke, machine, run } from './a-machine.ts';

/** A rule on the default bus that starts a machine, which hands its input to a witness. */
const startsMachine = (site: Site, id: string, EventPattern: object, target: object): Resources => ({
  ...witness(site, `${id}Witness`),
  ...machine(site, `${id}Started`, 'Tell', { Tell: invoke(site, `${id}Witness`, { End: true }) }),
  [`${id}Role`]: role('events.amazonaws.com', [{ Action: ['states:StartExecution'], Resource: arnOf(`${id}Started`) }]),
  [`${id}Rule`]: {
    Type: 'AWS::Events::Rule',
    Properties: {
      Name: `${site.prefix}-${id}`,
      EventPattern,
      Targets: [{ Id: 'machine', Arn: arnOf(`${id}Started`), RoleArn: arnOf(`${id}Role`), ...target }],
    },
  },
});

export const startsTraining: Probe = {
  id: 'events-start-machine',
  behavior:
    'A state can put an event on the default bus, and a rule that matches its detail starts a state machine with a part of the event as its input.',
  docs: {
    title: 'Amazon EventBridge event bus targets (Step Functions state machine)',
    url: 'https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-targets.html',
  },
  reliedOnBy: [
    'test/integration/monitoring.test.ts',
    'lib/rooms/retraining.ts',
    'stepfunctions/monthly-batch.asl.json',
  ],
  expected: [{ recipe: 'zone-map', months: ['2023-04'] }],
  resources: (site) => ({
    ...startsMachine(
      site,
      'Asked',
      { source: [site.prefix], 'detail-type': ['Model harmed'], detail: { environment: ['mine'] } },
      { InputPath: '$.detail.training' },
    ),
    ...machine(site, 'Ask', 'Put', {
      Put: {
        Type: 'Task',
        Resource: 'arn:aws:states:::events:putEvents',
        Arguments: {
          Entries: [
            {
              Source: site.prefix,
              DetailType: 'Model harmed',
              Detail: "{% $merge([$states.input, {'environment': 'another'}]) %}",
            },
            {
              Source: site.prefix,
              DetailType: 'Model harmed',
              Detail: "{% $merge([$states.input, {'environment': 'mine'}]) %}",
            },
          ],
        },
        End: true,
      },
    }),
  }),
  look: {
    async seen(bench) {
      await run(bench, 'Ask', { training: { recipe: 'zone-map', months: ['2023-04'] } });
      return JSON.parse(JSON.stringify(await hear(bench, 'AskedWitness', (calls) => calls.length > 0)));
    },
  },
};
