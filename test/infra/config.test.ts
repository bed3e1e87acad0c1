import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { refuseForeignEndpoint } from '#lib/config/endpoint.ts';
import { ENVIRONMENTS } from '#lib/config/environment-files.ts';
import { loadConfig, parseConfig } from '#lib/config/load.ts';
import { bucketNames } from '#lib/config/names.ts';

/** Kept apart from the addresses: a commit with a password in an address is refused, as it should be. */
const PASSWORD = 's3cret';

/** env/dev.json with the value of a dotted key added or replaced. */
function devWith(key: string, value: unknown): unknown {
  const root = JSON.parse(readFileSync(new URL('../../env/dev.json', import.meta.url), 'utf8'));
  const path = key.split('.');
  const last = path.pop() ?? '';
  path.reduce((at, part) => at[part], root)[last] = value;
  return root;
}

const problemOf = (key: string, value: unknown) => {
  try {
    parseConfig('dev', 'env/dev.json', devWith(key, value));
  } catch (error) {
    return error instanceof Error ? error.message : error;
  }
  return undefined;
};

test.each(ENVIRONMENTS)('env/%s.json is valid', (env) => {
  expect(loadConfig(env).env).toBe(env);
});

describe('a mistake in env/dev.json is reported with file, key, value and what is allowed', () => {
  test.each([
    ['streams.shard', 2, 'streams: unknown key "shard"'],
    ['streams.shards', 0, 'streams.shards: 0 is not allowed: Too small: expected number to be >0'],
    ['packaging', 'tar', 'packaging: "tar" is not allowed: Invalid option: expected one of "zip"|"image"'],
    [
      'buckets.data',
      'Big_Bucket',
      'buckets.data: "Big_Bucket" is not allowed: a bucket name: 3..63 of a-z, 0-9, dot, hyphen',
    ],
    [
      'schedule.timeZone',
      'Mars/Base',
      'schedule.timeZone: "Mars/Base" is not allowed: an IANA time zone, for example Africa/Cairo',
    ],
    [
      'functions.score.storageMb',
      20_000,
      'functions.score.storageMb: 20000 is not allowed: Too big: expected number to be <=10240',
    ],
    [
      'eventSource.maximumAgeSeconds',
      604_800,
      'eventSource.maximumAgeSeconds: 604800 is not allowed: less than streams.retentionHours',
    ],
    [
      'publication.source',
      `https://ana:${PASSWORD}@example.com/trips`,
      'publication.source: "https://example.com/trips" is not allowed: an address without a name and password',
    ],
    [
      'archive.compression',
      'ZIP',
      'archive.compression: "ZIP" is not allowed: Invalid option: expected one of "GZIP"|"UNCOMPRESSED"',
    ],
    ['publication.giveUpDays', 27, 'publication.giveUpDays: 27 is not allowed: Too big: expected number to be <=26'],
    ['streams.mode', 'elastic', 'streams.mode: "elastic" is not allowed'],
    [
      'reservedConcurrency.predict',
      0,
      'reservedConcurrency.predict: 0 is not allowed: Too small: expected number to be >0',
    ],
    ['budget.monthlyDollars', 0, 'budget.monthlyDollars: 0 is not allowed: Too small: expected number to be >0'],
    ['account', '12', 'account: "12" is not allowed: an AWS account: 12 digits'],
    ['retrain.windows', [3, 3], 'retrain.windows: [3,3] is not allowed: different windows'],
    ['retrain.on', ['always'], 'retrain.on.0: "always" is not allowed'],
    ['logs.retentionDays', 8, 'logs.retentionDays: 8 is not allowed: Invalid input'],
  ])('%s = %j', (key, value, problem) => {
    expect(problemOf(key, value)).toContain('env/dev.json is not a valid configuration');
    expect(problemOf(key, value)).toContain(problem);
  });

  test('a reservation too small for the shards of the stream', () => {
    const value = Object(devWith('streams.shards', 3));
    const reserving = { ...value, reservedConcurrency: { 'stream-score': 2, predict: null } };
    expect(() => parseConfig('dev', 'env/dev.json', reserving)).toThrow(
      'reservedConcurrency.stream-score: 2 is not allowed: at least streams.shards x eventSource.parallelizationFactor',
    );
  });

  test('windows of months that are deleted before they can be trained on', () => {
    const value = Object(devWith('lifecycleDays.raw', 340));
    const retraining = (windows: readonly number[]) => ({
      ...value,
      retrain: { ...value.retrain, on: ['month'], windows },
    });
    expect(parseConfig('dev', 'env/dev.json', retraining([3, 8])).retrain.windows).toEqual([3, 8]); // 31 x (8 + 2) = 310
    expect(() => parseConfig('dev', 'env/dev.json', retraining([3, 9]))).toThrow(
      'lifecycleDays.raw: 340 is not allowed: at least 31 for each month of retrain.late and the longest of retrain.windows',
    );
    expect(parseConfig('dev', 'env/dev.json', value).retrain.on).toEqual([]);
  });

  test('a number of shards when AWS chooses it', () => {
    expect(problemOf('streams.mode', 'on-demand')).toContain('streams: unknown key "shards"');
  });

  test('all mistakes are reported at once', () => {
    const value = devWith('packaging', 'tar');
    expect(() => parseConfig('dev', 'env/dev.json', { ...Object(value), region: 'north' })).toThrow(
      /region: "north"[\s\S]*packaging: "tar"/,
    );
  });
});

test('prod is not sent to an emulator', () => {
  const toEmulator = { AWS_ENDPOINT_URL: 'http://127.0.0.1:4566' };
  expect(() => refuseForeignEndpoint(loadConfig('prod'), toEmulator)).toThrow(
    'AWS_ENDPOINT_URL is set ("http://127.0.0.1:4566"), but the environment prod is on AWS',
  );
  expect(() => refuseForeignEndpoint(loadConfig('prod'), { AWS_ENDPOINT_URL_S3: 'http://x' })).toThrow(
    'AWS_ENDPOINT_URL_S3',
  );
  expect(() => refuseForeignEndpoint(loadConfig('dev'), toEmulator)).not.toThrow();
  expect(() => refuseForeignEndpoint(loadConfig('prod'), {})).not.toThrow();
});

test('a bucket without a name has the account and the region in it: two regions of an account do not collide', () => {
  expect(bucketNames(loadConfig('prod'), '123456789012')).toEqual({
    models: 'rll-models-prod-123456789012-eu-north-1',
    data: 'tripcast-data-prod-123456789012-eu-north-1',
    undelivered: 'tripcast-undelivered-prod-123456789012-eu-north-1',
    accessLogs: 'tripcast-access-logs-prod-123456789012-eu-north-1',
  });
});
