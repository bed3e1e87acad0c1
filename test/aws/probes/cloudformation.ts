import { CreateStackCommand, DeleteStackCommand } from '@aws-sdk/client-cloudformation';
import { describeStack } from '#adapters/cloudformation.ts';
import type { Bench, Probe } from '../probe.ts';
import { secondStack, TAG } from '../stack.ts';
import { refusal, until } from '../wait.ts';

const SMALL = JSON.stringify({ Resources: { Topic: { Type: 'AWS::SNS::Topic' } } });

export const protectedStack: Probe = {
  id: 'stack-termination-protection',
  behavior: 'A stack with termination protection cannot be deleted and stays unchanged.',
  docs: {
    title: 'Protect CloudFormation stacks from being deleted',
    url: 'https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/using-cfn-protect-stacks.html',
  },
  reliedOnBy: ['test/infra/stack.test.ts', 'src/cli/commands/destroy.ts'],
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
      const after = await until(bench, look, (stack) => !stack?.status.endsWith('_IN_PROGRESS'));
      return { protected: made?.isProtected ?? false, deletion, after: after?.status ?? 'gone' };
    },
  },
};
