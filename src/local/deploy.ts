import { spawn } from 'node:child_process';
import { createWriteStream, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { z } from 'zod';
import { createBucketAt } from '#adapters/s3.ts';
import { TripcastError } from '#errors.ts';
import { loadConfig } from '#lib/config/load.ts';
import { OUTPUT_NAMES, stackName } from '#lib/config/names.ts';
import { withLock } from '#setup/lock.mjs';
import { CLONE, CLONE_LOCAL, LOCAL } from '#setup/paths.mjs';
import { signalGroup } from './emulator.ts';
import { devEnvironmentVariables, TEST_CREDENTIALS } from './environment.ts';

export type DeployOptions = {
  readonly endpointUrl: string;
  /** Where the CDK's output and the stack's outputs go. Default `.tripcast`. */
  readonly dir?: string;
  /** What the CDK runs to synthesize the stack. Default `node bin/app.ts`. */
  readonly app?: string;
  /** More context for the CDK app, as `name=value`. */
  readonly context?: readonly string[];
  /** How the CDK asks CloudFormation. Default `direct`, which is quicker. */
  readonly method?: 'direct' | 'change-set';
  /** Each line that the CDK prints, as it arrives. */
  readonly onLine?: (line: string) => void;
  readonly signal?: AbortSignal;
};

/** The stack's outputs by name. */
export type Outputs = Readonly<Record<string, string>>;

const outputsSchema = z.record(z.string(), z.record(z.string(), z.string()));

/**
 * Deploys the dev stack to an emulator with the project's own `cdk deploy`; one deploy at a time in this clone, since
 * deploys share `dist/`.
 * @returns the stack's outputs, all of them
 * @throws TripcastError with only the reasons; the full output is in the log file that it names
 */
export async function deployStack(options: DeployOptions): Promise<Outputs> {
  const {
    endpointUrl,
    dir = LOCAL,
    app = 'node bin/app.ts',
    context = [],
    method = 'direct',
    onLine,
    signal,
  } = options;
  const stack = stackName('dev');
  const outputsFile = join(dir, 'outputs.json');
  const logFile = join(dir, 'deploy.log');
  mkdirSync(dir, { recursive: true });
  await makeAssetBucket(endpointUrl);
  rmSync(assemblyIn(dir), { recursive: true, force: true }); // or the assets of every past version pile up
  rmSync(outputsFile, { force: true }); // an earlier deploy's would hide that this one has none
  const lock = join(CLONE_LOCAL, 'deploy.lock');
  const { exitCode, lines } = await withLock(
    lock,
    () =>
      runCdk({
        endpointUrl,
        dir,
        app,
        context,
        method,
        outputsFile,
        logFile,
        ...(onLine && { onLine }),
        ...(signal && { signal }),
      }),
    {
      onWait: ({ pid }) => onLine?.(`Waiting for another deploy of this clone (pid ${pid})`),
      ...(signal && { signal }),
    },
  );
  signal?.throwIfAborted();
  if (exitCode !== 0) {
    throw new TripcastError(
      `The stack ${stack} was not deployed to ${endpointUrl}:\n${reasons(lines).join('\n')}`,
      `The full output of the CDK is in ${logFile}.`,
    );
  }
  return completeOutputs(readFileSync(outputsFile, 'utf8'), logFile);
}

/**
 * The outputs of a deploy that the CDK calls a success: it does so even when LocalStack has rolled the stack back.
 * @param text the outputs file
 * @throws TripcastError naming the outputs that are missing
 */
export function completeOutputs(text: string, logFile: string): Outputs {
  const stack = stackName('dev');
  const outputs = outputsSchema.parse(JSON.parse(text))[stack] ?? {};
  const missing = OUTPUT_NAMES.filter((name) => outputs[name] === undefined);
  if (missing.length === 0) return outputs;
  throw new TripcastError(
    `The CDK reports success, but the stack ${stack} lacks its outputs ${missing.join(', ')}`,
    `The emulator rolled the deploy back, and its log says why. All that the CDK said is in ${logFile}.`,
  );
}

/** CDK's bootstrap would create this bucket on AWS; the dev stack needs nothing else from a bootstrap. */
async function makeAssetBucket(endpointUrl: string): Promise<void> {
  const { bucket, ...place } = assetPlace(endpointUrl);
  await createBucketAt(place, bucket);
}

/** Where the CDK uploads what it deploys. */
export function assetPlace(endpoint: string) {
  const { region, account } = loadConfig('dev');
  return { endpoint, region, credentials: TEST_CREDENTIALS, bucket: `cdk-hnb659fds-assets-${account}-${region}` };
}

type CdkRun = DeployOptions & {
  readonly dir: string;
  readonly app: string;
  readonly context: readonly string[];
  readonly method: string;
  readonly outputsFile: string;
  readonly logFile: string;
};

async function runCdk(run: CdkRun) {
  const { endpointUrl, logFile, onLine, signal } = run;
  const child = spawn(process.execPath, [join(CLONE, 'node_modules', 'aws-cdk', 'bin', 'cdk'), ...cdkArguments(run)], {
    cwd: CLONE,
    env: {
      ...process.env,
      ...devEnvironmentVariables(endpointUrl),
      PATH: [dirname(process.execPath), process.env.PATH].join(delimiter), // so that the app's `node` is this one
      CDK_DISABLE_CLI_TELEMETRY: 'true',
      CDK_DISABLE_VERSION_CHECK: '1',
      CDK_VALIDATION: 'false', // takes seconds, and is about AWS: a synthesis for prod runs it
      NO_COLOR: '1',
    },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true, // its own process group, so that an abort reaches the app too
  });
  const stop = () => child.pid !== undefined && signalGroup(child.pid, 'SIGTERM');
  signal?.addEventListener('abort', stop, { once: true });
  const log = createWriteStream(logFile);
  const lines: string[] = [];
  const heard = [child.stdout, child.stderr].map(async (stream) => {
    for await (const line of createInterface({ input: stream })) {
      log.write(`${line}\n`);
      lines.push(line);
      onLine?.(line);
    }
  });
  const exitCode = await new Promise<number>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => resolve(code ?? 1));
  });
  await Promise.all(heard);
  signal?.removeEventListener('abort', stop);
  log.end();
  return { exitCode, lines };
}

/** The folder of a deployment's cloud assembly; the command line of its `cdk` names it. */
export const assemblyIn = (dir: string) => join(dir, 'cdk.out');

const cdkArguments = ({ dir, app, outputsFile, context, method }: CdkRun) => [
  ...['deploy', '--app', app, '--output', assemblyIn(dir)],
  ...['env=dev', ...context].flatMap((each) => ['--context', each]),
  ...['--outputs-file', outputsFile, '--require-approval', 'never', '--method', method],
  ...['--progress', 'events', '--no-color', '--no-notices'],
];

/** The part of a failed deploy's output that says why: CDK's summary after its cross, else all but the noise. */
export function reasons(lines: readonly string[]): readonly string[] {
  const summary = lines.findIndex((line) => line.startsWith('❌'));
  const said = summary < 0 ? lines.filter((line) => !NOISE.test(line)) : lines.slice(summary + 1);
  return said.filter((line) => line.trim() !== '').slice(-15);
}

/** Stack frames, progress, and the trailer of every failed subprocess. */
const NOISE = /^\s+at |^Node\.js v|Synthesis time|: (start|success): |Subprocess exited|^\s*\^+$/;
