import { describe, expect, test } from 'vitest';
import { ENVIRONMENTS, functionName, LIVE_FUNCTIONS } from '../../lib/config.ts';
import { synthesized } from './support/synthesized.ts';

describe.each(ENVIRONMENTS)('in %s', (env) => {
  const { resource, resources } = synthesized(env);

  /** The logical ids of a function, the version of this deploy and the alias on it. */
  function rolledOut(name: (typeof LIVE_FUNCTIONS)[number]) {
    const [deployed] = resource(
      'AWS::Lambda::Function',
      ({ FunctionName }) => FunctionName === functionName(env, name),
    );
    const ofIt = ({ FunctionName }: Record<string, unknown>) =>
      JSON.stringify(FunctionName) === `{"Ref":"${deployed}"}`;
    return { alias: resource('AWS::Lambda::Alias', ofIt), version: resource('AWS::Lambda::Version', ofIt) };
  }

  test.each(LIVE_FUNCTIONS)('%s is live by its alias, and what was live before is kept', (name) => {
    const { alias, version } = rolledOut(name);
    expect(alias[1].Properties).toMatchObject({
      Name: 'live',
      FunctionVersion: { 'Fn::GetAtt': [version[0], 'Version'] },
    });
    // A version of a deploy that failed goes with it: the same code could not be deployed again while it is there.
    expect(version[1]).toMatchObject({ DeletionPolicy: 'RetainExceptOnCreate', UpdateReplacePolicy: 'Retain' });
  });

  test('the stream and the API call the aliases, not the code of the last deploy', () => {
    const [, { Properties: mapping }] = resource('AWS::Lambda::EventSourceMapping');
    expect(mapping.FunctionName).toEqual({ Ref: rolledOut('stream-score').alias[0] });
    const [, { Properties: integration }] = resource('AWS::ApiGatewayV2::Integration');
    const predict = { Ref: rolledOut('predict').alias[0] };
    expect(integration.IntegrationUri).toEqual(predict);
    const permissions = [...resources('AWS::Lambda::Permission').values()];
    expect(permissions.map(({ Properties }) => Properties.FunctionName)).toEqual([predict, predict]);
  });
});
