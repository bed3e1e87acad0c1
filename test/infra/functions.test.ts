import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { ENVIRONMENTS } from '#lib/config/environment-files.ts';
import { FUNCTIONS } from '#lib/config/functions.ts';
import { loadConfig } from '#lib/config/load.ts';
import { functionName } from '#lib/config/names.ts';
import type { Config } from '#lib/config/schema.ts';
import { NEW_ACCOUNT_MEMORY_MB } from '#operations/quotas.ts';
import { synthesize, synthesized } from './support/synthesized.ts';

describe.each(ENVIRONMENTS)('the functions of %s', (env) => {
  const { config, resources, resource } = synthesized(env);
  const byName = (name: string) => resource('AWS::Lambda::Function', ({ FunctionName }) => FunctionName === name);

  test('are the folders of lambdas/', () => {
    expect(resources('AWS::Lambda::Function').size).toBe(FUNCTIONS.length);
  });

  test.each(FUNCTIONS)('%s has its configured size, its own log, and tracing', (name) => {
    const deployed = functionName(env, name);
    const [, { Properties }] = byName(deployed);
    const { memoryMb, timeoutSeconds, storageMb } = config.functions[name];
    expect(Properties).toMatchObject({
      MemorySize: memoryMb,
      Timeout: timeoutSeconds,
      EphemeralStorage: { Size: storageMb },
      TracingConfig: { Mode: 'Active' },
      Environment: {
        Variables: { TRIPCAST_ENV: env, POWERTOOLS_SERVICE_NAME: name, POWERTOOLS_METRICS_NAMESPACE: 'tripcast' },
      },
    });
    const [logs, { Properties: log }] = resource(
      'AWS::Logs::LogGroup',
      (each) => each.LogGroupName === `/aws/lambda/${deployed}`,
    );
    expect(Properties.LoggingConfig).toEqual({ LogGroup: { Ref: logs } });
    expect(log.RetentionInDays).toBe(config.logs.retentionDays);
  });

  test.each(FUNCTIONS)('%s is created after its permissions, which an event source checks immediately', (name) => {
    const [, { DependsOn }] = byName(functionName(env, name));
    expect(DependsOn).toContainEqual(expect.stringMatching(/RoleDefaultPolicy/));
  });

  test('know the streams and buckets that they were granted', () => {
    const variables = z.object({ Environment: z.object({ Variables: z.record(z.string(), z.unknown()) }) });
    const names = Object.fromEntries(
      FUNCTIONS.map((name) => {
        const { Variables } = variables.parse(byName(functionName(env, name))[1].Properties).Environment;
        return [
          name,
          Object.keys(Variables)
            .filter((key) => /BUCKET|STREAM|SOURCE/.test(key))
            .sort(),
        ];
      }),
    );
    expect(names).toEqual({
      'stream-score': ['DATA_BUCKET', 'MODEL_BUCKET', 'PREDICTIONS_STREAM_NAME'],
      predict: ['DATA_BUCKET', 'MODEL_BUCKET', 'PREDICTIONS_STREAM_NAME'],
      plan: ['DATA_BUCKET', 'MODEL_BUCKET'],
      ingest: ['DATA_BUCKET', 'PUBLICATION_SOURCE'],
      score: ['DATA_BUCKET', 'MODEL_BUCKET'],
      monitor: ['DATA_BUCKET', 'MODEL_BUCKET'],
      'check-month': ['DATA_BUCKET'],
      train: ['DATA_BUCKET', 'MODEL_BUCKET'],
      gate: ['DATA_BUCKET', 'MODEL_BUCKET'],
      register: ['MODEL_BUCKET'],
      promote: ['MODEL_BUCKET'],
      retrain: ['DATA_BUCKET', 'MODEL_BUCKET'],
      'check-rollout': ['MODEL_BUCKET'],
    });
  });
});

test('dev has zips for Node 24 that share one layer of natives', () => {
  const { resources, resource } = synthesized('dev');
  const [layer] = resource('AWS::Lambda::LayerVersion');
  for (const { Properties } of resources('AWS::Lambda::Function').values()) {
    expect(Properties).toMatchObject({ Runtime: 'nodejs24.x', Handler: 'index.handler', Layers: [{ Ref: layer }] });
  }
});

