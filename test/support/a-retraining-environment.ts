import { mkdirSync, rmSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ListExecutionsCommand, SFNClient } from '@aws-sdk/client-sfn';
import { DuckDB } from '#adapters/duckdb.ts';
import { loadScorer } from '#adapters/onnxruntime.ts';
import { S3Store } from '#adapters/s3.ts';
import { type ExecutionEnd, followExecution, startExecution } from '#adapters/step-functions.ts';
import { type MonthOutcome, monthOutcomesSchema } from '#batch/outcome.ts';
import { systemClock } from '#clock.ts';
import { loadConfig } from '#lib/config/load.ts';
import { deployStack } from '#local/deploy.ts';
import { signalGroup, startEmulator } from '#local/emulator.ts';
import { devEnvironmentVariables, useVariables } from '#local/environment.ts';
import { Registry } from '#registry/registry.ts';
import { LOCAL } from '#setup/paths.mjs';
import { dataKeys } from '#storage/layout.ts';
import { newRunId, type RunId } from '#storage/run-id.ts';
import { sha256OfFile } from '#storage/sha256.ts';
import { trainRun } from '#training/train-run.ts';
import { type Month, parseMonth, parseMonths } from '#trips/month.ts';
import { aSubscriber, type Subscriber } from './a-subscriber.ts';
import { realMonth } from './tlc-files.ts';

const TRAINED = parseMonths('2023-01..2023-03');
const MARCH = parseMonth('2023-03');

/** dev with a retraining policy, on an emulator of its own: what is promoted there is not the champion of other tests. */
export interface RetrainingEnvironment {
  /** For files of the test's own. */
  readonly dir: string;
  readonly data: S3Store;
  readonly registry: Registry;
  readonly subscriber: Subscriber;
  /** Trained here on January to March 2023, but for March's last week. */
  readonly champion: RunId;
  output(name: string): string;
  put(month: Month, path: string): Promise<void>;
  /** Runs the monthly state machine for a month. */
  monthly(input: object): Promise<MonthOutcome | undefined>;
  /** The executions of the retraining state machine, oldest first. */
  retrainings(): Promise<readonly string[]>;
  stop(): Promise<void>;
}

/** @param policy one of those in retraining-dev.ts */
export async function aRetrainingEnvironment(policy: string, port: number): Promise<RetrainingEnvironment> {
  const dir = join(LOCAL, policy);
  mkdirSync(dir, { recursive: true });
  const emulator = await startEmulator({ port, auth: true, dir, env: { SFN_WAIT_SCALE: '0' } });
  const killed = () => signalGroup(emulator.process.pid, 'SIGKILL');
  process.once('exit', killed);
  const app = `node test/support/retraining-dev.ts ${policy}`;
  const outputs = await deployStack({ endpointUrl: emulator.endpointUrl, dir, app });
  useVariables(devEnvironmentVariables(emulator.endpointUrl));
  const output = (name: string): string => outputs[name] ?? '';
  const data = new S3Store(output('DataBucketName'));
  const registry = new Registry(new S3Store(output('ModelBucketName')), loadConfig('dev').model);
  const put = async (month: Month, path: string) => {
    await data.put(dataKeys.raw('green', month), await readFile(path));
  };
  for (const month of TRAINED) await put(month, realMonth(month));
  return {
    dir,
    data,
    registry,
    subscriber: await aSubscriber('who-is-told-of-months'),
    champion: await crownChampion(registry, dir),
    output,
    put,
    monthly: async (input) => {
      const arn = await startExecution(output('MonthlyBatchArn'), input);
      return monthOutcomesSchema.parse(outputOf(await followExecution(arn, () => {}))).months.at(-1);
    },
    retrainings: () => executionsOf(output('RetrainingArn')),
    stop: async () => {
      await emulator.stop();
      process.off('exit', killed);
      rmSync(dir, { recursive: true, force: true });
    },
  };
}

async function crownChampion(registry: Registry, dir: string): Promise<RunId> {
  await using database = await DuckDB.open({ tempDirectory: dir });
  const source = async (month: Month) => {
    const path = realMonth(month);
    return { month, path, sha256: await sha256OfFile(path) };
  };
  const plan = {
    recipe: 'linear-pair',
    taxi_type: 'green',
    months: [...TRAINED],
    validation: { kind: 'last', month: MARCH, days: 7 },
    promote: true,
    promoted_by: 'test',
  } as const;
  const run = await trainRun(
    newRunId(),
    { ...plan, months: [...TRAINED] },
    {
      database,
      boosting: () => Promise.reject(new Error('linear-pair boosts nothing')),
      loadScorer,
      fetch: (months) => Promise.all(months.map(source)),
      codeVersion: 'test',
      clock: systemClock,
    },
  );
  await registry.register(run);
  await registry.promote(run.card.run_id, 'test', new Date());
  return run.card.run_id;
}

async function executionsOf(stateMachineArn: string): Promise<readonly string[]> {
  const client = new SFNClient({});
  const { executions = [] } = await client.send(new ListExecutionsCommand({ stateMachineArn }));
  client.destroy();
  const started = ({ startDate }: { readonly startDate?: Date | undefined }) => startDate?.getTime() ?? 0;
  return executions.toSorted((a, b) => started(a) - started(b)).map(({ executionArn = '' }) => executionArn);
}

/** What a succeeded execution ended with. */
export function outputOf(end: ExecutionEnd): unknown {
  if (end.outcome === 'succeeded') return end.output;
  throw new Error(`The execution failed: ${JSON.stringify(end)}`);
}
