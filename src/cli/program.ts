import { Command, CommanderError, Option } from 'commander';
import { type Policy, parsePolicy } from '#backtest/policy.ts';
import { MAX_CONCURRENCY } from '#batch/limits.ts';
import { ENVIRONMENTS, environmentName } from '#lib/config/environment-files.ts';
import { FUNCTIONS, LIVE_FUNCTIONS } from '#lib/config/functions.ts';
import { RECIPE_NAMES } from '#model/recipes/recipe.ts';
import { PRESETS } from '#monitoring/presets.ts';
import { PROMOTIONS } from '#retraining/policy.ts';
import { outliveReaders } from '#setup/output.mjs';
import { parseRunId } from '#storage/run-id.ts';
import { parseDay } from '#trips/day.ts';
import { type Month, parseMonth, parseMonths } from '#trips/month.ts';
import { type MonthRide, parseMonthRide } from '#trips/month-ride.ts';
import { ZONES } from '#trips/ride-limits.ts';
import { parseTaxiType, TAXI_TYPES } from '#trips/taxi-type.ts';
import {
  argument,
  between,
  count,
  executionArn,
  miles,
  names,
  pickupTime,
  plainAddress,
  port,
  runName,
  windows,
  zone,
} from './arguments.ts';
import type { DriftOptions } from './commands/drift.ts';
import type { ExplainOptions } from './commands/explain.ts';
import type { LabelsPutOptions } from './commands/labels/put.ts';
import type { LogsOptions } from './commands/logs.ts';
import type { ModelsAtOptions } from './commands/models/at.ts';
import type { ModelsCompareOptions } from './commands/models/compare.ts';
import type { ModelsCopyOptions } from './commands/models/copy.ts';
import type { ModelsPromoteOptions } from './commands/models/promote.ts';
import type { ModelsRecalibrateOptions } from './commands/models/recalibrate.ts';
import type { ModelsReplayOptions } from './commands/models/replay.ts';
import type { ModelsShadowOptions } from './commands/models/shadow.ts';
import type { ModelsShowOptions } from './commands/models/show.ts';
import type { ReportOpenOptions } from './commands/report/open.ts';
import type { ScoreOptions } from './commands/score.ts';
import type { WhyOptions } from './commands/why.ts';
import { failureOf } from './failure.ts';
import { parseInstant, pastInstant } from './instant.ts';
import { Interruption } from './interruptible.ts';
import { type CommonOptions, EMULATORS } from './options.ts';
import { results, type Terminal, terminal } from './view/terminal.ts';

type Run<Options> = (options: Options & CommonOptions, terminal: Terminal) => Promise<void>;

const DONE = 0;

/** Runs the command line. @returns the exit code: 0 done, 1 failed, 2 wrong usage */
export async function main(argv: readonly string[]): Promise<number> {
  outliveReaders();
  const tripcast = program();
  try {
    await tripcast.parseAsync(argv);
    return Number(process.exitCode ?? DONE) || (await results.exitCode());
  } catch (error) {
    if (error instanceof CommanderError && error.exitCode === 0) return DONE; // --help
    if (error instanceof Interruption) return error.exitCode; // the command has reported it
    const { code, text } = failureOf(error, manualOf(tripcast, argv.slice(2)));
    if (text !== undefined) process.stderr.write(`${text}\n`);
    return code;
  }
}

/** The innermost command that the words name, for example `tripcast models show`. */
function manualOf(command: Command, [word, ...more]: readonly string[]): string {
  const named = command.commands.find((each) => each.name() === word);
  return named === undefined ? command.name() : `${command.name()} ${manualOf(named, more)}`;
}