test('prod has one image for x86_64, and each function starts it with its own command', () => {
  const { imagePlatforms, resources } = synthesized('prod');
  expect(imagePlatforms).toEqual(['linux/amd64']);
  const functions = [...resources('AWS::Lambda::Function').values()].map(({ Properties }) => Properties);
  expect(functions.map((each) => each.ImageConfig)).toEqual(
    expect.arrayContaining(FUNCTIONS.map((name) => ({ Command: [`${name}/index.handler`] }))),
  );
  expect(new Set(functions.map((each) => JSON.stringify(each.Code))).size).toBe(1);
  for (const each of functions) expect(each).toMatchObject({ PackageType: 'Image', Architectures: ['x86_64'] });
  expect(resources('AWS::Lambda::LayerVersion').size).toBe(0);
});

describe('with our own engine alone', () => {
  const serving = ['predict', 'score', 'stream-score'];

  test('the zips that serve have a layer without onnxruntime, and the others one with all libraries', () => {
    const { resources, resource } = synthesize({ ...loadConfig('dev'), engine: 'tripcast' });
    const [lean] = resource('AWS::Lambda::LayerVersion', ({ Description }) => Description === '@duckdb/node-api');
    const [whole] = resource('AWS::Lambda::LayerVersion', ({ Description }) => String(Description).includes('onnx'));
    const functions = [...resources('AWS::Lambda::Function').values()].map(({ Properties }) => Properties);
    const having = (layer: string) =>
      functions
        .filter(({ Layers }) => JSON.stringify(Layers) === JSON.stringify([{ Ref: layer }]))
        .map(({ FunctionName }) => String(FunctionName).replace('tripcast-dev-', ''));
    expect(having(lean).sort()).toEqual(serving);
    expect(having(whole).sort()).toEqual(FUNCTIONS.filter((name) => !serving.includes(name)).sort());
    expect(whole).toBe(synthesized('dev').resource('AWS::Lambda::LayerVersion')[0]); // it stays when the engine changes
  });

  test('there are two images, and the functions that serve share one', () => {
    const { imagePlatforms, resources } = synthesize({ ...loadConfig('prod'), engine: 'tripcast' });
    expect(imagePlatforms).toEqual(['linux/amd64', 'linux/amd64']);
    const names = new Map<string, string[]>();
    for (const { Properties } of resources('AWS::Lambda::Function').values()) {
      const image = JSON.stringify(Properties.Code);
      names.set(image, [...(names.get(image) ?? []), String(Properties.FunctionName).replace('tripcast-prod-', '')]);
    }
    expect(names.size).toBe(2);
    expect([...names.values()].map((each) => each.sort())).toContainEqual(serving);
  });
});

describe('concurrency', () => {
  const reservedIn = (reservedConcurrency: Config['reservedConcurrency']) =>
    [
      ...synthesize({ ...loadConfig('prod'), reservedConcurrency })
        .resources('AWS::Lambda::Function')
        .values(),
    ]
      .filter(({ Properties }) => Properties.ReservedConcurrentExecutions !== undefined)
      .map(({ Properties }) => [Properties.FunctionName, Properties.ReservedConcurrentExecutions]);

  test('is reserved only for what the configuration names', () => {
    expect(reservedIn({ 'stream-score': 4, predict: 50 })).toEqual([
      ['tripcast-prod-stream-score', 4],
      ['tripcast-prod-predict', 50],
    ]);
  });

  test.each(ENVIRONMENTS)(
    'is not reserved in %s: a new account has ten calls at a time, all of which must stay free',
    (env) => {
      expect(loadConfig(env).reservedConcurrency).toEqual({ 'stream-score': null, predict: null });
      for (const { Properties } of synthesized(env).resources('AWS::Lambda::Function').values()) {
        expect(Properties).not.toHaveProperty('ReservedConcurrentExecutions');
      }
    },
  );
});

test.each(ENVIRONMENTS)('no function of %s has more memory than a new account allows', (env) => {
  for (const { Properties } of synthesized(env).resources('AWS::Lambda::Function').values()) {
    expect(Properties.MemorySize, String(Properties.FunctionName)).toBeLessThanOrEqual(NEW_ACCOUNT_MEMORY_MB);
  }
});
