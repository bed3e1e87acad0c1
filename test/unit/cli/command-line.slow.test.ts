import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { runProcess } from '../../support/run-process.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import { readRows, realMonth, writeMonth } from '../../support/tlc-files.ts';

const TLC = join(realMonth('2023-04'), '..');

async function trainedModel(): Promise<{ readonly folder: string; readonly result: Record<string, unknown> }> {
  const folder = join(temporaryFolder(), 'model');
  const { out, err } = await runProcess([
    'train',
    '--local',
    '--source',
    TLC,
    '--recipe',
    'linear-pair',
    '--year',
    '2023',
    '--month',
    '3',
    '--out',
    folder,
    '--json',
  ]);
  if (out === '') throw new Error(err);
  return { folder, result: JSON.parse(out) };
}

describe('training and scoring without AWS', () => {
  test('gives the published figures as JSON, and a model that scores a file', async () => {
    const { folder, result } = await trainedModel();
    expect(result).toMatchObject({
      recipe: 'linear-pair',
      train: { rows_read: 72_044, rows: 69_392, features: 6053, stored: 138_784 },
      validation: { rows: 62_979, stored: 122_674 },
    });
    expect(result.intercept).toBeCloseTo(25.0494625, 6);
    expect((result.validation as { rmse: number }).rmse).toBeCloseTo(6.2212029, 6);

    const output = join(temporaryFolder(), 'april.parquet');
    const scored = await runProcess([
      'score',
      realMonth('2023-04'),
      output,
      '--model',
      join(folder, 'model.onnx'),
      '--json',
    ]);
    expect(scored.code).toBe(0);
    const summary = JSON.parse(scored.out);
    expect(summary).toMatchObject({ rows_in: 65_392, rows_scored: 62_979 });
    expect(summary.rmse).toBeCloseTo(6.2212029, 6);
    expect(await readRows(output, 'DISTINCT model_version')).toEqual([{ model_version: result.run_id }]);
  });

  test('is the same under another time zone and locale', async () => {
    const { folder } = await trainedModel();
    const score = async (env: Record<string, string>) => {
      const output = join(temporaryFolder(), 'april.parquet');
      await runProcess(['score', realMonth('2023-04'), output, '--model', join(folder, 'model.onnx')], env);
      return readRows(output, 'bit_xor(hash(ride_id, predicted_duration, lpep_pickup_datetime))::VARCHAR AS hash');
    };
    expect(await score({ TZ: 'Asia/Kolkata', LANG: 'C' })).toEqual(
      await score({ TZ: 'America/New_York', LANG: 'en_US.UTF-8' }),
    );
  });
});

describe('wrong usage ends with 2 and says what is wrong', () => {
  test.each([
    [['nonsense'], /unknown command 'nonsense'/],
    [['backfill', '--from', '2023-4', '--to', '2023-05'], /"2023-4" is not a month.*YYYY-MM/s],
    [['batch', '--env', 'qa'], /no environment "qa".*dev, prod, staging.*env\/qa\.json/s],
    [['cost', '--env', '../env/prod'], /"\.\.\/env\/prod" cannot be the name.*dev, prod, staging/s],
    [['models', 'copy', 'a'.repeat(32), '--from', 'qa', '--to', 'prod'], /no environment "qa"/],
    [['batch', '--taxi-type', 'blue'], /Unknown taxi type "blue".*green, yellow/s],
    [['batch', '--run-id', 'latest'], /"latest" is not a run id.*32 hexadecimal/s],
    [['predict', '--pu', '130'], /--do/],
    [['models', 'show'], /missing required argument 'run'/],
    [['models', 'copy', 'a'.repeat(32), '--from', 'dev'], /required option '--to <name>'/],
    [['models', 'compare', 'champion'], /missing required argument 'b'/],
    [['stream', 'replay', '--month', '2023-04', '--rate', '0'], /--rate.*1 or more/s],
    [['stream', 'requeue', '--from', 'yesterday'], /"yesterday" is not a time.*2026-11-21T14:30:00Z/s],
    [['stream', 'requeue', '--to', '2026-11-21T14:30:00'], /"2026-11-21T14:30:00" is not a time.*offset/s],
    [['predict', '--pu', 'Harlem', '--do', '1'], /"Harlem" is not a zone/],
    [['train', '--local', '--recipe', 'linear-pair', '--train', '2023-03'], /--local needs --source/],
    [
      ['train', '--local', '--source', TLC, '--recipe', 'crystal-ball', '--train', '2023-03'],
      /crystal-ball.*linear-pair/s,
    ],
    [['train', '--local', '--source', TLC, '--recipe', 'linear-pair'], /not clear what to train on/],
    [['models', 'copy', 'a'.repeat(32), '--from', 'dev', '--to', 'dev'], /--from and --to are both dev/],
    [
      ['train', '--local', '--source', TLC, '--recipe', 'linear-pair', '--train', '2023-03', '--validate', 'split:2'],
      /"split:2" is not a split/,
    ],
  ])('%j', async (args, message) => {
    const ended = await runProcess(args);
    expect(ended.code).toBe(2);
    expect(ended.err).toMatch(message);
    expect(ended.out).toBe('');
  });
});

