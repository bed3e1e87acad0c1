/** `npm run test:aws`: checks AWS, or an emulator, against the ledger. See docs/emulator.md. */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { GetCallerIdentityCommand } from '@aws-sdk/client-sts';
import { table } from '#cli/view/terminal.ts';
import { TripcastError } from '#errors.ts';
import { startEmulator } from '#local/emulator.ts';
import { devEnvironmentVariables, useVariables } from '#local/environment.ts';
import { LOCAL } from '#setup/paths.mjs';
import { hasFailed, hasPassed, type Judged, judge, readRecord, writeRecord } from './ledger.ts';
import { emulatorOf, type Measured, MINISTACK } from './measured.ts';
import { PAGE, page } from './page.ts';
import { estimate, MOST_MINUTES } from './price.ts';
import { PROBES } from './probes/index.ts';
import { AWS, emulatorAt, localstackAt, makeClients, newPrefix, type Place, runProbes } from './run-probes.ts';
import { cleanUp } from './stack.ts';

const OPTIONS = {
  emulator: { type: 'boolean', default: false },
  'yes-this-costs-money': { type: 'boolean', default: false },
  'clean-up': { type: 'string' },
  'write-ledger': { type: 'boolean', default: false },
  only: { type: 'string', default: '' },
  json: { type: 'boolean', default: false },
} as const;

const WRONG_USAGE = 2;
const INTERRUPTED = 130;

const say = (text: string) => console.error(text);

/** @returns the exit code */
export async function main(args: readonly string[]): Promise<number> {
  const { values } = parseArgs({ options: OPTIONS, args: [...args] });
  const prefix = values['clean-up'];
  if (prefix === undefined && chosen(values.only).length === 0) {
    say(`No row starts with ${values.only}. See docs/emulator.md for their names.`);
    return WRONG_USAGE;
  }
  if (values.emulator) {
    const running = process.env.AWS_ENDPOINT_URL;
    if (prefix !== undefined) return removeLeftovers(prefix);
    return running ? runAt(running, values) : onItsOwnEmulator(values);
  }
  if (!values['yes-this-costs-money'] && prefix === undefined) {
    say(
      `${estimate(chosen(values.only))}\n\nNothing was created. Add --yes-this-costs-money to run it, or --emulator to run it for free on an emulator.`,
    );
    return WRONG_USAGE;
  }
  const redirected = Object.keys(process.env).find((name) => name.startsWith('AWS_ENDPOINT_URL') && process.env[name]);
  if (redirected !== undefined) {
    say(`${redirected} is ${process.env[redirected]}, so this would not be AWS. Unset it, or add --emulator.`);
    return WRONG_USAGE;
  }
  return prefix === undefined ? run(AWS, { on: 'aws', what: await regionAndDay() }, values) : removeLeftovers(prefix);
}

type Values = ReturnType<typeof parseArgs<{ options: typeof OPTIONS }>>['values'];

const chosen = (only = '') => PROBES.filter(({ id }) => id.startsWith(only));

async function runAt(endpointUrl: string, values: Values): Promise<number> {
  const measured = await emulatorOf(endpointUrl);
  const place = measured.on === 'localstack' ? localstackAt(endpointUrl) : emulatorAt(endpointUrl);
  return run(place, measured, values);
}

async function onItsOwnEmulator(values: Values): Promise<number> {
  const dir = join(LOCAL, `test-aws-${process.pid}`);
  mkdirSync(dir, { recursive: true });
  const emulator = await startEmulator({ port: FIRST_PORT, auth: true, dir });
  try {
    useVariables(devEnvironmentVariables(emulator.endpointUrl));
    return await run(emulatorAt(emulator.endpointUrl), MINISTACK, values);
  } finally {
    await emulator.stop();
    rmSync(dir, { recursive: true, force: true });
  }
}

/** Away from the ports of `npm start` and the integration tests. */
const FIRST_PORT = 4850;

