import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { CLONE } from '../../../src/local/paths.ts';
import { type Cost, costAtRest, costsPerMillion, type Sizes, USUAL } from '../../../src/operations/costs.ts';

const SIZES: Sizes = {
  streams: { shards: 2, retentionHours: 168 },
  batchSize: 1000,
  memoryMb: { 'stream-score': 1024, predict: 1024, score: 4096 },
  packaging: 'image',
  alarmMetrics: 10,
};

function costOf(what: string, sizes = SIZES): Cost {
  const found = costsPerMillion(sizes).find((each) => each.what === what);
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
  const { of, dollars } = costAtRest(SIZES);
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

test('a day of retention costs nothing beside the shards', () => {
  const { of } = costAtRest({ ...SIZES, streams: { shards: 2, retentionHours: 24 } });
  expect(of['24 hours of retention']).toBe(0);
});

test('smaller batches and more memory cost more', () => {
  const dollars = (sizes: Sizes) => costOf('stream, in full batches', sizes).dollars;
  expect(dollars({ ...SIZES, batchSize: 100 })).toBeGreaterThan(dollars(SIZES));
  const memoryMb = { ...SIZES.memoryMb, 'stream-score': 2048 };
  expect(dollars({ ...SIZES, memoryMb })).toBeGreaterThan(dollars(SIZES));
});

test('docs/costs.md shows what `tripcast cost --env prod` prints, and what it reckons with', () => {
  const command = [join(CLONE, 'bin/tripcast.ts'), 'cost', '--env', 'prod'];
  const env = { PATH: process.env.PATH, NO_COLOR: '1' };
  const printed = execFileSync(process.execPath, command, { cwd: CLONE, env, encoding: 'utf8' });
  const text = readFileSync(join(CLONE, 'docs/costs.md'), 'utf8');
  expect(text).toContain(printed.trimEnd());
  for (const [name, value] of Object.entries(USUAL)) expect(text).toContain(`\`${name}\` | ${value} |`);
});
