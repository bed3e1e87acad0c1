import { readFile } from 'node:fs/promises';
import { beforeAll, expect, test } from 'vitest';
import type { Backtest } from '#backtest/result.ts';
import { connect, type Deployment } from '#cli/context.ts';
import { dataKeys, parseS3Uri } from '#storage/layout.ts';
import { parseMonth } from '#trips/month.ts';
import { expectDocumented } from '../support/json-of.ts';
import { runCommand } from '../support/run-command.ts';
import { aThinnedMonth } from '../support/training.ts';

// A backtest on the months of a data bucket: real rides, every fortieth, 38 years later.

const WALK = ['backtest', '--recipe', 'linear-pair', '--from', '2061-02', '--to', '2061-03', '--late', '0'];
const POLICIES = ['--policy', 'fixed:1', '--policy', 'rolling:1'];

let to: Deployment;

beforeAll(async () => {
  to = await connect('dev');
});

async function ingestThinned(month: string, as: string, n: number): Promise<void> {
  const later = (column: string) => [column, `${column} + INTERVAL 38 YEAR`];
  const columns = Object.fromEntries(['lpep_pickup_datetime', 'lpep_dropoff_datetime'].map(later));
  const { path } = await aThinnedMonth(month, n, columns);
  await to.data.put(dataKeys.raw('green', parseMonth(as)), await readFile(path));
}

async function walked(): Promise<Backtest & { readonly uri: string; readonly page: string }> {
  const ended = await runCommand([...WALK, ...POLICIES, '--json']);
  expectDocumented('backtest', ended);
  return JSON.parse(ended.out);
}

async function keptRuns(): Promise<number> {
  const kept = await Array.fromAsync(to.data.list(dataKeys.backtestWork));
  return kept.filter(({ key }) => key.endsWith('/card.json')).length;
}

test('reads the bucket, leaves its report and its work there, and does again only what a new file changes', async () => {
  await ingestThinned('2023-01', '2061-01', 40);
  await ingestThinned('2023-02', '2061-02', 40);
  await ingestThinned('2023-03', '2061-03', 40);
  const first = await walked();
  expect(first.policies.map(({ months }) => months.map(({ figures }) => figures !== null))).toEqual([
    [true, true],
    [true, true],
  ]);
  expect(await keptRuns()).toBe(2);
  const stored = await to.data.get(parseS3Uri(first.uri)?.key ?? '');
  expect(JSON.parse(new TextDecoder().decode(stored?.body)).policies).toEqual(first.policies);
  expect(await readFile(first.page, 'utf8')).toContain('<h1>Backtest');

  const again = await walked();
  expect(again.policies).toEqual(first.policies);
  expect(await keptRuns()).toBe(2);

  await ingestThinned('2023-02', '2061-02', 41);
  const republished = await walked();
  expect(republished.notes).toEqual([expect.stringMatching(/^2061-02 was published again/)]);
  expect(await keptRuns()).toBe(3);
  expect(republished.policies[0]?.months[1]?.figures).toEqual(first.policies[0]?.months[1]?.figures);
});

test('says what the bucket lacks', async () => {
  const words = ['backtest', '--from', '2062-01', '--to', '2062-02', '--policy', 'fixed'];
  const { code, err } = await runCommand(words);
  expect(code).toBe(1);
  expect(err).toMatch(/None of the months 2062-01\.\.2062-02 is in the data.*tripcast ingest/);
});
