import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { beforeAll, describe, expect, test } from 'vitest';
import { kinesisSink } from '#adapters/kinesis.ts';
import { score } from '#cli/commands/score.ts';
import { replayMonth } from '#cli/commands/stream/replay.ts';
import { connect, type Deployment } from '#cli/context.ts';
import { systemClock } from '#clock.ts';
import type { OutputName } from '#lib/config/names.ts';
import { CLONE } from '#setup/paths.mjs';
import type { RunId } from '#storage/run-id.ts';
import { predictionRecordSchema } from '#streaming/prediction-record.ts';
import { publish } from '#streaming/publish.ts';
import { parseMonth } from '#trips/month.ts';
import { aGreenChampion } from '../support/a-champion.ts';
import { EXAMPLE } from '../support/kinesis-events.ts';
import { madeFromNow, readPredictions } from '../support/read-predictions.ts';
import { silentTerminal } from '../support/silent-terminal.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { readRows, realMonth } from '../support/tlc-files.ts';

const RIDES = 20_000;
const terminal = silentTerminal();
let to: Deployment;
let run: RunId;

beforeAll(async () => {
  to = await connect('dev');
  run = await aGreenChampion(to);
});

test(`${RIDES} replayed rides are predicted once each, exactly as \`tripcast score\` does`, async () => {
  const isMine = madeFromNow();
  const month = parseMonth('2023-04');
  expect(await replayMonth(to, { taxiType: 'green', month, limit: RIDES }, terminal)).toBe(RIDES);
  const scored = await scoredRides(run);

  const seen = await readPredictions(to, RIDES, isMine);
  expect(seen).toHaveLength(RIDES);
  expect(new Set(seen.map(({ prediction }) => prediction.ride_id)).size).toBe(RIDES);
  const different = seen.filter(({ version, prediction: { ride_id, ride_duration, interval } }) => {
    const ride = scored.get(ride_id);
    const [low, high] = interval.map(Math.fround);
    return (
      version !== run ||
      Math.fround(ride_duration) !== ride?.predicted_duration ||
      low !== ride?.interval_low ||
      high !== ride?.interval_high
    );
  });
  expect(different).toEqual([]);
});

describe('tripcast stream tail', () => {
  const tail = (...args: readonly string[]) => [join(CLONE, 'bin/tripcast.mjs'), 'stream', 'tail', ...args, '--json'];

  test('prints predictions as they arrive, one JSON object per line, and flags what is not a prediction', async () => {
    const command = spawn(process.execPath, tail('--limit', '2'), { stdio: ['ignore', 'pipe', 'pipe'] });
    const [out, err] = [text(command.stdout), text(command.stderr)];
    await whileItRuns(command, async (n) => {
      await put('PredictionsStreamName', 'a line of someone else');
      await put('EventsStreamName', JSON.stringify({ ...EXAMPLE, ride_id: `tail ${n}` }));
    });
    const lines = (await out).trimEnd().split('\n');
    const records = lines.map((line) => predictionRecordSchema.parse(JSON.parse(line)));
    expect(records.map(({ prediction }) => prediction.ride_id)).toEqual([
      expect.stringMatching(/^tail \d+$/),
      expect.stringMatching(/^tail \d+$/),
    ]);
    expect(await err).toContain('Not a prediction: "a line of someone else"');
    expect(command.exitCode).toBe(0);
  });

  test('ends quietly when its reader stops reading, with the exit code of a closed pipe', async () => {
    const command = spawn(process.execPath, tail('--from-start'), { stdio: ['ignore', 'pipe', 'pipe'] });
    const err = text(command.stderr);
    await once(command.stdout, 'data');
    command.stdout.destroy();
    const [exitCode] = await once(command, 'exit');
    expect({ exitCode, err: await err }).toEqual({ exitCode: 141, err: expect.not.stringContaining('EPIPE') });
  });
});

/** Something every now and then, until the command has ended: nobody can tell from outside when it began to read. */
async function whileItRuns(command: ChildProcess, act: (n: number) => Promise<unknown>): Promise<void> {
  for (let n = 0; command.exitCode === null; n++) {
    await act(n);
    await systemClock.sleep(200);
  }
}

async function put(stream: OutputName, data: string): Promise<void> {
  const entry = { data: new TextEncoder().encode(data), partitionKey: 'tail' };
  const options = { clock: systemClock, deadline: Date.now() + 10_000 };
  expect(await publish(kinesisSink(to.output(stream)), [entry], options)).toEqual([]);
}

/** The month as the command line scores it, by ride_id. */
async function scoredRides(model: RunId): Promise<ReadonlyMap<unknown, Record<string, unknown>>> {
  const output = join(temporaryFolder(), 'scored.parquet');
  await score({ input: realMonth('2023-04'), output, model, all: false, env: 'dev', json: true }, terminal);
  return new Map((await readRows(output)).map((row) => [row.ride_id, row]));
}
