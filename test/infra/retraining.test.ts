import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { ENVIRONMENTS } from '#lib/config/environment-files.ts';
import { loadConfig } from '#lib/config/load.ts';
import { functionName } from '#lib/config/names.ts';
import { readDefinition } from '#lib/constructs/state-machine.ts';
import { retrainOnSchema } from '#monitoring/retraining.ts';
import { retrainPolicySchema } from '#retraining/policy.ts';
import { synthesize, synthesized } from './support/synthesized.ts';

const functionSchema = z.object({ Environment: z.object({ Variables: z.record(z.string(), z.unknown()) }) });
const stateSchema = z.record(z.string(), z.unknown());
const statesSchema = z.record(z.string(), stateSchema);

const PLACEHOLDERS = ['Retrain', 'Train', 'Gate', 'Register', 'Promote'].map((name) => `${name}Function`);
const definition = z
  .object({ States: statesSchema })
  .parse(JSON.parse(readDefinition('retraining', [...PLACEHOLDERS, 'NoticesTopic'])));
const ofEach = z.object({ ItemProcessor: z.object({ States: statesSchema }) }).parse(definition.States.EachCandidate)
  .ItemProcessor.States;
const training = z
  .object({ States: statesSchema })
  .parse(
    JSON.parse(
      readDefinition('training', [...PLACEHOLDERS.filter((name) => name !== 'RetrainFunction'), 'NoticesTopic']),
    ),
  ).States;

const into = (states: Readonly<Record<string, unknown>>, state: string) =>
  Object.entries(states)
    .filter(([, each]) =>
      JSON.stringify(each)
        .match(/"(Next|Default)":"\w+"/g)
        ?.some((arrow) => arrow.endsWith(`"${state}"`)),
    )
    .map(([name]) => name);

describe('a candidate of a retraining', () => {
  test.each(['Train', 'Gate', 'Register'])('is treated by %s as by the training state machine', (name) => {
    const { Retry, Resource } = training[name] ?? {};
    expect(ofEach[name]).toMatchObject({ Retry, Resource });
  });

  test('is registered if it is sound, and whatever goes wrong with it is its own outcome', () => {
    expect(into(ofEach, 'Register')).toEqual(['IsSound']);
    expect(into(ofEach, 'CandidateFailed')).toEqual(['Train', 'Gate', 'Register']);
  });

  test('is promoted only if the policy says so and it is the best that passed', () => {
    expect(into(definition.States, 'Promote')).toEqual(['IsToBePromoted']);
    expect(definition.States.IsToBePromoted).toMatchObject({
      Choices: [{ Condition: "{% $plan.promote = 'best' and $choice.best != null %}" }],
      Default: 'Conclude',
    });
    const { Retry } = training.Promote ?? {};
    expect(definition.States.Promote).toMatchObject({ Retry });
  });

  test('is reported however the retraining ends', () => {
    expect(into(definition.States, 'Notify')).toEqual(['Conclude']);
    expect(into(definition.States, 'Conclude')).toEqual(['AnyCandidates', 'IsToBePromoted', 'Promote']);
    expect(into(definition.States, 'NotifyFailure')).toEqual(['Plan', 'Choose', 'Promote', 'Conclude']);
  });
});

describe.each(ENVIRONMENTS)('retraining in %s', (env) => {
  const { config, resource, resources, template } = synthesized(env);
  const variablesOf = (name: 'retrain' | 'monitor') =>
    functionSchema.parse(
      resource('AWS::Lambda::Function', ({ FunctionName }) => FunctionName === functionName(env, name))[1].Properties,
    ).Environment.Variables;

  test('passes the policy to the functions in the form that they read', () => {
    const { on, ...policy } = config.retrain;
    expect(retrainPolicySchema.parse(JSON.parse(String(variablesOf('retrain').RETRAIN)))).toEqual(policy);
    expect(retrainOnSchema.parse(JSON.parse(String(variablesOf('monitor').RETRAIN_ON)))).toEqual(on);
  });

  test('is started by nothing, and nobody may ask for it', () => {
    expect(config.retrain.on).toEqual([]);
    expect(resources('AWS::Events::Rule').size).toBe(0);
    expect(JSON.stringify(template.toJSON())).not.toContain('events:PutEvents"');
  });
});

describe('a retraining after each month, and after one that harmed', () => {
  const dev = loadConfig('dev');
  const { resource, template } = synthesize({ ...dev, retrain: { ...dev.retrain, on: ['month', 'harm'] } });

  test('is started by a rule for events of this environment alone, with the request in the event', () => {
    const [, { Properties }] = resource('AWS::Events::Rule');
    const [machine] = resource(
      'AWS::StepFunctions::StateMachine',
      ({ StateMachineName }) => StateMachineName === 'tripcast-dev-retraining',
    );
    expect(Properties).toMatchObject({
      EventPattern: {
        source: ['tripcast'],
        'detail-type': ['Month scored', 'Model harmed'],
        detail: { environment: ['dev'] },
      },
      Targets: [
        {
          Arn: { Ref: machine },
          InputPath: '$.detail.retraining',
          DeadLetterConfig: { Arn: { 'Fn::GetAtt': [resource('AWS::SQS::Queue')[0], 'Arn'] } },
        },
      ],
    });
  });

  test('is asked for by the monthly state machine, which may put events on the default bus', () => {
    const text = JSON.stringify(template.findResources('AWS::IAM::Policy'));
    expect(text.match(/events:PutEvents/g)).toHaveLength(1);
    expect(text).toContain('event-bus/default');
  });
});
