import { CloudWatchLogsClient, FilterLogEventsCommand } from '@aws-sdk/client-cloudwatch-logs';
import { GetCallerIdentityCommand } from '@aws-sdk/client-sts';
import { invokeFunction } from '#adapters/lambda.ts';
import type { Probe } from '../probe.ts';
import { until } from '../wait.ts';
import { witness } from '../witness.ts';

export const callerIdentity: Probe = {
  id: 'sts-caller-identity',
  behavior: 'GetCallerIdentity needs no permissions and returns the account in which resources are created.',
  docs: {
    title: 'GetCallerIdentity (AWS Security Token Service API Reference)',
    url: 'https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html',
  },
  reliedOnBy: ['test/integration/whole-system.test.ts', 'src/cli/account.ts'],
  expected: { digits: 12, isThatOfResources: true },
  resources: () => ({ IdentityTopic: { Type: 'AWS::SNS::Topic' } }),
  look: {
    async seen({ sts, idOf }) {
      const { Account = '' } = await sts.send(new GetCallerIdentityCommand({}));
      return { digits: Account.length, isThatOfResources: idOf('IdentityTopic').split(':')[4] === Account };
    },
  },
};

export const logLines: Probe = {
  id: 'logs-filter-events',
  behavior: 'FilterLogEvents returns the lines a function printed, each with a unique event id.',
  docs: {
    title: 'FilterLogEvents (Amazon CloudWatch Logs API Reference)',
    url: 'https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_FilterLogEvents.html',
  },
  reliedOnBy: ['test/integration/whole-system.test.ts', 'src/adapters/logs.ts'],
  expected: { lines: ['first', 'second'], ids: 'unique' },
  resources: (site) => witness(site, 'Talker', { body: "console.log('LINE first'); console.log('LINE second');" }),
  look: {
    async seen(bench) {
      const logs = new CloudWatchLogsClient({});
      await invokeFunction(bench.idOf('Talker'), {});
      const logGroupName = `/aws/lambda/${bench.idOf('Talker')}`;
      const look = async () => {
        const { events = [] } = await logs.send(new FilterLogEventsCommand({ logGroupName, startTime: 0 }));
        return events.filter(({ message = '' }) => message.includes('LINE '));
      };
      const found = await until(bench, look, (lines) => lines.length >= 2);
      logs.destroy();
      const ids = new Set(found.map(({ eventId }) => eventId));
      return {
        lines: found.map(({ message = '' }) => message.slice(message.indexOf('LINE ') + 'LINE '.length).trim()),
        ids: ids.size === found.length && !ids.has(undefined) ? 'unique' : 'missing',
      };
    },
  },
};
