import { Command, CommanderError, InvalidArgumentError, Option } from 'commander';
import { ENVIRONMENTS, FUNCTIONS, LIVE_FUNCTIONS } from '../../lib/config.ts';
import { TripcastError } from '../errors.ts';
import { outliveReaders } from '../local/output.mjs';
import { RECIPE_NAMES } from '../model/recipe.ts';
import { parseRunId } from '../registry/run-id.ts';
import { parseMonth, parseMonths } from '../trips/month.ts';
import { parseTaxiType, TAXI_TYPES } from '../trips/taxi-type.ts';
import type { ExplainOptions } from './explain.ts';
import { parseInstant } from './instant.ts';
import { Interruption } from './interruptible.ts';
import type { LogsOptions } from './logs.ts';
import type { ModelsCompareOptions } from './models-compare.ts';
import type { ModelsCopyOptions } from './models-copy.ts';
import type { ModelsPromoteOptions } from './models-promote.ts';
import type { ModelsShowOptions } from './models-show.ts';
import { type CommonOptions, EMULATORS } from './options.ts';
import type { ScoreOptions } from './score.ts';
import { results, type Terminal, terminal } from './terminal.ts';

type Run<Options> = (options: Options & CommonOptions, terminal: Terminal) => Promise<void>;

const DONE = 0;
const FAILED = 1;
const WRONG_USAGE = 2;

/** Runs the command line. @returns the exit code: 0 done, 1 failed, 2 wrong usage */
export async function main(argv: readonly string[]): Promise<number> {
  outliveReaders();
  try {
    await program().parseAsync(argv);
    return Number(process.exitCode ?? DONE) || (await results.exitCode());
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? DONE : WRONG_USAGE;
    if (error instanceof Interruption) return error.exitCode; // the command has said so
    process.stderr.write(`tripcast: ${messageOf(error)}\n`);
    return FAILED;
  }
}

/** The names that the SDK and AWS give to missing, expired and unknown credentials. */
const CREDENTIALS =
  /^(CredentialsProviderError|ExpiredToken|ExpiredTokenException|InvalidClientTokenId|UnrecognizedClientException)$/;

/** What Node's sockets say of a place where nothing listens, or no longer. */
const UNREACHABLE = /^(ECONNREFUSED|ECONNRESET|EHOSTUNREACH|ENOTFOUND|EPIPE|ETIMEDOUT)$/;

/** A person reads the sentence; what is no TripcastError is a fault of ours and needs its stack. */
function messageOf(error: unknown): string {
  if (error instanceof TripcastError) return error.message;
  if (error instanceof Error && CREDENTIALS.test(error.name)) {
    return `AWS does not know who asks (${error.message}). Sign in (\`aws sso login\`, or AWS_PROFILE), and try again.`;
  }
  if (error instanceof Error && 'code' in error && UNREACHABLE.test(String(error.code))) {
    return `AWS, or the emulator, does not answer (${error.message}). See \`tripcast status\`; months that are done stay done, and the same command goes on from there.`;
  }
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}