describe('what cannot be done ends with 1, one sentence and the fix', () => {
  const model = ['--model', 'no-such.onnx'];
  test.each([
    [['batch', '--month', '2023-04'], /local environment is not up.*npx tripcast up/s],
    [
      ['score', 'missing.parquet', 'out.parquet', '--taxi-type', 'green', '--month', '2023-04', ...model],
      /no file missing\.parquet/,
    ],
    [['score', 'rides.parquet', 'out.parquet', ...model], /name rides\.parquet does not contain the taxi type/],
    [['score', realMonth('2023-04'), 'out.parquet', ...model], /no model file no-such\.onnx/],
    [
      ['train', '--local', '--source', TLC, '--recipe', 'linear-pair', '--train', '2019-07'],
      /green_tripdata_2019-07\.parquet/,
    ],
    [['models', 'list'], /local environment is not up.*npx tripcast up/s],
    [['predict', '--pu', '130', '--do', '205'], /local environment is not up.*npx tripcast up/s],
    [['console'], /local environment is not up.*npx tripcast up/s],
    [['serve'], /local environment is not up.*npx tripcast up/s],
    [['backtest', '--from', '2023-02', '--to', '2023-03', '--policy', 'fixed'], /local environment is not up/],
    [['retrain'], /local environment is not up.*npx tripcast up/s],
    [['batch', '--env', 'prod'], /AWS_ENDPOINT_URL is set.*Unset AWS_ENDPOINT_URL/s],
  ])('%j', async (args, message) => {
    const ended = await runProcess(args, args.includes('prod') ? { AWS_ENDPOINT_URL: 'http://127.0.0.1:1' } : {});
    expect(ended.err).toMatch(message);
    expect(
      ended.err
        .trim()
        .split('\n')
        .filter((line) => line.startsWith('    at ')),
    ).toEqual([]);
    expect(ended.code).toBe(1);
  });

  test('a model file that is none, and a month file without a needed column', async () => {
    const folder = temporaryFolder();
    const file = join(folder, 'model.onnx');
    await writeFile(file, 'not a model');
    const month = join(folder, 'green_tripdata_2023-04.parquet');
    await writeMonth(month, [{}], { PULocationID: null });
    const output = join(folder, 'out.parquet');
    expect((await runProcess(['score', realMonth('2023-04'), output, '--model', file])).err).toMatch(
      /not an ONNX model/,
    );
    const { folder: trained } = await trainedModel();
    const refused = await runProcess(['score', month, output, '--model', join(trained, 'model.onnx')]);
    expect(refused).toMatchObject({ code: 1, err: expect.stringContaining('lacks the column PULocationID') });
    await expect(readFile(output)).rejects.toThrow('ENOENT');
  });
});
