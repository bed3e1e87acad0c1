import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { ENVIRONMENT_FOLDER, ENVIRONMENTS, environments } from '#lib/config/environment-files.ts';
import { loadConfig } from '#lib/config/load.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { type Resource, synthesize, synthesized } from './support/synthesized.ts';

/** A folder of environments that contains `files`, each given as text. */
function aFolder(files: Readonly<Record<string, string>>): string {
  const folder = temporaryFolder();
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  return folder;
}

const PROD = readFileSync(join(ENVIRONMENT_FOLDER, 'prod.json'), 'utf8');

test('the environments are the files in env/', () => {
  expect(ENVIRONMENTS).toEqual(['dev', 'prod', 'staging']);
  expect(
    environments(aFolder({ 'qa.json': PROD, 'dev.json': PROD, 'README.md': '', 'Not-a-name.json': PROD })),
  ).toEqual(['dev', 'qa']);
});

describe('a file that is added is an environment', () => {
  test('whose stack has its name in every resource name, and its values', () => {
    const folder = aFolder({
      'qa.json': PROD.replaceAll('prod_taxi', 'qa_taxi').replace('"shards": 1', '"shards": 3'),
    });
    const { stack, resources, resource } = synthesize(loadConfig('qa', folder));
    expect(stack.stackName).toBe('tripcast-qa');
    const streams = [...resources('AWS::Kinesis::Stream').values()].map(({ Properties }) => Properties);
    expect(streams).toMatchObject([
      { Name: 'qa_taxi_trip_events', ShardCount: 3 },
      { Name: 'qa_taxi_predictions', ShardCount: 3 },
    ]);
    const names = [...resources('AWS::Lambda::Function').values()].map(({ Properties }) => Properties.FunctionName);
    expect(names).toContain('tripcast-qa-stream-score');
    expect(names.filter((name) => !String(name).startsWith('tripcast-qa-'))).toEqual([]);
    const [, { Properties: database }] = resource('AWS::Glue::Database');
    expect(database).toMatchObject({ DatabaseInput: { Name: 'tripcast_qa' } });
  });
});

describe('no environment is', () => {
  const load = (name: string) =>
    loadConfig(name, aFolder({ 'dev.json': '{}', 'prod.json': '{}', 'broken.json': '{ "region": ' }));
  const known = 'Use --context env=NAME (cdk) or --env NAME (tripcast) with one of: broken, dev, prod';

  test('a name without a file', () => {
    expect(() => load('stage')).toThrow(`There is no environment "stage". ${known}. Or add env/stage.json.`);
  });

  test.each(['../prod', '../../etc/passwd', 'prod.json', './prod', 'PROD', 'prod-eu', '', 'a'.repeat(21), 'prod\0'])(
    '%j, which is not a name',
    (name) => {
      expect(() => load(name)).toThrow(
        `cannot be the name of an environment. ${known}. A name has 1 to 20 lowercase letters and digits`,
      );
    },
  );

  test('a file that is not JSON', () => {
    expect(() => load('broken')).toThrow(/^env\/broken\.json is not JSON: .*Fix env\/broken\.json\.$/);
  });

  test('a file without what a configuration needs', () => {
    expect(() => load('dev')).toThrow('env/dev.json is not a valid configuration');
  });
});

test('environments of one account do not share a name: both can be deployed', () => {
  const named = (env: string) =>
    Object.values<Resource>(synthesized(env).template.toJSON().Resources).flatMap(({ Type, Properties = {} }) =>
      Object.entries(Properties)
        .filter(([key, value]) => /^(\w*Name)$/.test(key) && typeof value === 'string' && value.includes(env))
        .map(([key, value]) => `${Type} ${key} ${value}`),
    );
  const [prod, staging] = [named('prod'), named('staging')];
  expect(staging.length).toBeGreaterThan(30);
  expect(staging.filter((name) => prod.includes(name))).toEqual([]);
});

test('staging is deleted with its data, and costs less than prod in every respect', () => {
  const [staging, prod] = [loadConfig('staging'), loadConfig('prod')];
  expect(synthesized('staging').terminationProtection).toBe(false);
  for (const { DeletionPolicy } of synthesized('staging').resources('AWS::S3::Bucket').values()) {
    expect(DeletionPolicy).toBe('Delete');
  }
  expect(staging).toMatchObject({ region: prod.region, packaging: prod.packaging, endpointUrl: null });
  expect(staging.streams.retentionHours).toBe(24);
});
