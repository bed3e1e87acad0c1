import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { type Cost, costAtRest, costsAtRestOtherwise, costsPerMillion, type Sizes, USUAL } from '#operations/costs.ts';
import { PRICES, pricedRegion } from '#operations/prices.ts';
import { CLONE } from '#setup/paths.mjs';

const SIZES: Sizes = {
  streams: { mode: 'provisioned', shards: 2, retentionHours: 168 },
  batchSize: 1000,
  memoryMb: { 'stream-score': 1024, predict: 1024, score: 4096 },
  packaging: 'image',
  alarmMetrics: 10,
};

const US = PRICES['us-east-1'];

function costOf(what: string, sizes = SIZES): Cost {
  const found = costsPerMillion(sizes, US).find((each) => each.what === what);
  if (found === undefined) throw new Error(`Nothing is said of ${what}.`);
  return found;
}

test('a million predictions of the stream, by hand', () => {
  const { of, dollars } = costOf('stream, in full batches');
  expect(of.Kinesis).toBeCloseTo(0.028, 10); // two million records at 1.4 cents a million
  expect(of.Archive).toBeCloseTo(5 * 0.029, 10); // a million records count as 5 KB each
  // 1,000 calls: 0.2 cents a ten thousand, and 250 GB-seconds
  expect(of.Lambda).toBeCloseTo(1000 * 0.2e-6 + 1000 * 0.25 * 0.0000166667, 10);
  expect(dollars).toBeCloseTo(
    Object.values(of).reduce((sum, each) => sum + each),
    12,
  );
});

test('a million requests to the API, by hand', () => {
  const { of } = costOf('API');
  expect(of['HTTP API']).toBeCloseTo(1, 10);
  expect(of.Lambda).toBeCloseTo(0.2 + 20_000 * 0.0000166667, 6);
  expect(of.Logs).toBeCloseTo(0.5, 10); // a gigabyte
});

test('a month at rest, by hand: four shards, kept for a week, ten alarms', () => {
  const { of, dollars } = costAtRest(SIZES, US);
  expect(of).toEqual({
    Shards: expect.closeTo(4 * 730 * 0.015, 8),
    '168 hours of retention': expect.closeTo(4 * 730 * 0.02, 8),
    Alarms: expect.closeTo(1, 8),
    Dashboard: 3,
    Key: 1,
    Image: expect.closeTo(0.05, 8),
  });
  expect(dollars).toBeCloseTo(43.8 + 58.4 + 1 + 3 + 1 + 0.05, 8);
});

test('a day of retention costs nothing on top of the shards', () => {
  const { of } = costAtRest({ ...SIZES, streams: { mode: 'provisioned', shards: 2, retentionHours: 24 } }, US);
  expect(of['24 hours of retention']).toBe(0);
});

test('on-demand streams, by hand: paid by the hour and the gigabyte, and nothing at rest for what is kept longer', () => {
  const sizes: Sizes = { ...SIZES, streams: { mode: 'on-demand', retentionHours: 168 } };
  expect(costAtRest(sizes, US).of).toEqual({
    'On-demand streams': expect.closeTo(2 * 730 * 0.04, 8),
    Alarms: expect.closeTo(1, 8),
    Dashboard: 3,
    Key: 1,
    Image: expect.closeTo(0.05, 8),
  });
  expect(costOf('API', sizes).of.Kinesis).toBeCloseTo(0.08 + 0.04, 10); // a million records of 1 KB, in and out once
  expect(costOf('stream, in full batches', sizes).of.Kinesis).toBeCloseTo(2 * 0.12, 10);
});

test('the other choices for the streams are priced next to the one that is configured', () => {
  const others = (streams: Sizes['streams']) =>
    costsAtRestOtherwise({ ...SIZES, streams }, US).map(({ what, dollars }) => [what, Number(dollars.toFixed(2))]);
  expect(others({ mode: 'provisioned', shards: 1, retentionHours: 168 })).toEqual([
    ['with 1 shard a stream, 24 hours', 26.95],
    ['with on-demand streams, 168 hours', 63.45],
  ]);
  expect(others({ mode: 'on-demand', retentionHours: 24 })).toEqual([['with 1 shard a stream, 24 hours', 26.95]]);
});

test('prices are those of the region, or of us-east-1 if the table has none', () => {
  expect(pricedRegion('eu-north-1')).toBe('eu-north-1');
  expect(pricedRegion('ap-south-2')).toBe('us-east-1');
  expect(pricedRegion('toString')).toBe('us-east-1');
  const shards = (region: keyof typeof PRICES) => costAtRest(SIZES, PRICES[region]).of.Shards;
  expect(shards('eu-north-1')).toBeCloseTo(4 * 730 * 0.0162, 8);
  expect(shards('us-east-1')).toBeCloseTo(4 * 730 * 0.015, 8);
});

test('smaller batches and more memory cost more', () => {
  const dollars = (sizes: Sizes) => costOf('stream, in full batches', sizes).dollars;
  expect(dollars({ ...SIZES, batchSize: 100 })).toBeGreaterThan(dollars(SIZES));
  const memoryMb = { ...SIZES.memoryMb, 'stream-score': 2048 };
  expect(dollars({ ...SIZES, memoryMb })).toBeGreaterThan(dollars(SIZES));
});

test('docs/costs.md shows what `tripcast cost --env prod` prints, and its assumptions', () => {
  const command = [join(CLONE, 'bin/tripcast.ts'), 'cost', '--env', 'prod'];
  const env = { PATH: process.env.PATH, NO_COLOR: '1' };
  const printed = execFileSync(process.execPath, command, { cwd: CLONE, env, encoding: 'utf8' });
  const text = readFileSync(join(CLONE, 'docs/costs.md'), 'utf8');
  expect(text).toContain(printed.trimEnd());
  for (const [name, value] of Object.entries(USUAL)) expect(text).toContain(`\`${name}\` | ${value} |`);
});
