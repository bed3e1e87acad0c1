import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { commandNames, nameOf, runCommand } from '../../support/run-command.ts';
import { contentsOf, filesOfClone } from '../../support/snapshot.ts';

// Every command with input that is wrong, on a machine where nothing is up and nobody is signed in. What only an environment
// can know to be wrong (a run that is not there) is in test/integration/wrong-input.test.ts.

const CLONE = join(import.meta.dirname, '../../..');
const TLC = join(CLONE, 'data/tlc');
const RUN = 'a'.repeat(32);
const RECIPE = ['--recipe', 'linear-pair'];
const DAYS = ['--from', '2023-01', '--to', '2023-02'];
const NOT_UP = /local environment is not up.*`npx tripcast up`/;
const NOBODY = /no valid AWS credentials.*Sign in/;

type Row = readonly [words: readonly string[], says: RegExp];

/** Wrong whatever the environment holds. */
const WRONG_USAGE: readonly Row[] = [
  [['nonsense'], /unknown command 'nonsense'.*`tripcast --help`/],
  [['statsu'], /unknown command 'statsu'.*Did you mean status/],
  [['models', 'nonsense'], /unknown command 'nonsense'.*`tripcast models --help`/],

  [['start', '--fast'], /unknown option '--fast'.*`tripcast start --help`/],
  [['start', 'now'], /too many arguments for 'start'.*now/],
  [['start', '--env', 'prod'], /start.*local environment.*prod/],
  [['up', '--emulator', 'moto'], /--emulator.*moto.*ministack, localstack/],
  [['up', '--endpoint', 'http://127.0.0.1:4566'], /--endpoint http:\/\/127\.0\.0\.1:4566.*--emulator localstack/],
  [['up', '--emulator', 'localstack', '--endpoint', 'ftp://host'], /--endpoint.*ftp:\/\/host.*http/],
  [['up', '--env', 'prod'], /up.*local environment.*prod.*cdk deploy/],
  [['down', 'everything'], /too many arguments for 'down'.*everything/],
  [['down', '--env', 'prod'], /down.*local environment.*prod.*tripcast destroy/],
  [['status', '--env', 'nowhere'], /nowhere.*dev.*prod/],
  [['doctor', '--fix'], /unknown option '--fix'/],

  [['ingest', '--from', '2023-01'], /required option '--to <YYYY-MM>'/],
  [['ingest', '--from', '2023-01', '--to', '2023-13'], /--to: "2023-13" is not a month.*YYYY-MM/],
  [['ingest', '--from', '2023-02', '--to', '2023-01'], /2023-02\.\.2023-01 is empty.*earlier month first/],
  [['ingest', ...DAYS, '--taxi-type', 'blue'], /--taxi-type: Unknown taxi type "blue".*green, yellow/],

  [['models', 'recalibrate'], /required option '--months <months>'/],
  [['models', 'recalibrate', '--months', '2023-13'], /--months: "2023-13" is not a month/],
  [['models', 'recalibrate', '--months', '2023-04', '--validate', 'last:40'], /"last:40" is not a number of days/],
  [['train', '--train', '2023-01'], /required option '--recipe <name>'/],
  [['train', '--recipe', 'crystal-ball', '--train', '2023-01'], /"crystal-ball".*linear-pair, linear-zones/],
  [['train', ...RECIPE], /not clear what to train on.*--train/],
  [['train', ...RECIPE, '--train', '2023-01', '--year', '2023', '--month', '1'], /not clear what to train on.*--train/],
  [['train', ...RECIPE, '--year', '2023'], /not clear what to train on.*--month/],
  [['train', ...RECIPE, '--year', '2023', '--month', '13'], /--month: "13" is not a whole number from 1 to 12/],
  [['train', ...RECIPE, '--year', '1999', '--month', '1'], /"1999-01" is not a month.*2009/],
  [['train', ...RECIPE, '--train', '2023-03..2023-01'], /--train: .*2023-03\.\.2023-01 is empty/],
  [['train', ...RECIPE, '--train', '2023-01..2023-02..2023-03'], /--train: "2023-01\.\.2023-02.* is not a range/],
  [['train', ...RECIPE, '--train', '2023-01,2023-01'], /--train: .*lists 2023-01 twice/],
  [['train', ...RECIPE, '--train', '2023-01', '--validate', 'split:2'], /"split:2" is not a split.*split:0\.2/],
  [['train', ...RECIPE, '--train', '2023-01', '--validate', 'last:31'], /"last:31" is not a number of days.*last:7/],
  [['train', ...RECIPE, '--train', '2023-01', '--validate', 'split:'], /"split:" is not a split.*split:0\.2/],
  [['train', ...RECIPE, '--train', '2023-01', '--validate', '2023-13'], /"2023-13" is not a month/],
  [['train', ...RECIPE, '--train', '2023-01', '--local', '--promote', '--source', '.'], /--local and --promote/],
  [['train', ...RECIPE, '--train', '2023-01', '--local'], /--local needs --source/],
  [['train', ...RECIPE, '--train', '2023-01', '--source', 'data/tlc'], /--source.*--local/],
  [['train', ...RECIPE, '--train', '2023-01', '--out', 'model'], /--out.*--local/],
  [['retrain', '--as-of', '2023-13'], /--as-of: "2023-13" is not a month/],
  [['retrain', '--windows', '0'], /--windows: "0" is not a whole number from 1 to 36/],
  [['retrain', '--windows', '3,'], /--windows: "" is not a whole number from 1 to 36/],
  [['retrain', '--windows', '3,9,3'], /--windows: "3,9,3" names a window twice/],
  [['retrain', '--promote', 'always'], /--promote.*always.*best, never/],

  [['batch', '--month', '2023-04', '--date', '2023-05-15'], /--month 2023-04.*--date 2023-05-15.*Give one/],
  [['batch', '--date', 'yesterday'], /--date: "yesterday" is not a day.*YYYY-MM-DD/],
  [['batch', '--date', '2023-02-30'], /--date: "2023-02-30" is not a day.*YYYY-MM-DD/],
  [['batch', '--month', '2023-00'], /--month: "2023-00" is not a month/],
  [['batch', '--run-id', 'latest'], /--run-id: "latest" is not a run id.*32 hexadecimal/],
  [['batch', '--taxi-type', 'blue'], /Unknown taxi type "blue".*green, yellow/],

  [['backfill'], /not clear what to backfill.*--from and --to/],
  [['backfill', '--from', '2023-01'], /not clear what to backfill.*--from and --to/],
  [['backfill', '--from', '2023-02', '--to', '2023-01'], /2023-02\.\.2023-01 is empty/],
  [['backfill', '--from', '2010-01', '--to', '2023-01'], /157 months.*at most 120/],
  ...['0', '41', '1.5', 'abc', '-1', '', '0x10'].map(
    (n): Row => [
      ['backfill', ...DAYS, '--max-concurrency', n],
      new RegExp(`--max-concurrency: "${n}" is not a whole number from 1 to 40`),
    ],
  ),
  [['backfill', '--attach', 'yesterday'], /--attach: "yesterday" is not the ARN of an execution.*arn:aws:states/],
  [['backfill', '--attach', `arn:aws:states:r:1:execution:m:n`, '--from', '2023-01'], /--attach.*--from.*Give/],

  [['backtest', ...DAYS], /required option '--policy <policy>'/],
  [['backtest', ...DAYS, '--policy', 'weekly'], /--policy: "weekly" is not a policy.*fixed:N or rolling:N/],
  [['backtest', ...DAYS, '--policy', 'rolling'], /--policy: "rolling" is not a policy.*rolling:3/],
  [['backtest', ...DAYS, '--policy', 'rolling:0'], /--policy: "rolling:0" is not a policy.*1 to 24/],
  [['backtest', ...DAYS, '--policy', 'rolling:25'], /--policy: "rolling:25" is not a policy.*1 to 24/],
  [['backtest', ...DAYS, '--policy', 'fixed', '--policy', 'fixed:3'], /fixed:3 is given twice/],
  [
    ['backtest', ...DAYS, ...[1, 2, 3, 4, 5, 6, 7].flatMap((n) => ['--policy', `rolling:${n}`])],
    /7 policies.*at most 6/,
  ],
  [['backtest', '--from', '2023-02', '--to', '2023-01', '--policy', 'fixed'], /2023-02\.\.2023-01 is empty/],
  [['backtest', '--from', '2015-01', '--to', '2023-01', '--policy', 'fixed'], /97 months.*at most 60/],
  [['backtest', ...DAYS, '--policy', 'fixed', '--late', '13'], /--late: "13" is not a whole number from 0 to 12/],
  [['backtest', ...DAYS, '--policy', 'fixed', '--recipe', 'crystal-ball'], /"crystal-ball".*linear-pair, linear-zones/],
  [['backtest', ...DAYS, '--policy', 'fixed', '--at-a-time', '0'], /--at-a-time: "0" is not a whole number from 1/],
  [['backfill', '--attach', `arn:aws:states:r:1:execution:m:n`, '--preview'], /--attach.*--preview.*Give/],
  [['backfill', '--preview'], /not clear what to backfill.*--from and --to/],

  [['models', 'list', '--taxi-type', 'blue'], /Unknown taxi type "blue"/],
  [['models', 'show'], /missing required argument 'run'/],
  [['models', 'show', 'latest'], /"latest" is not a run.*32 hexadecimal.*champion/],
  [['models', 'at'], /missing required argument 'time'/],
  [['models', 'at', 'yesterday'], /"yesterday" is not a time.*2026-11-21T14:30:00Z/],
  [['models', 'at', '2199-01-01'], /"2199-01-01" is in the future/],
  [['models', 'compare', 'champion'], /missing required argument 'b'/],
  [['models', 'compare', 'champion', 'latest'], /"latest" is not a run/],
  [['models', 'compare', 'champion', RUN, '--month', '2023-13'], /"2023-13" is not a month/],
  [['models', 'promote', 'latest'], /"latest" is not a run/],
  [['models', 'rollback', '--taxi-type', 'blue'], /Unknown taxi type "blue"/],
  [['models', 'replay', RUN], /not clear what to replay.*--month.*--day/],
  [['models', 'replay', RUN, '--month', '2023-04', '--day', '2023-04-03'], /not clear what to replay.*not both/],
  [['models', 'replay', 'latest', '--month', '2023-04'], /"latest" is not a run/],
  [['models', 'replay', RUN, '--day', 'yesterday'], /--day: "yesterday" is not a day/],
  [['models', 'replay', RUN, '--month', '2023-04', '--against', 'best'], /--against: "best" is not a run/],
  [['models', 'shadow', 'latest'], /"latest" is not a run/],
  [['models', 'shadow', RUN, '--stop'], /--stop was given with run .*without/],
  [['models', 'shadow', '--hours', '2'], /--hours 2 was given without a run/],
  [['models', 'shadow', RUN, '--hours', '721'], /--hours: "721" is not a whole number from 1 to 720/],
  [['models', 'sync', 'now'], /too many arguments for 'sync'.*now/],
  [['models', 'copy', RUN, '--from', 'dev'], /required option '--to <name>'/],
  [['models', 'copy', RUN, '--from', 'dev', '--to', 'dev'], /--from and --to are both dev/],
  [['models', 'copy', RUN, '--from', 'dev', '--to', 'moon'], /moon.*dev.*prod/],
  [['models', 'copy', 'latest', '--from', 'dev', '--to', 'prod'], /"latest" is not a run/],

  [['stream', 'replay'], /required option '--month <YYYY-MM>'/],
  [['stream', 'replay', '--month', '2023-04', '--rate', '0'], /--rate: "0" is not a whole number, 1 or more/],
  [['stream', 'replay', '--month', '2023-04', '--limit', '-1'], /--limit: "-1" is not a whole number, 1 or more/],
  [['stream', 'tail', '--limit', '0'], /--limit: "0" is not a whole number, 1 or more/],
  [['stream', 'requeue', '--from', 'yesterday'], /--from: "yesterday" is not a time.*2026-11-21T14:30:00Z/],
  [['stream', 'requeue', '--to', '2026-11-21T14:30:00'], /--to: "2026-11-21T14:30:00" is not a time.*offset/],
  [
    ['stream', 'requeue', '--from', '2026-11-22', '--to', '2026-11-21'],
    /2026-11-22T00:00:00.* is not before .*2026-11-21T00:00:00.*earlier/,
  ],
  [['stream', 'requeue', '--reason', 'bad-luck'], /no reason "bad-luck".*not-json.*undelivered/],
  [['stream', 'drift', '--days', '3'], /--days: "3" is not a whole number from 7 to 28/],
  [['stream', 'requeue', '--limit', '1e3'], /--limit: "1e3" is not a whole number, 1 or more/],

  [['labels', 'put'], /missing required argument 'file'/],
  [['labels', 'put', 'month.parquet', '--month', '2023-13'], /"2023-13" is not a month/],
  [['labels', 'show', '--from', '2023-04'], /--from: "2023-04" is not a day/],
  [['labels', 'show', '--from', '2023-04-02', '--to', '2023-04-01'], /--from 2023-04-02 is after --to 2023-04-01/],

  [['score', 'in.parquet', 'out.parquet'], /not clear which model.*--model.*--as-of/],
  [['score', 'in.parquet', 'out.parquet', '--model', RUN, '--as-of', '2023-05-01'], /not clear which model.*Give one/],
  [['score', 'in.parquet', 'out.parquet', '--as-of', 'May'], /--as-of: "May" is not a time.*offset/],
  [['score', 'in.parquet', 'out.parquet', '--as-of', '2199-01-01'], /--as-of: "2199-01-01" is in the future/],
  [['score', 'in.parquet', '--model', 'champion'], /missing required argument 'out'/],
  [['score', 'in.parquet', 'out.parquet', '--model', 'champion', '--month', '2023-13'], /"2023-13" is not a month/],
  [['monitor'], /required option '--month/],
  [['monitor', '--month', '2023-4'], /"2023-4" is not a month/],
  [['report', 'open', '2023-13'], /"2023-13" is not a month/],
  [['report', 'open', '--run-id', 'latest'], /--run-id: "latest" is not a run id/],
  [['report', 'index', '--taxi-type', 'blue'], /Unknown taxi type "blue"/],
  [['why'], /missing required argument 'alarm'/],
  [['why', 'month-harmed', '--month', '2023-13'], /"2023-13" is not a month/],
  [['drift', 'before.parquet'], /missing required argument 'current'/],
  [['drift', 'a.parquet', 'b.parquet', '--preset', 'best'], /--preset.*best.*tripcast, evidently, classic/],
  [['predict', '--pu', '130'], /required option '--do <zone>'/],
  [
    ['predict', '--pu', 'Harlem', '--do', '1'],
    /--pu: "Harlem" is not a zone\. The closest are Central Harlem \(41\), /,
  ],
  [['predict', '--pu', 'JFK', '--do', '1'], /--pu: "JFK" is not a zone\. The closest are JFK Airport \(132\)\./],
  [
    ['predict', '--pu', '1', '--do', 'Timbuktu, Mali'],
    /--do: "Timbuktu, Mali" is not a zone\. Give its number, 1 to 265/,
  ],
  [['predict', '--pu', '1', '--do', '999'], /--do: "999" is not a whole number from 1 to 265/],
  [['predict', '--pu', '0', '--do', '1'], /--pu: "0" is not a whole number from 1 to 265/],
  [['predict', '--pu', '1', '--do', '1', '--distance', '-1'], /--distance: "-1" .*miles/],
  [['predict', '--pu', '1', '--do', '1', '--distance', '1e6'], /--distance: "1e6" .*miles/],
  [['predict', '--pu', '1', '--do', '1', '--distance', 'NaN'], /--distance: "NaN" .*miles/],
  [['predict', '--pu', '1', '--do', '1', '--at', 'noon'], /--at: "noon" is not a time.*2023-04-03T08:30/],
  [['explain', '2023-04-123'], /"2023-04-123" is not the id of a ride.*2023\/04_123/],
  [['explain', '2023/04_01'], /"2023\/04_01" is not the id of a ride.*Write 2023\/04_1/],
  [['serve', '--port', '-1'], /--port: "-1" is not a whole number from 0 to 65535/],
  [['serve', '--port', '99999'], /--port: "99999" is not a whole number from 0 to 65535/],
  [['console', '--port', '99999'], /--port: "99999" is not a whole number from 0 to 65535/],
  [['serve', '--taxi-type', 'blue'], /Unknown taxi type "blue"/],

  [['invoke', 'plan'], /missing required argument 'event'/],
  [['invoke', 'plna', 'event.json'], /no function "plna".*stream-score, predict, plan/],
  [['logs', 'plna'], /no function "plna".*stream-score, predict, plan/],
  [['logs', '--minutes', '0'], /--minutes: "0" is not a whole number, 1 or more/],
  [['rollout'], /not clear what to do.*--status, --check.*--rollback/],
  [['rollout', '--status', '--check'], /not clear what to do.*--status, --check.*--rollback/],
  [['rollout', '--check', '--function', 'score'], /--function.*score.*stream-score, predict/],
  [['cost', '--env', 'moon'], /moon.*dev.*prod/],
  [['destroy', '--force'], /unknown option '--force'/],
];

/** Right in itself, but nothing is up, nobody is signed in, or a file is not what it should be. */
const FAILED: readonly Row[] = [
  [['up', '--emulator', 'localstack', '--endpoint', 'http://127.0.0.1:1'], /http:\/\/127\.0\.0\.1:1/],
  [['doctor', '--env', 'prod'], NOBODY],
  [['ingest', ...DAYS], NOT_UP],
  [['train', ...RECIPE, '--train', '2023-01'], NOT_UP],
  [['models', 'recalibrate', '--months', '2023-04'], NOT_UP],
  [['train', ...RECIPE, '--train', '2019-07', '--local', '--source', '.'], /green_tripdata_2019-07\.parquet/],
  [['retrain'], NOT_UP],
  [['retrain', '--no-wait', '--env', 'prod'], NOBODY],
  [['batch', '--month', '2023-04'], NOT_UP],
  [['batch', '--month', '2023-04', '--env', 'prod'], NOBODY],
  [['backfill', ...DAYS], NOT_UP],
  [['backtest', ...DAYS, '--policy', 'fixed'], NOT_UP],
  [['backtest', ...DAYS, '--policy', 'fixed', '--data', 'nowhere'], /no folder nowhere.*--data/],
  [
    ['backtest', ...DAYS, '--policy', 'fixed', '--data', 'folder'],
    /None of the months 2023-01\.\.2023-02 is in the data.*ingest/,
  ],
  [
    ['backtest', ...['--from', '2023-04', '--to', '2023-04', '--policy', 'rolling:12', '--data', TLC]],
    /rolling:12 cannot train.*2022-02\.\.2023-01.*lacks 2022-06.*shorter window.*--from 2022-06 --to 2022-12/,
  ],
  [['backfill', ...DAYS, '--preview'], NOT_UP],
  [['models', 'list'], NOT_UP],
  [['models', 'at', '2023-05-01'], NOT_UP],
  [['models', 'list', '--env', 'prod'], NOBODY],
  [['models', 'show', RUN], NOT_UP],
  [['models', 'compare', RUN, 'champion'], NOT_UP],
  [['models', 'promote', RUN], NOT_UP],
  [['models', 'rollback'], NOT_UP],
  [['models', 'replay', RUN, '--month', '2023-04'], NOT_UP],
  [['models', 'shadow'], NOT_UP],
  [['models', 'shadow', RUN], NOT_UP],
  [['models', 'sync'], NOT_UP],
  [['models', 'copy', RUN, '--from', 'dev', '--to', 'prod'], NOT_UP],
  [['stream', 'replay', '--month', '2023-04'], NOT_UP],
  [['stream', 'tail'], NOT_UP],
  [['stream', 'requeue'], NOT_UP],
  [['stream', 'drift'], NOT_UP],
  [['labels', 'put', 'labels.jsonl'], /no file labels\.jsonl/],
  [['labels', 'put', 'event.json'], NOT_UP],
  [['labels', 'show'], NOT_UP],
  [['status', '--env', 'prod'], NOBODY],
  [['score', 'green_tripdata_2023-04.parquet', 'out.parquet', '--model', RUN], /green_tripdata_2023-04\.parquet/],
  [
    ['score', 'green_tripdata_2023-04.parquet', 'out.parquet', '--as-of', '2023-05-01'],
    /green_tripdata_2023-04\.parquet/,
  ],
  [['monitor', '--month', '2023-04'], NOT_UP],
  [['report', 'open'], NOT_UP],
  [['report', 'index'], NOT_UP],
  [['why', 'month-harmed'], NOT_UP],
  [['why', 'month-sad'], /no alarm "month-sad".*month-harmed, month-drifted.*stream-behind/],
  [['why', 'tripcast-prod-stream-behind'], /no alarm "tripcast-prod-stream-behind".*--env prod/],
  [['drift', 'before.parquet', 'after.parquet'], /no file before\.parquet/],
  [['predict', '--pu', '1', '--do', '2'], NOT_UP],
  [['explain', '2023/04_123'], NOT_UP],
  [['console'], NOT_UP],
  [['console', '--env', 'prod'], NOBODY],
  [['serve'], NOT_UP],
  [['serve', '--model', 'nothing.onnx'], /nothing\.onnx.*model\.onnx/],
  [['invoke', 'plan', 'missing.json'], /no event file missing\.json.*test\/events\/kinesis\.json/],
  [['invoke', 'plan', 'folder'], /folder.*is a folder.*JSON file/],
  [['invoke', 'plan', 'broken.json'], /broken\.json is not JSON.*Fix the file/],
  [['invoke', 'plan', 'event.json'], NOT_UP],
  [['logs', 'plan'], NOT_UP],
  [['rollout', '--status'], NOT_UP],
  [['destroy', '--yes'], NOT_UP],
  [['destroy', '--yes', '--env', 'prod'], NOBODY],
];

let root: string;
let clone: Readonly<Record<string, string>>;
const cwd = process.cwd();

beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'tripcast té st-'));
  const folder = (name: string) => {
    mkdirSync(join(root, name));
    return join(root, name);
  };
  vi.stubEnv('TRIPCAST_LOCAL', folder('local'));
  vi.stubEnv('TMPDIR', folder('tmp'));
  vi.stubEnv('HOME', folder('home'));
  // Nobody is signed in: no keys, no profile, and no machine on AWS that would lend its own.
  for (const name of Object.keys(process.env)) if (name.startsWith('AWS_')) vi.stubEnv(name, undefined);
  vi.stubEnv('AWS_EC2_METADATA_DISABLED', 'true');
  vi.stubEnv('TRIPCAST_DEBUG', undefined);
  process.chdir(folder('cwd'));
  mkdirSync('folder');
  writeFileSync('broken.json', '{"month":');
  writeFileSync('event.json', '{}');
  clone = filesOfClone(CLONE);
});