/** The manual: every command with its flags. A command's code, and what it needs, is loaded when it runs. */
function program(): Command {
  const tripcast = new Command('tripcast')
    .description('Taxi-trip durations on AWS: trained, shipped, run and watched as code.')
    .exitOverride()
    .configureOutput({ outputError: (text, write) => write(text.replace(/^error: /, 'tripcast: ')) })
    .showHelpAfterError('(see `tripcast help`)');

  const command = (nameAndArguments: string, description: string) =>
    tripcast
      .command(nameAndArguments)
      .description(description)
      .addOption(environment())
      .option('--json', 'one JSON object on standard output', false);

  command('start', 'the main job from end to end: what `npm start` runs').action(
    lazily(async () => (await import('./start.ts')).start),
  );
  command('up', 'start the local environment: emulator and deployed stack')
    .addOption(
      new Option('--emulator <name>', 'localstack: one that runs already').choices(EMULATORS).default('ministack'),
    )
    .option('--endpoint <URL>', 'where LocalStack runs; the address in env/dev.json without it')
    .action(lazily(async () => (await import('./up.ts')).up));
  command('down', 'stop the local environment; what lies in the emulator is gone').action(
    lazily(async () => (await import('./down.ts')).down),
  );
  command('status', 'what is up, and where').action(lazily(async () => (await import('./status.ts')).status));
  command('doctor', 'check what this machine has').action(lazily(async () => (await import('./doctor.ts')).doctor));

  command('ingest', "bring TLC's month files into the data bucket")
    .addOption(taxiType())
    .requiredOption('--from <YYYY-MM>', 'first month', argument(parseMonth))
    .requiredOption('--to <YYYY-MM>', 'last month', argument(parseMonth))
    .option('--source <folder|URL>', "where the files are; without it, TLC's published address")
    .option('--refresh', 'ask for months that are there too, and replace what was published anew', false)
    .action(lazily(async () => (await import('./ingest.ts')).ingest));

  command('train', 'train a model with the deployed state machine: judged, registered, and promoted if wanted')
    .requiredOption('--recipe <name>', RECIPE_NAMES.join(', '))
    .addOption(taxiType())
    .option('--train <months>', '2023-01..2023-03, or a list', argument(parseMonths))
    .option('--year <YYYY>', 'with --month, short for --train YYYY-MM', argument(wholeNumber))
    .option('--month <M>', 'with --year', argument(wholeNumber))
    .option('--validate <month|split:share>', 'the month after the last one, unless given')
    .option('--promote', 'make it the champion', false)
    .option('--local', 'read --source and write --out: no AWS', false)
    .option('--source <folder>', 'with --local: the folder of TLC files')
    .option('--out <folder>', 'with --local: where the model folder goes')
    .action(lazily(async () => (await import('./train.ts')).train));

  command('batch', 'score a month with the deployed state machine')
    .addOption(taxiType())
    .option('--month <YYYY-MM>', 'the month to score', argument(parseMonth))
    .option('--date <YYYY-MM-DD>', 'score as if it were this day')
    .option('--run-id <run>', 'which run scores; the champion without it', argument(parseRunId))
    .option('--force', 'score again although it is done', false)
    .option('--all', 'score rides outside 1..60 minutes as well', false)
    .action(lazily(async () => (await import('./batch.ts')).batch));

  command('backfill', 'score past months with the deployed state machine')
    .addOption(taxiType())
    .option('--from <YYYY-MM>', 'first month', argument(parseMonth))
    .option('--to <YYYY-MM>', 'last month', argument(parseMonth))
    .option('--max-concurrency <n>', 'months at a time, 1..40', argument(wholeNumber), 1)
    .option('--run-id <run>', 'which run scores; the champion without it', argument(parseRunId))
    .option('--force', 'score again although it is done', false)
    .option('--all', 'score rides outside 1..60 minutes as well', false)
    .option('--attach <ARN>', 'return to an execution that was left with Ctrl-C, instead of starting one')
    .action(lazily(async () => (await import('./backfill.ts')).backfill));

  const models = tripcast.command('models').description('the registry: runs, champions, and who was champion before');
  const modelsCommand = (nameAndArguments: string, description: string) =>
    models
      .command(nameAndArguments)
      .description(description)
      .addOption(environment())
      .option('--json', 'one JSON object on standard output', false);
  modelsCommand('list', 'all runs, the latest first')
    .addOption(new Option('--taxi-type <type>', 'only of these taxis').argParser(argument(parseTaxiType)))
    .action(lazily(async () => (await import('./models-list.ts')).modelsList));
  modelsCommand('show <run>', "a run (its id, MLflow's, or `champion`): data, figures, gate, promotions")
    .addOption(taxiType())
    .action((run: string, options: Omit<ModelsShowOptions, 'run'> & CommonOptions) =>
      runLazily(async () => (await import('./models-show.ts')).modelsShow, { ...options, run }),
    );
  modelsCommand('compare <a> <b>', 'two runs on the same rides, and how sure the difference is')
    .addOption(taxiType())
    .option(
      '--month <YYYY-MM>',
      'an ingested month; the one that <a> was validated on without it',
      argument(parseMonth),
    )
    .action((a: string, b: string, options: Omit<ModelsCompareOptions, 'a' | 'b'> & CommonOptions) =>
      runLazily(async () => (await import('./models-compare.ts')).modelsCompare, { ...options, a, b }),
    );
  modelsCommand('promote <run>', 'make a run the champion of its taxi type, if the gate let it pass')
    .option('--force', 'overrule the gate', false)
    .action((run: string, options: Omit<ModelsPromoteOptions, 'run'> & CommonOptions) =>
      runLazily(async () => (await import('./models-promote.ts')).modelsPromote, { ...options, run }),
    );
  modelsCommand('rollback', 'make the champion before the present one the champion again')
    .addOption(taxiType())
    .action(lazily(async () => (await import('./models-rollback.ts')).modelsRollback));
  modelsCommand('sync', 'bring to MLflow what it lacks').action(
    lazily(async () => (await import('./models-sync.ts')).modelsSync),
  );
  models
    .command('copy <run>')
    .description('carry a run to another environment')
    .addOption(new Option('--from <name>', 'environment').choices(ENVIRONMENTS).makeOptionMandatory())
    .addOption(new Option('--to <name>', 'environment').choices(ENVIRONMENTS).makeOptionMandatory())
    .option('--json', 'one JSON object on standard output', false)
    .action((run: string, options: Omit<ModelsCopyOptions, 'run'> & CommonOptions) =>
      runLazily(async () => (await import('./models-copy.ts')).modelsCopy, { ...options, run }),
    );

  const stream = tripcast.command('stream').description('send rides and see their predictions');
  stream
    .command('replay')
    .description("send a month's real rides as events")
    .addOption(environment())
    .option('--json', 'one JSON object on standard output', false)
    .addOption(taxiType())
    .requiredOption('--month <YYYY-MM>', 'an ingested month', argument(parseMonth))
    .option('--limit <n>', 'rides, from the first on', argument(positiveNumber))
    .option('--rate <n>', 'rides a second; as fast as it goes without it', argument(positiveNumber))
    .action(lazily(async () => (await import('./stream-replay.ts')).streamReplay));
  stream
    .command('tail')
    .description('show predictions as they come')
    .addOption(environment())
    .option('--json', 'JSON lines on standard output', false)
    .option('--from-start', "from the stream's oldest record on, instead of now", false)
    .option('--limit <n>', 'stop after so many', argument(positiveNumber))
    .action(lazily(async () => (await import('./stream-tail.ts')).streamTail));

  stream
    .command('requeue')
    .description('send again what has no prediction: quarantine, and what Lambda gave up on')
    .addOption(environment())
    .option('--json', 'one JSON object on standard output', false)
    .option('--from <time>', 'that arrived from then on: a day, or a time with its offset', argument(parseInstant))
    .option('--to <time>', 'that arrived before', argument(parseInstant))
    .option('--reason <reason>', 'of quarantine (not-json, out-of-range, …), or `undelivered`')
    .option('--limit <n>', 'so many at most', argument(positiveNumber))
    .option('--again', 'also what was sent again before', false)
    .option('--dry-run', 'only say what would be sent', false)
    .action(lazily(async () => (await import('./stream-requeue.ts')).streamRequeue));

  command('score <in> <out>', 'score a Parquet file; AWS only if the model lies there')
    .requiredOption('--model <run|champion|file>', 'a run, `champion`, or a model.onnx')
    .addOption(
      new Option('--taxi-type <type>', "told by the file's name unless given").argParser(argument(parseTaxiType)),
    )
    .option('--month <YYYY-MM>', "told by the file's name unless given", argument(parseMonth))
    .option('--all', 'score rides outside 1..60 minutes as well', false)
    .action((input: string, output: string, options: Omit<ScoreOptions, 'input' | 'output'> & CommonOptions) =>
      runLazily(async () => (await import('./score.ts')).score, { ...options, input, output }),
    );

  command('predict', 'ask for one ride')
    .requiredOption('--pu <zone>', 'pickup zone, 1..265', argument(wholeNumber))
    .requiredOption('--do <zone>', 'dropoff zone, 1..265', argument(wholeNumber))
    .option('--distance <miles>', "the pair's typical distance without it", argument(number))
    .option('--at <time>', 'pickup, ISO 8601, New York time unless it has an offset; now without it')
    .action(lazily(async () => (await import('./predict.ts')).predict));

  command('explain <ride>', 'why a ride of a scored month (2023/04_123) was predicted as it was, and by what')
    .addOption(taxiType())
    .action((ride: string, options: Omit<ExplainOptions, 'ride'> & CommonOptions) =>
      runLazily(async () => (await import('./explain.ts')).explain, { ...options, ride }),
    );

  command('serve', 'the API on this machine; AWS only if the model lies there')
    .option('--model <run|champion|file>', 'a run, `champion`, or a model.onnx', 'champion')
    .addOption(taxiType())
    .option('--port <n>', 'port on 127.0.0.1, 0 for any (default: 8000, or the next free one)', argument(portNumber))
    .action(lazily(async () => (await import('./serve.ts')).serve));

  command('invoke <function> <event>', 'call a deployed function with an event file').action(
    (name: string, event: string, options: CommonOptions) =>
      runLazily(async () => (await import('./invoke.ts')).invoke, { ...options, function: name, event }),
  );

  command('logs [function]', `what the functions wrote: ${FUNCTIONS.join(', ')}`)
    .option('--follow', 'go on until Ctrl-C', false)
    .option('--minutes <n>', 'how far back', argument(wholeNumber), 60)
    .action((name: string | undefined, options: Omit<LogsOptions, 'function'> & CommonOptions) =>
      runLazily(async () => (await import('./logs.ts')).logs, { ...options, function: name }),
    );

  command('rollout', 'which version of the code is live; check it, or take it back')
    .option('--status', 'show the versions')
    .option('--check', "make the live versions answer the model's golden rides; take back those that do not")
    .option('--rollback', 'take the live versions back')
    .addOption(new Option('--function <name>', 'only this one').choices(LIVE_FUNCTIONS))
    .action(lazily(async () => (await import('./rollout.ts')).rollout));

  command('cost', 'what an environment costs: a million predictions on each path, and a month at rest').action(
    lazily(async () => (await import('./cost.ts')).cost),
  );

  command('destroy', 'delete the deployed stack: lists what goes and what stays, and asks first')
    .option('--yes', 'do not ask', false)
    .action(lazily(async () => (await import('./destroy.ts')).destroy));

  return tripcast;
}

