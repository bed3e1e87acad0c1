import { CreateStackCommand, DeleteStackCommand, UpdateStackCommand } from '@aws-sdk/client-cloudformation';
import { describeStack } from '../../../src/adapters/cloudformation.ts';
import { type Bench, type Probe, ref } from '../probe.ts';
import { secondStack, TAG } from '../stack.ts';
import { refusal, until } from '../wait.ts';

export const parameter: Probe = {
  id: 'stack-parameter',
  behavior:
    'An update that reuses the template changes one parameter; parameters with UsePreviousValue keep their values, and the outputs follow.',
  docs: {
    title: 'UpdateStack (AWS CloudFormation API Reference)',
    url: 'https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_UpdateStack.html',
  },
  reliedOnBy: ['test/integration/whole-system.test.ts', 'src/adapters/cloudformation.ts', 'src/cli/context.ts'],
  expected: {
    status: 'UPDATE_COMPLETE',
    parameters: { Spoken: 'second', Kept: 'given' },
    outputs: { Spoken: 'second', Kept: 'given' },
  },
  // CloudFormation does not update outputs alone: a resource must change too.
  resources: () => ({ SpokenTopic: { Type: 'AWS::SNS::Topic', Properties: { DisplayName: ref('Spoken') } } }),
  look: {
    async seen(bench) {
      const { stack, cloudFormation } = bench;
      await cloudFormation.send(
        new UpdateStackCommand({
          StackName: stack,
          UsePreviousTemplate: true,
          Capabilities: ['CAPABILITY_IAM'],
          Parameters: [
            { ParameterKey: 'Spoken', ParameterValue: 'second' },
            { ParameterKey: 'Kept', UsePreviousValue: true },
          ],
        }),
      );
      const look = () => describeStack(stack, cloudFormation);
      const found = await until(bench, look, (seen) => seen?.status.endsWith('_IN_PROGRESS') === false);
      const of = ({ Spoken = null, Kept = null }: Readonly<Record<string, string | null>> = {}) => ({ Spoken, Kept });
      return { status: found?.status ?? null, parameters: of(found?.parameters), outputs: of(found?.outputs) };
    },
  },
};

const SMALL = JSON.stringify({ Resources: { Topic: { Type: 'AWS::SNS::Topic' } } });

export const protectedStack: Probe = {
  id: 'stack-termination-protection',
  behavior: 'A stack with termination protection cannot be deleted and stays unchanged.',
  docs: {
    title: 'Protect CloudFormation stacks from being deleted',
    url: 'https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/using-cfn-protect-stacks.html',
  },
  reliedOnBy: ['test/infra/stack.test.ts', 'src/cli/destroy.ts'],
  expected: { protected: true, deletion: '400 ValidationError', after: 'CREATE_COMPLETE' },
  look: {
    async seen(bench: Bench) {
      const { cloudFormation, prefix } = bench;
      const StackName = secondStack(prefix);
      const Tags = [{ Key: TAG, Value: prefix }];
      await cloudFormation.send(
        new CreateStackCommand({ StackName, TemplateBody: SMALL, Tags, EnableTerminationProtection: true }),
      );
      const look = () => describeStack(StackName, cloudFormation);
      const made = await until(bench, look, (stack) => stack?.status === 'CREATE_COMPLETE');
      const deletion = await refusal(cloudFormation.send(new DeleteStackCommand({ StackName })));
      return { protected: made?.isProtected ?? false, deletion, after: (await look())?.status ?? 'gone' };
    },
  },
};