/** The manual: every command with its flags. A command's code, and what it needs, is loaded when it runs. */
export function program(): Command {
  const tripcast = new Command('tripcast')
    .description('Predict taxi-trip durations on AWS: train, deploy, run and monitor, all as code.')
    .exitOverride()
    .configureOutput({ outputError: () => {} }); // main prints it

  const command = (nameAndArguments: string, description: string) =>
    tripcast
      .command(nameAndArguments)
      .description(description)
      .addOption(environment())
      .option('--json', 'one JSON object on standard output', false);

  command('start', 'run the whole system once, on real data: what `npm start` runs')
    .addOption(emulator())
    .addOption(endpoint())
    .action(lazily(async () => (await import('./commands/start.ts')).start));
  command('up', 'start the local environment: emulator and deployed stack')
    .addOption(emulator())
    .addOption(endpoint())
    .action(lazily(async () => (await import('./commands/up.ts')).up));
  command('down', 'stop the local environment and discard its data').action(
    lazily(async () => (await import('./commands/down.ts')).down),
  );
  command('status', 'show what is running, and where').action(
    lazily(async () => (await import('./commands/status.ts')).status),
  );
  command('doctor', 'check this machine, and the quotas of the account that an environment is deployed to').action(
    lazily(async () => (await import('./commands/doctor.ts')).doctor),
  );

  command('ingest', "copy TLC's month files into the data bucket")
    .addOption(taxiType())
    .requiredOption('--from <YYYY-MM>', 'first month', argument(parseMonth))
    .requiredOption('--to <YYYY-MM>', 'last month', argument(parseMonth))
    .option('--source <folder|URL>', "where the files are (default: TLC's public address)")
    .option('--refresh', 'check existing months too, and replace those that were published again', false)
    .action(lazily(async () => (await import('./commands/ingest.ts')).ingest));

  command('train', 'train a model with the deployed state machine: gate it, register it, and promote it on request')
    .requiredOption('--recipe <name>', RECIPE_NAMES.join(', '))
    .addOption(taxiType())
    .option('--train <months>', '2023-01..2023-03, or a list', argument(parseMonths))
    .option('--year <YYYY>', 'with --month, short for --train YYYY-MM', argument(count))
    .option('--month <M>', 'with --year', argument(between(1, 12)))
    .option('--validate <month|split:share|last:days>', 'what to validate on (default: the month after the last one)')
    .option('--promote', 'make it the champion', false)
    .option('--local', 'read --source and write --out: no AWS', false)
    .option('--source <folder>', 'with --local: the folder of TLC files')
    .option('--out <folder>', 'with --local: where the model folder goes')
    .action(lazily(async () => (await import('./commands/train.ts')).train));

  command('retrain', 'train the candidates that the policy names, and promote the best that passes the gate')
    .addOption(taxiType())
    .option('--as-of <YYYY-MM>', 'as if this were the current month', argument(parseMonth))
    .option('--windows <months>', 'how many months to train on, one candidate each: 1,3', argument(windows))
    .addOption(new Option('--promote <which>', 'never: a person promotes (default: as configured)').choices(PROMOTIONS))
    .option('--no-wait', 'start it and return')
    .action(lazily(async () => (await import('./commands/retrain.ts')).retrain));

  command('batch', 'score a month with the deployed state machine')
    .addOption(taxiType())
    .option('--month <YYYY-MM>', 'the month to score', argument(parseMonth))
    .option('--date <YYYY-MM-DD>', 'score as if today were this day', argument(parseDay))
    .option('--run-id <run>', 'run to score with (default: the champion)', argument(parseRunId))
    .option('--force', 'score again even if it is done', false)
    .option('--all', 'score rides outside 1..60 minutes as well', false)
    .action(lazily(async () => (await import('./commands/batch.ts')).batch));

  command('backfill', 'score past months with the deployed state machine')
    .addOption(taxiType())
    .option('--from <YYYY-MM>', 'first month', argument(parseMonth))
    .option('--to <YYYY-MM>', 'last month', argument(parseMonth))
    .option(
      '--max-concurrency <n>',
      `months at a time, 1..${MAX_CONCURRENCY}`,
      argument(between(1, MAX_CONCURRENCY)),
      1,
    )
    .option('--run-id <run>', 'run to score with (default: the champion)', argument(parseRunId))
    .option('--force', 'score again even if it is done', false)
    .option('--all', 'score rides outside 1..60 minutes as well', false)
    .option(
      '--attach <ARN>',
      'return to an execution that was left with Ctrl-C, instead of starting one',
      argument(executionArn),
    )
    .option('--preview', 'only show which months would run, why, and what it would take', false)
    .action(lazily(async () => (await import('./commands/backfill.ts')).backfill));

  command('backtest', 'walk retraining policies through past months: would they have paid?')
    .addOption(taxiType())
    .requiredOption('--from <YYYY-MM>', 'first month to score', argument(parseMonth))
    .requiredOption('--to <YYYY-MM>', 'last month to score', argument(parseMonth))
    .requiredOption(
      '--policy <policy>',
      'fixed, fixed:N or rolling:N (N = months to train on); repeat it to compare',
      (text: string, before: readonly Policy[] = []) => [...before, argument(parsePolicy)(text)],
    )
    .option('--late <months>', 'how many months after its end a month is published', argument(between(0, 12)), 2)
    .option('--recipe <name>', RECIPE_NAMES.join(', '), 'zone-map')
    .option('--recalibrate', "fit the champion's intervals to the newest published month before each month", false)
    .option('--data <folder>', "TLC's files, for example data/tlc: no AWS (default: the data bucket)")
    .option('--at-a-time <n>', 'trainings at a time (default: as many as fit the machine)', argument(between(1, 64)))
    .option('--open', 'show the page', false)
    .action(lazily(async () => (await import('./commands/backtest.ts')).backtestCommand));

  const models = tripcast.command('models').description('the registry: runs, champions, and their history');
  const modelsCommand = (nameAndArguments: string, description: string) =>
    models
      .command(nameAndArguments)
      .description(description)
      .addOption(environment())
      .option('--json', 'one JSON object on standard output', false);
  modelsCommand('list', 'list all runs, latest first')
    .addOption(new Option('--taxi-type <type>', 'only runs of this taxi type').argParser(argument(parseTaxiType)))
    .action(lazily(async () => (await import('./commands/models/list.ts')).modelsList));
  modelsCommand('show', 'show a run: data, figures, gate, promotions')
    .argument('<run>', "its id, MLflow's id, or `champion`", argument(runName))
    .addOption(taxiType())
    .action((run: string, options: Omit<ModelsShowOptions, 'run'> & CommonOptions) =>
      runLazily(async () => (await import('./commands/models/show.ts')).modelsShow, { ...options, run }),
    );
  modelsCommand('at', 'show which run was the champion at a time')
    .argument('<time>', 'a day, or a time with an offset', argument(pastInstant))
    .addOption(taxiType())
    .action((time: Date, options: Omit<ModelsAtOptions, 'time'> & CommonOptions) =>
      runLazily(async () => (await import('./commands/models/at.ts')).modelsAt, { ...options, time }),
    );
  modelsCommand('compare', 'compare two runs on the same rides, with an interval for the difference')
    .argument('<a>', 'a run, or `champion`', argument(runName))
    .argument('<b>', 'a run, or `champion`', argument(runName))
    .addOption(taxiType())
    .option('--month <YYYY-MM>', 'an ingested month (default: the one that <a> was validated on)', argument(parseMonth))
    .action((a: string, b: string, options: Omit<ModelsCompareOptions, 'a' | 'b'> & CommonOptions) =>
      runLazily(async () => (await import('./commands/models/compare.ts')).modelsCompare, { ...options, a, b }),
    );
  modelsCommand('recalibrate', "make a run's intervals anew from later months: a new run with the same predictions")
    .argument('[run]', 'its id, or `champion`', argument(runName), 'champion')
    .addOption(taxiType())
    .requiredOption(
      '--months <months>',
      'that it was not trained on: 2023-04, a range, or a list',
      argument(parseMonths),
    )
    .option('--validate <month|split:share|last:days>', 'what to validate on (default: last:7)')
    .option('--promote', 'make it the champion', false)
    .action((run: string, options: Omit<ModelsRecalibrateOptions, 'run'> & CommonOptions) =>
      runLazily(async () => (await import('./commands/models/recalibrate.ts')).modelsRecalibrate, { ...options, run }),
    );
  modelsCommand('promote', 'make a run the champion of its taxi type, if it passed the gate')
    .argument('<run>', 'its id', argument(runName))
    .option('--gate', 'run the gate first, on this machine, against the current champion', false)
    .option('--force', 'overrule the gate; the history records what it said', false)
    .option('--reason <text>', 'with --force: why, for the history')
    .action((run: string, options: Omit<ModelsPromoteOptions, 'run'> & CommonOptions) =>
      runLazily(async () => (await import('./commands/models/promote.ts')).modelsPromote, { ...options, run }),
    );
  modelsCommand('rollback', 'make the previous champion the champion again')
    .addOption(taxiType())
    .action(lazily(async () => (await import('./commands/models/rollback.ts')).modelsRollback));
  modelsCommand('replay', 'have a run and the champion score the same past rides: exits with 0 if it passes')
    .argument('<run>', 'its id', argument(runName))
    .option('--against <run>', 'what to compare it with', argument(runName), 'champion')
    .option('--month <YYYY-MM>', 'an ingested month', argument(parseMonth))
    .option('--day <YYYY-MM-DD>', 'a day of the stream, in New York, whose events it still has', argument(parseDay))
    .addOption(taxiType())
    .action((run: string, options: Omit<ModelsReplayOptions, 'run'> & CommonOptions) =>
      runLazily(async () => (await import('./commands/models/replay.ts')).modelsReplay, { ...options, run }),
    );
  modelsCommand(
    'shadow',
    'have a run score the stream next to the champion, unpublished; without a run, show how it does',
  )
    .argument('[run]', 'its id', argument(runName))
    .option('--hours <n>', 'how long, 1 to 720 (default: 24)', argument(between(1, 720)))
    .option('--stop', 'end it now', false)
    .action((run: string | undefined, options: Omit<ModelsShadowOptions, 'run'> & CommonOptions) =>
      runLazily(async () => (await import('./commands/models/shadow.ts')).modelsShadow, { ...options, run }),
    );
  modelsCommand('sync', 'mirror missing runs to MLflow').action(
    lazily(async () => (await import('./commands/models/sync.ts')).modelsSync),
  );
  models
    .command('copy')
    .argument('<run>', 'its id, or `champion`', argument(runName))
    .description('copy a run to another environment')
    .addOption(environmentOption('--from <name>').makeOptionMandatory())
    .addOption(environmentOption('--to <name>').makeOptionMandatory())
    .option('--json', 'one JSON object on standard output', false)
    .action((run: string, options: Omit<ModelsCopyOptions, 'run'> & CommonOptions) =>
      runLazily(async () => (await import('./commands/models/copy.ts')).modelsCopy, { ...options, run }),
    );

  const stream = tripcast.command('stream').description('send rides and see their predictions');
  stream
    .command('replay')
    .description("send a month's real rides as events")
    .addOption(environment())
    .option('--json', 'one JSON object on standard output', false)
    .addOption(taxiType())
    .requiredOption('--month <YYYY-MM>', 'an ingested month', argument(parseMonth))
    .option('--limit <n>', 'number of rides, from the first (default: all)', argument(count))
    .option('--rate <n>', 'rides per second (default: as fast as possible)', argument(count))
    .action(lazily(async () => (await import('./commands/stream/replay.ts')).streamReplay));
  stream
    .command('tail')
    .description('show predictions as they arrive')
    .addOption(environment())
    .option('--json', 'JSON lines on standard output', false)
    .option('--from-start', "start at the stream's oldest record instead of now", false)
    .option('--limit <n>', 'stop after this many', argument(count))
    .action(lazily(async () => (await import('./commands/stream/tail.ts')).streamTail));

  stream
    .command('drift')
    .description('compare the rides of the last days with those that the champion was trained on')
    .addOption(environment())
    .option('--json', 'one JSON object on standard output', false)
    .option('--days <n>', 'how many days, 7 to 28 (default: as configured)', argument(between(7, 28)))
    .action(lazily(async () => (await import('./commands/stream/drift.ts')).streamDriftCommand));

  stream
    .command('requeue')
    .description('resend events that have no prediction: those in quarantine, and those that Lambda gave up on')
    .addOption(environment())
    .option('--json', 'one JSON object on standard output', false)
    .option('--from <time>', 'only events that arrived since: a day, or a time with an offset', argument(parseInstant))
    .option('--to <time>', 'only events that arrived before', argument(parseInstant))
    .option('--reason <reason>', 'only this reason of quarantine (not-json, out-of-range, …), or `undelivered`')
    .option('--limit <n>', 'at most this many', argument(count))
    .option('--again', 'also those that were resent before', false)
    .option('--dry-run', 'only show what would be sent', false)
    .action(lazily(async () => (await import('./commands/stream/requeue.ts')).streamRequeue));

  const labels = tripcast
    .command('labels')
    .description('how long rides really took, and how good the predictions of the stream and the API were');
  const labelsCommand = (name: string, description: string) =>
    labels
      .command(name)
      .description(description)
      .addOption(environment())
      .option('--json', 'one JSON object on standard output', false);
  labelsCommand('put', 'store the real durations of rides')
    .argument('<file>', 'JSON lines of {ride_id, actual_duration} (minutes), or a TLC month for its replayed rides')
    .option('--month <YYYY-MM>', "of a TLC month (default: from the file's name)", argument(parseMonth))
    .addOption(new Option('--taxi-type <type>', "default: from the file's name").argParser(argument(parseTaxiType)))
    .action((file: string, options: Omit<LabelsPutOptions, 'file'> & CommonOptions) =>
      runLazily(async () => (await import('./commands/labels/put.ts')).labelsPut, { ...options, file }),
    );

  labelsCommand('show', 'show how many predictions have labels, and how large their errors are')
    .option(
      '--from <YYYY-MM-DD>',
      'first day of predictions, in New York (default: 90 days up to --to)',
      argument(parseDay),
    )
    .option('--to <YYYY-MM-DD>', 'last day (default: today)', argument(parseDay))
    .action(lazily(async () => (await import('./commands/labels/show.ts')).labelsShow));

  command('score <in> <out>', 'score a Parquet file; uses AWS only if the model is there')
    .option('--model <run|champion|file>', 'a run, `champion`, or a model.onnx')
    .option(
      '--as-of <time>',
      'instead: the champion at that time; a day, or a time with an offset',
      argument(pastInstant),
    )
    .addOption(new Option('--taxi-type <type>', "default: from the file's name").argParser(argument(parseTaxiType)))
    .option('--month <YYYY-MM>', "default: from the file's name", argument(parseMonth))
    .option('--all', 'score rides outside 1..60 minutes as well', false)
    .addOption(anyTaxiType())
    .action((input: string, output: string, options: Omit<ScoreOptions, 'input' | 'output'> & CommonOptions) =>
      runLazily(async () => (await import('./commands/score.ts')).score, { ...options, input, output }),
    );

  command('drift <reference> <current>', 'compare the columns of two Parquet or CSV files; uses no AWS')
    .addOption(new Option('--preset <name>', 'methods and limits').choices(PRESETS).default('tripcast'))
    .option('--categorical <columns>', "columns of codes, separated by commas (default: TLC's zones and codes)", names)
    .option('--time <column>', "the time whose days are resampled (default: TLC's pickup time)")
    .option('--prediction <column>', "the model's output, listed first (default: predicted_duration or prediction)")
    .option('--explain', 'train a classifier that tells which columns set the files apart', false)
    .action(
      (reference: string, current: string, options: Omit<DriftOptions, 'reference' | 'current'> & CommonOptions) =>
        runLazily(async () => (await import('./commands/drift.ts')).drift, { ...options, reference, current }),
    );

  command('monitor', 'report the drift and the errors of a scored month')
    .addOption(taxiType())
    .requiredOption('--month <YYYY-MM>', 'the month to look at', argument(parseMonth))
    .option(
      '--reference <YYYY-MM>',
      'the month to compare with (default: what the run was validated on)',
      argument(parseMonth),
    )
    .option('--out <file>', 'write the page to this file too')
    .action(lazily(async () => (await import('./commands/monitor.ts')).monitor));

  const report = tripcast.command('report').description("see what monitoring found: a month's page, or all months");
  report
    .command('open')
    .argument('[month]', 'YYYY-MM (default: the latest with a report)', argument(parseMonth))
    .description("download a month's report and show it")
    .addOption(environment())
    .option('--json', 'one JSON object on standard output', false)
    .addOption(taxiType())
    .option('--run-id <run>', 'the report of this run (default: whose predictions are current)', argument(parseRunId))
    .action((month: Month | undefined, options: Omit<ReportOpenOptions, 'month'> & CommonOptions) =>
      runLazily(async () => (await import('./commands/report/open.ts')).reportOpen, {
        ...options,
        ...(month !== undefined && { month }),
      }),
    );
  report
    .command('index')
    .description('one page over all months with a report')
    .addOption(environment())
    .option('--json', 'one JSON object on standard output', false)
    .addOption(taxiType())
    .action(lazily(async () => (await import('./commands/report/index.ts')).reportIndex));

  command('why', 'say what is behind an alarm: columns, groups, rides, files, and how to compute its figure again')
    .argument('<alarm>', 'its name, for example month-harmed')
    .addOption(taxiType())
    .option('--month <YYYY-MM>', 'of month-harmed and month-drifted (default: the latest report)', argument(parseMonth))
    .action((alarm: string, options: Omit<WhyOptions, 'alarm'> & CommonOptions) =>
      runLazily(async () => (await import('./commands/why.ts')).why, { ...options, alarm }),
    );

  command('predict', 'predict one ride')
    .requiredOption('--pu <zone>', `pickup zone: its name, or ${ZONES.first}..${ZONES.last}`, argument(zone))
    .requiredOption('--do <zone>', 'dropoff zone, likewise', argument(zone))
    .option('--distance <miles>', 'default: none is given, as at pickup', argument(miles))
    .option(
      '--at <time>',
      'pickup time, ISO 8601, New York time unless it has an offset (default: now)',
      argument(pickupTime),
    )
    .action(lazily(async () => (await import('./commands/predict.ts')).predict));

  command('explain', 'explain the prediction of a ride in a scored month: which model, data and code made it, and why')
    .argument('<ride>', 'its id in the predictions, for example 2023/04_123', argument(parseMonthRide))
    .addOption(taxiType())
    .action((ride: MonthRide, options: Omit<ExplainOptions, 'ride'> & CommonOptions) =>
      runLazily(async () => (await import('./commands/explain.ts')).explain, { ...options, ride }),
    );

  command('serve', 'run the API and the console on this machine; uses AWS only if the model is there')
    .option('--model <run|champion|file>', 'a run, `champion`, or a model.onnx', 'champion')
    .addOption(taxiType())
    .addOption(anyTaxiType())
    .option('--folder <dir>', "copies of an environment's buckets in DIR/models and DIR/data; then without AWS")
    .option('--port <n>', 'port on 127.0.0.1, 0 for any (default: 8000, or the next free one)', argument(port))
    .action(lazily(async () => (await import('./commands/serve.ts')).serve));

  command(
    'console',
    'show the console of a deployed environment on this machine, and ask its API with your credentials',
  )
    .option('--port <n>', 'port on 127.0.0.1, 0 for any (default: 8000, or the next free one)', argument(port))
    .action(lazily(async () => (await import('./commands/console.ts')).showConsole));

  command('invoke <function> <event>', 'call a deployed function with an event file').action(
    (name: string, event: string, options: CommonOptions) =>
      runLazily(async () => (await import('./commands/invoke.ts')).invoke, { ...options, function: name, event }),
  );

  command('logs [function]', `show what the functions logged: ${FUNCTIONS.join(', ')}`)
    .option('--follow', 'keep reading until Ctrl-C', false)
    .option('--minutes <n>', 'how many minutes back', argument(count), 60)
    .action((name: string | undefined, options: Omit<LogsOptions, 'function'> & CommonOptions) =>
      runLazily(async () => (await import('./commands/logs.ts')).logs, { ...options, function: name }),
    );

  command('rollout', 'show which version of the code is live; check it, or roll it back')
    .option('--status', 'show the versions')
    .option('--check', "make the live versions answer the model's golden rides; roll back those that fail")
    .option('--rollback', 'roll the live versions back')
    .addOption(new Option('--function <name>', 'only this function').choices(LIVE_FUNCTIONS))
    .action(lazily(async () => (await import('./commands/rollout.ts')).rollout));

  command('cost', 'show what an environment costs: a million predictions on each path, and a month at rest').action(
    lazily(async () => (await import('./commands/cost.ts')).cost),
  );

  command('destroy', 'delete the deployed stack: lists what is deleted and what is kept, and asks first')
    .option('--yes', 'do not ask', false)
    .action(lazily(async () => (await import('./commands/destroy.ts')).destroy));

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

const environment = () => environmentOption('--env <name>').default('dev');

const environmentOption = (flags: string) =>
  new Option(flags, `environment, a file in env/: ${ENVIRONMENTS.join(', ')}`).argParser(argument(environmentName));

const emulator = () =>
  new Option('--emulator <name>', 'localstack: one that is already running')
    .choices(EMULATORS)
    .env('TRIPCAST_EMULATOR')
    .default('ministack');

const endpoint = () =>
  new Option('--endpoint <URL>', 'where LocalStack runs (default: the address in env/dev.json)').argParser(
    argument(plainAddress),
  );

const taxiType = () =>
  new Option('--taxi-type <type>', TAXI_TYPES.join(' or ')).argParser(argument(parseTaxiType)).default('green');

const anyTaxiType = () => new Option('--any-taxi-type', 'accept a model of the other taxi type').default(false);