const lazily =
  <Options>(load: () => Promise<Run<Options>>) =>
  (options: Options & CommonOptions) =>
    runLazily(load, options);

async function runLazily<Options>(load: () => Promise<Run<Options>>, options: Options & CommonOptions): Promise<void> {
  const run = await load();
  await run(options, terminal(options));
}

const environment = () => new Option('--env <name>', 'environment').choices(ENVIRONMENTS).default('dev');

const taxiType = () =>
  new Option('--taxi-type <type>', TAXI_TYPES.join(' or ')).argParser(argument(parseTaxiType)).default('green');

/** A parser whose complaint is wrong usage (exit code 2). */
const argument =
  <T>(parse: (text: string) => T) =>
  (text: string): T => {
    try {
      return parse(text);
    } catch (error) {
      if (error instanceof TripcastError) throw new InvalidArgumentError(error.message);
      throw error;
    }
  };

function wholeNumber(text: string): number {
  if (/^\d{1,9}$/.test(text)) return Number(text);
  throw new InvalidArgumentError('It must be a whole number.');
}

function portNumber(text: string): number {
  if (wholeNumber(text) < 65_536) return Number(text);
  throw new InvalidArgumentError('It must be a port, 0..65535.');
}

function positiveNumber(text: string): number {
  if (wholeNumber(text) > 0) return Number(text);
  throw new InvalidArgumentError('It must be 1 or more.');
}

function number(text: string): number {
  if (text.trim() !== '' && Number.isFinite(Number(text))) return Number(text);
  throw new InvalidArgumentError('It must be a number.');
}
