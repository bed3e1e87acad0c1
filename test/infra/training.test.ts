import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { ENVIRONMENTS } from '#lib/config/environment-files.ts';
import { functionName } from '#lib/config/names.ts';
import { readDefinition } from '#lib/constructs/state-machine.ts';
import { gateLimitsSchema } from '#training/gate.ts';
import { synthesized } from './support/synthesized.ts';

const functionSchema = z.object({ Environment: z.object({ Variables: z.record(z.string(), z.unknown()) }) });

describe.each(ENVIRONMENTS)('training in %s', (env) => {
  const { config, resource } = synthesized(env);
  const variablesOf = (name: 'gate' | 'promote') =>
    functionSchema.parse(
      resource('AWS::Lambda::Function', ({ FunctionName }) => FunctionName === functionName(env, name))[1].Properties,
    ).Environment.Variables;

  test('passes the configured limits to the gate in the form that it reads', () => {
    const limits: unknown = JSON.parse(String(variablesOf('gate').GATE_LIMITS));
    expect(gateLimitsSchema.strict().parse(limits)).toEqual(config.gate);
  });

  test('has the memory and time that a boosted recipe on three months needs', () => {
    const { train, gate } = config.functions;
    expect(gate).toEqual(train); // the gate may have to refit the champion
    expect(train.timeoutSeconds).toBe(900);
    expect(train.memoryMb).toBeLessThanOrEqual(10_240);
  });

  test('deletes what waited for the gate after a week, including earlier versions', () => {
    const [, { Properties }] = resource('AWS::S3::Bucket', (each) => JSON.stringify(each).includes('rll-models-'));
    expect(Properties.LifecycleConfiguration).toMatchObject({
      Rules: [
        { AbortIncompleteMultipartUpload: { DaysAfterInitiation: 7 } },
        { Prefix: 'staging/', ExpirationInDays: 7, NoncurrentVersionExpiration: { NoncurrentDays: 7 } },
        { Id: 'old-versions' },
      ],
    });
  });
});

test('only a sound run is registered, and only one that passed the gate is promoted', () => {
  const functions = ['TrainFunction', 'GateFunction', 'RegisterFunction', 'PromoteFunction'];
  const machine = z
    .object({ States: z.record(z.string(), z.record(z.string(), z.unknown())) })
    .parse(JSON.parse(readDefinition('training', [...functions, 'NoticesTopic'])));
  const into = (state: string) =>
    Object.entries(machine.States).filter(([, each]) => JSON.stringify(each).includes(`"Next":"${state}"`));
  expect(into('Register').map(([name]) => name)).toEqual(['IsSound']);
  expect(into('Promote').map(([name]) => name)).toEqual(['IsToBePromoted']);
  expect(machine.States.IsToBePromoted).toMatchObject({
    Choices: [{ Condition: "{% $states.input.promote and $states.input.gate.outcome = 'passed' %}" }],
    Default: 'Done',
  });
  // Anything else that goes wrong is reported.
  const steps = Object.entries(machine.States).filter(([, { Type, Next }]) => Type === 'Task' && Next !== 'Failed');
  expect(steps.map(([name]) => name)).toEqual(['Train', 'Gate', 'Register', 'Promote']);
  for (const [, step] of steps) {
    expect(step.Catch).toMatchObject([{ ErrorEquals: ['States.ALL'], Next: 'NotifyFailure' }]);
  }
});