async function run(place: Place, { on, what }: Measured, values: Values): Promise<number> {
  const probes = chosen(values.only);
  say(what);
  const prefix = newPrefix();
  const interrupted = interruption(prefix);
  const signal = AbortSignal.any([interrupted, AbortSignal.timeout(MOST_MINUTES * 60_000)]);
  let judged: readonly Judged[];
  try {
    const sights = await runProbes(probes, place, { prefix, signal, say });
    if (values['write-ledger']) {
      writeRecord(on, what, PROBES, sights);
      writeFileSync(PAGE, page());
      say('Wrote docs/emulator.md');
    }
    const record = on === 'aws' ? undefined : readRecord(on);
    judged = probes.map((probe) => judge(probe, sights.get(probe.id), record));
  } catch (error) {
    if (error !== signal.reason) throw error;
    if (interrupted.aborted) return INTERRUPTED;
    throw new TripcastError(`The run took more than ${MOST_MINUTES} minutes`, 'Run fewer rows with --only.');
  }
  return report(judged, what, values.json);
}

/** Prints which account pays. The record itself is published, so it leaves the account out. */
async function regionAndDay(): Promise<string> {
  const { sts } = makeClients();
  const { Account } = await sts.send(new GetCallerIdentityCommand({}));
  say(`Account ${Account}`);
  return `${await sts.config.region()}, ${new Date().toISOString().slice(0, 10)}`;
}

/** The first Ctrl-C stops the run, which then cleans up; the second exits at once and says how to clean up. */
function interruption(prefix: string): AbortSignal {
  const stopped = new AbortController();
  const stop = () => {
    if (stopped.signal.aborted) {
      say(`To delete what is left, run: npm run test:aws -- --clean-up ${prefix}`);
      process.exit(INTERRUPTED);
    }
    say('Stopping and deleting what was created. Press Ctrl-C again to leave it behind.');
    stopped.abort();
  };
  process.on('SIGINT', stop);
  process.on('SIGTERM', stop);
  process.on('SIGHUP', stop);
  return stopped.signal;
}

async function removeLeftovers(prefix: string): Promise<number> {
  if (!/^tripcast-probe-[0-9a-f]{8}$/.test(prefix)) {
    say(`${prefix} is not the prefix of a run. A prefix looks like tripcast-probe-1a2b3c4d.`);
    return WRONG_USAGE;
  }
  const { cloudFormation } = makeClients();
  const deleted = await cleanUp(prefix, cloudFormation);
  say(deleted.length === 0 ? `Nothing named ${prefix} exists.` : `Deleted ${deleted.join(' and ')}.`);
  return 0;
}

function report(judged: readonly Judged[], what: string, json: boolean): number {
  const passed = judged.filter(hasPassed).length;
  const failed = judged.filter(hasFailed).length;
  const closing = `${passed} passed, ${failed} failed`;
  if (json) {
    const rows = judged.map(({ probe: { id, behavior, expected }, ...each }) => ({ id, behavior, expected, ...each }));
    console.log(JSON.stringify({ what, rows, passed, failed }));
    say(closing);
  } else {
    console.log(
      table(
        ['row', 'verdict', 'seen'],
        judged.map(({ probe, verdict, seen }) => [probe.id, verdict, short(seen)]),
      ),
    );
    for (const { probe, verdict, wanted, seen } of judged.filter(hasFailed)) {
      console.log(
        `\n${probe.id}: ${verdict}\n  ${probe.behavior}\n  expected ${JSON.stringify(wanted)}\n  seen     ${JSON.stringify(seen)}\n  ${probe.docs.url}`,
      );
    }
    console.log(`\n${closing}`);
  }
  return failed === 0 ? 0 : 1;
}

function short(value: unknown): string {
  const text = JSON.stringify(value);
  return text.length > 70 ? `${text.slice(0, 69)}…` : text;
}
