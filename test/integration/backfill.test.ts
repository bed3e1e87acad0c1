import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { type BackfillOptions, followBackfill, runBackfill, startBackfill } from '#cli/commands/backfill.ts';
import { explainFrom } from '#cli/commands/explain.ts';
import { CLONE } from '#setup/paths.mjs';
import { parseMonth } from '#trips/month.ts';
import { parseMonthRide } from '#trips/month-ride.ts';
import { publishFrom } from '../support/deployed.ts';
import { ingested, monthsOfTheirOwn, statusOf } from '../support/months-of-their-own.ts';
import { silentTerminal } from '../support/silent-terminal.ts';
import { sendFile, serverOf } from '../support/tlc-server.ts';

// Months far from those of other tests, by a run of their own, from a TLC of the tests' own.

const own = await monthsOfTheirOwn('2022-02');
const { to, run, file } = own;

const options = (from: string, to: string): BackfillOptions => ({
  taxiType: 'green',
  from: parseMonth(from),
  to: parseMonth(to),
  maxConcurrency: 1,
  runId: run,
  force: false,
  all: false,
});

/** A terminal that keeps what is said. */
function listening() {
  const said: string[] = [];
  return { said, terminal: { ...silentTerminal(), say: (text: string) => void said.push(text) } };
}

/** TLC with all months, but for those that it answers with 400. */
const tlcBut = (...bad: readonly string[]) =>
  serverOf((request, response) => {
    if (bad.some((month) => request.url?.includes(month))) response.writeHead(400).end();
    else sendFile(request, response, file);
  });

describe('the backfill state machine', () => {
  test('stops for no month that fails, names it, and when it is run again does only what is missing', async () => {
    await publishFrom(await tlcBut('2032-02'));
    const { said, terminal } = listening();
    const arn = await startBackfill(to, options('2032-01', '2032-03'));
    const months = await followBackfill(arn, terminal);
    expect(months.map(statusOf)).toEqual(['2032-01 scored', '2032-02 failed', '2032-03 scored']);
    expect(months[1]?.note).toContain('green_tripdata_2032-02.parquet answered 400');
    expect(said.map((line) => line.trim().replace(/,.*/, '')).sort()).toEqual(months.map(statusOf));
    // Whoever returns to it when it has ended is told the same.
    expect(await followBackfill(arn, silentTerminal())).toEqual(months);

    await publishFrom(await tlcBut());
    const again = await runBackfill(to, { ...options('2032-01', '2032-03'), maxConcurrency: 3 }, silentTerminal());
    expect(again.map(statusOf)).toEqual(['2032-01 unchanged', '2032-02 scored', '2032-03 unchanged']);
    expect(again[0]?.receipt).toBe(months[0]?.receipt);
  });

  test('left with Ctrl-C goes on, and is returned to by its ARN', async () => {
    const left = Promise.withResolvers<void>();
    const source = await serverOf(async (request, response) => {
      if (request.url?.includes('2032-05')) await left.promise; // there is something left to go on with
      sendFile(request, response, file);
    });
    await publishFrom(source);
    const command = tripcast(...['backfill', '--from', '2032-04', '--to', '2032-05', '--run-id', run]);
    const arn = /--attach (\S+)/;
    await command.heard(() => command.said().includes('2032-04 scored'));
    command.process.kill('SIGINT');
    expect(await command.ended).toBe(130);
    const [, detached = ''] = arn.exec(command.said()) ?? [];
    left.resolve();

    const returned = tripcast('backfill', '--json', '--attach', detached);
    expect(await returned.ended).toBe(0);
    expect(JSON.parse(returned.said()).months.map(statusOf)).toEqual(['2032-04 scored', '2032-05 scored']);
  });

  test('says what is wrong before anything is started', async () => {
    await expect(startBackfill(to, options('2032-03', '2032-01'))).rejects.toThrow(
      'The range 2032-03..2032-01 is empty',
    );
    await expect(startBackfill(to, options('2022-01', '2032-01'))).rejects.toThrow('121 months');
    await expect(startBackfill(to, { ...options('2032-01', '2032-02'), maxConcurrency: 0 })).rejects.toThrow('1..40');
    await expect(
      followBackfill('arn:aws:states:us-east-1:000000000000:execution:x:y', silentTerminal()),
    ).rejects.toThrow('There is no execution');
    const wrong = tripcast('backfill', '--from', '2023-13', '--to', '2024-01');
    expect(await wrong.ended).toBe(2);
  });
});

describe('explaining a prediction of the batch', () => {
  beforeAll(async () => {
    await ingested(own, parseMonth('2032-07'));
    const months = await runBackfill(to, options('2032-07', '2032-07'), silentTerminal());
    expect(months.map(statusOf)).toEqual(['2032-07 scored']);
  });

  test('names the model, the data and the code, and adds up to the prediction', async () => {
    const explained = await explainFrom(to, { ride: parseMonthRide('2032/07_0'), taxiType: 'green' });
    const { added, prediction } = explained;
    expect(added.baseline + added.distance + added.time + added.pickup + added.dropoff).toBeCloseTo(added.unclipped, 9);
    expect(Math.abs(added.unclipped - prediction.ride_duration)).toBeLessThanOrEqual(1e-3);
    expect(explained).toMatchObject({
      run_id: run,
      recipe: 'linear-pair',
      trained_on: ['2023-03'],
      evaluation: 'after-training',
      model_code_version: 'test',
      receipt: expect.stringContaining(`receipts/taxi_type=green/year=2032/month=07/${run}/${explained.source.sha256}`),
    });
  });

  test('says why there is none', async () => {
    const explain = (ride: string) => explainFrom(to, { ride: parseMonthRide(ride), taxiType: 'green' });
    await expect(explain('2033/01_0')).rejects.toThrow('green 2033-01 was not scored');
    await expect(explain('2032/07_99999999')).rejects.toThrow('There is no ride 2032/07_99999999');
  });
});

/** The command line as a person starts it. */
function tripcast(...words: readonly string[]) {
  const command = spawn(process.execPath, [join(CLONE, 'bin/tripcast.mjs'), ...words], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let text = '';
  command.stdout.on('data', (chunk) => {
    text += chunk;
  });
  const ended = once(command, 'close').then(([code]) => code);
  return {
    process: command,
    said: () => text,
    ended,
    heard: async (wanted: () => boolean) => {
      while (!wanted()) await Promise.race([once(command.stdout, 'data'), ended]);
    },
  };
}