afterAll(() => {
  process.chdir(cwd);
  rmSync(root, { recursive: true, force: true });
  vi.unstubAllEnvs();
});

/** One line that names what was given and the fix, nothing else said, and nothing written. */
async function expectRefused(words: readonly string[], code: number, says: RegExp): Promise<void> {
  const before = contentsOf(root);
  const ended = await runCommand(words);
  expect(ended.err).toMatch(/^tripcast: .+[.)]\n$/); // one line: a dot matches no line's end
  expect(ended.err).toMatch(says);
  expect(ended.err).not.toMatch(/^ {4}at |node_modules|\.ts:\d/m);
  expect(ended.out).toBe('');
  expect(ended.code).toBe(code);
  expect(contentsOf(root)).toEqual(before);
}

describe('wrong usage ends with 2: it is said in one line, and nothing is written', () => {
  test.each(WRONG_USAGE)('%j', (words, says) => expectRefused(words, 2, says));

  test.each([[], ['models'], ['stream'], ['labels'], ['report']])('%j alone shows what there is', async (...words) => {
    const ended = await runCommand(words);
    expect(ended).toMatchObject({ code: 2, out: '', err: expect.stringMatching(/^Usage: tripcast.*Commands:/s) });
  });
});

describe('what cannot be done ends with 1: it is said in one line, and nothing is written', () => {
  test.each(FAILED)('%j', (words, says) => expectRefused(words, 1, says));
});

test('no command is left out', async () => {
  const { program } = await import('#cli/program.ts');
  const names = commandNames(program());
  const without = (rows: readonly Row[]) => {
    const tried = new Set(rows.map(([words]) => nameOf(words, names)));
    return names.filter((name) => !tried.has(name));
  };
  expect(without(WRONG_USAGE)).toEqual([]);
  // `start` would bring the environment up. For the other two it does not matter that nothing is there.
  expect(without(FAILED)).toEqual(['start', 'down', 'cost']);
});

test('nothing of all this has touched the clone', () => {
  expect(filesOfClone(CLONE)).toEqual(clone);
});
