import {
  GetAliasCommand,
  GetFunctionConfigurationCommand,
  PublishVersionCommand,
  UpdateAliasCommand,
  UpdateFunctionConfigurationCommand,
} from '@aws-sdk/client-lambda';
import { type Bench, type Documentation, type Probe, ref } from '../probe.ts';
import { refusal, until } from '../wait.ts';
import { witness } from '../witness.ts';
import { call, LANE } from './a-function.ts';

const VERSIONS: Documentation = {
  title: 'Manage Lambda function versions',
  url: 'https://docs.aws.amazon.com/lambda/latest/dg/configuration-versions.html',
};

/** Changes a variable and waits for the update to finish. */
async function setVariable(bench: Bench, id: string, value: string): Promise<void> {
  const FunctionName = bench.idOf(id);
  const Environment = { Variables: { SAYS: value } };
  await bench.lambda.send(new UpdateFunctionConfigurationCommand({ FunctionName, Environment }));
  const status = async () =>
    (await bench.lambda.send(new GetFunctionConfigurationCommand({ FunctionName }))).LastUpdateStatus;
  await until(bench, status, (seen) => seen === undefined || seen === 'Successful');
}

const says = (text: string) => ({
  properties: { Environment: { Variables: { SAYS: text } } },
  body: 'return process.env.SAYS;',
});

export const alias: Probe = {
  id: 'lambda-alias',
  behavior:
    'An alias keeps invoking its version while the function changes, can be moved forward and back, and cannot be moved with a stale RevisionId (412).',
  docs: {
    title: 'Create an alias for a Lambda function',
    url: 'https://docs.aws.amazon.com/lambda/latest/dg/configuration-aliases.html',
  },
  reliedOnBy: ['test/unit/operations/rollout.test.ts', 'src/adapters/lambda.ts', 'lib/constructs/tripcast-function.ts'],
  expected: { pinned: 'one', latest: 'two', moved: 'two', stale: '412 PreconditionFailedException', back: 'one' },
  resources: (site) => ({
    ...witness(site, 'Aliased', says('one')),
    AliasedVersion: { Type: 'AWS::Lambda::Version', Properties: { FunctionName: ref('Aliased') } },
    AliasedLive: {
      Type: 'AWS::Lambda::Alias',
      Properties: {
        Name: 'live',
        FunctionName: ref('Aliased'),
        FunctionVersion: { 'Fn::GetAtt': ['AliasedVersion', 'Version'] },
      },
    },
  }),
  lane: LANE,
  look: {
    async seen(bench) {
      const which = { FunctionName: bench.idOf('Aliased'), Name: 'live' };
      await setVariable(bench, 'Aliased', 'two');
      const { answer: pinned } = await call(bench, 'Aliased', 'live');
      const { answer: latest } = await call(bench, 'Aliased');
      const { Version = '' } = await bench.lambda.send(new PublishVersionCommand({ FunctionName: which.FunctionName }));
      const { RevisionId, FunctionVersion } = await bench.lambda.send(new GetAliasCommand(which));
      const move = (version: string | undefined, RevisionId?: string) =>
        bench.lambda.send(new UpdateAliasCommand({ ...which, FunctionVersion: version, RevisionId }));
      await move(Version, RevisionId);
      const { answer: moved } = await call(bench, 'Aliased', 'live');
      const stale = await refusal(move(FunctionVersion, RevisionId));
      await move(FunctionVersion);
      return { pinned, latest, moved, stale, back: (await call(bench, 'Aliased', 'live')).answer };
    },
  },
};

export const publishUnchanged: Probe = {
  id: 'lambda-publish-unchanged',
  behavior: 'Publishing an unchanged function returns the existing version instead of creating one.',
  docs: VERSIONS,
  reliedOnBy: ['test/infra/rollout.test.ts', 'lib/constructs/tripcast-function.ts'],
  expected: { again: 'the same', changed: 'another' },
  resources: (site) => witness(site, 'Published', says('one')),
  lane: LANE,
  look: {
    async seen(bench) {
      const publish = () => bench.lambda.send(new PublishVersionCommand({ FunctionName: bench.idOf('Published') }));
      const { Version: first } = await publish();
      const { Version: again } = await publish();
      await setVariable(bench, 'Published', 'two');
      const { Version: changed } = await publish();
      return { again: again === first ? 'the same' : 'another', changed: changed === first ? 'the same' : 'another' };
    },
  },
};
