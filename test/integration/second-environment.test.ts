import { execFile } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { devNull } from 'node:os';
import { dirname, join } from 'node:path';
import {
  GetAliasCommand,
  GetFunctionConfigurationCommand,
  LambdaClient,
  ListVersionsByFunctionCommand,
  PublishVersionCommand,
  UpdateAliasCommand,
  UpdateFunctionConfigurationCommand,
  waitUntilFunctionUpdatedV2,
} from '@aws-sdk/client-lambda';
import { HeadBucketCommand, S3Client } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { S3Store } from '#adapters/s3.ts';
import { ingestMonths } from '#cli/commands/ingest.ts';
import { runTraining } from '#cli/commands/train.ts';
import { connect } from '#cli/context.ts';
import { LIVE_ALIAS, type LIVE_FUNCTIONS } from '#lib/config/functions.ts';
import { loadConfig } from '#lib/config/load.ts';
import { bucketNames, functionName, resourceName } from '#lib/config/names.ts';
import { type Emulator, signalGroup, startEmulator } from '#local/emulator.ts';
import { CHECKS_PYTHON, CLONE, LOCAL } from '#setup/paths.mjs';
import { parseMonths } from '#trips/month.ts';
import { aCodeDeploy } from '../support/a-codedeploy.ts';
import { RECORDED } from '../support/localstack-health.ts';
import { silentTerminal } from '../support/silent-terminal.ts';
import { realMonth } from '../support/tlc-files.ts';

// An emulator beside the one that has dev, as empty as a new account. The commands are those of docs/*.md; they find it by an
// AWS configuration file, as they would find AWS: AWS_ENDPOINT_URL is refused for prod.

const TLC = dirname(realMonth('2023-04'));
const ACCOUNT = '210987654321'; // the emulator takes an access key of twelve digits for the account
const home = join(LOCAL, 'second');
const prod = loadConfig('prod');
let emulator: Emulator;
/** Of CodeDeploy, which the emulator does not have. */
let moving: readonly string[] = [];
const codeDeploy = await aCodeDeploy((operation) => (operation === 'ListDeployments' ? { deployments: moving } : {}));
const killed = () => signalGroup(emulator.process.pid, 'SIGKILL');

beforeAll(async () => {
  mkdirSync(home, { recursive: true });
  emulator = await startEmulator({ port: 4900, dir: home });
  process.once('exit', killed);
  const lines = ['[default]', `endpoint_url = ${emulator.endpointUrl}`, `region = ${prod.region}`, 'services = more'];
  const keys = [`aws_access_key_id = ${ACCOUNT}`, 'aws_secret_access_key = test'];
  const more = ['[services more]', 'codedeploy =', `  endpoint_url = ${codeDeploy.endpointUrl}`];
  writeFileSync(join(home, 'aws-config'), [...lines, ...keys, ...more, ''].join('\n'));
});

afterAll(async () => {
  await emulator.stop();
  process.off('exit', killed);
  codeDeploy.close();
  rmSync(home, { recursive: true, force: true });
});

interface Ended {
  readonly code: number;
  readonly said: string;
}

/** Runs a line of the documents, with only the configuration file to say where AWS is. */
function run(line: string, variables: Readonly<Record<string, string>> = {}): Promise<Ended> {
  const [program = '', ...args] = commandOf(line);
  const { PATH = '', HOME = '', TRIPCAST_LOCAL = '' } = process.env;
  const env = {
    PATH: `${dirname(process.execPath)}:${PATH}`,
    HOME,
    TRIPCAST_LOCAL,
    AWS_CONFIG_FILE: join(home, 'aws-config'),
    AWS_SHARED_CREDENTIALS_FILE: devNull,
    AWS_EC2_METADATA_DISABLED: 'true',
    NO_PROXY: '127.0.0.1',
    CDK_DISABLE_CLI_TELEMETRY: 'true',
    ...variables,
  };
  return new Promise((resolve) => {
    execFile(program, args, { cwd: CLONE, env, maxBuffer: 2 ** 26 }, (error, out, err) => {
      const code = error === null ? 0 : typeof error.code === 'number' ? error.code : -1;
      resolve({ code, said: `${out}${err}` });
    });
  });
}

/** The same command without npx, which is slow, and with what this machine has in place of AWS and the web. */
function commandOf(line: string): readonly string[] {
  const [first, ...words] = line.replace(' zone-map ', ' linear-pair ').split(' ');
  if (first === 'aws') return [CHECKS_PYTHON, '-m', 'awscli', ...words];
  const [name, command, ...args] = words;
  if (name === 'cdk') {
    const app = ['--app', `"${process.execPath}" test/support/prod-on-emulator.ts`, '--output', join(home, 'cdk.out')];
    const unasked = command === 'deploy' ? ['--require-approval', 'never'] : [];
    return [process.execPath, join(CLONE, 'node_modules/aws-cdk/bin/cdk'), command ?? '', ...args, ...app, ...unasked];
  }
  const source = command === 'ingest' ? ['--source', TLC] : [];
  return [process.execPath, join(CLONE, 'bin/tripcast.ts'), command ?? '', ...args, ...source];
}

/** The lines of a document's `sh` blocks. */
function documented(document: string): readonly string[] {
  const blocks = readFileSync(join(CLONE, 'docs', document), 'utf8').matchAll(/^```sh\n(.*?)^```$/gms);
  return [...blocks].flatMap(([, block = '']) => block.trim().split('\n'));
}

const lambda = () =>
  new LambdaClient({
    endpoint: emulator.endpointUrl,
    region: prod.region,
    credentials: { accessKeyId: ACCOUNT, secretAccessKey: 'test' },
  });

async function liveVersion(name: (typeof LIVE_FUNCTIONS)[number]): Promise<string | undefined> {
  const which = { FunctionName: functionName('prod', name), Name: LIVE_ALIAS };
  return (await lambda().send(new GetAliasCommand(which))).FunctionVersion;
}

/** As CloudFormation has it: its status, and whether it refuses to be deleted. */
async function stackOfProd(): Promise<string> {
  const query = 'Stacks[0].[StackStatus,EnableTerminationProtection]';
  const { said } = await run(
    `aws cloudformation describe-stacks --stack-name tripcast-prod --query ${query} --output text`,
  );
  return said.trim().replace('\t', ' ');
}

describe('docs/deploy.md', () => {
  const lines = documented('deploy.md').map((line) => line.replace('ACCOUNT', ACCOUNT));
  const isWayOut = (line: string) => line.includes('--no-enable-termination-protection');
  const [toPrediction, copying] = [
    lines.filter((line) => !line.includes('RUN') && !isWayOut(line)),
    lines.filter((line) => line.includes('RUN')),
  ];
  const [bootstrap = '', first = '', deploy = ''] = toPrediction.filter((line) => line.startsWith('npx cdk '));
  const [wayOut = ''] = lines.filter(isWayOut);

  test('has a way out for a protected stack that could not be created', { timeout: 400_000 }, async () => {
    expect(await run(bootstrap)).toMatchObject({ code: 0 });
    const { undelivered } = bucketNames(prod, ACCOUNT);
    expect(await run(`aws s3 mb s3://${undelivered}`)).toMatchObject({ code: 0 }); // a name that is taken
    const broken = await run(deploy);
    expect(broken.code).toBe(1);
    expect(await stackOfProd(), broken.said).toBe('ROLLBACK_COMPLETE True');
    expect(await run(`aws s3 rb s3://${undelivered}`)).toMatchObject({ code: 0 });
    const refused = await run(deploy);
    expect(refused.code).toBe(1);
    expect(refused.said).toMatch(/TerminationProtection is enabled/);
    expect(await run(wayOut)).toMatchObject({ code: 0 });
    expect(await stackOfProd()).toBe('ROLLBACK_COMPLETE False'); // and the first deploy, below, begins by deleting it
  });

  test('leads from an empty account to predictions on every path', { timeout: 900_000 }, async () => {
    expect(toPrediction.length).toBeGreaterThan(7);
    const said: Record<string, string> = {};
    for (const line of toPrediction) {
      const ended = await run(line);
      expect(ended.code, `${line}\n${ended.said}`).toBe(0);
      said[line.split(' ').slice(1, 4).join(' ')] = ended.said;
      if (line === first) expect(await stackOfProd()).toBe('CREATE_COMPLETE False');
      if (line === deploy) expect(await stackOfProd()).toMatch(/_COMPLETE True$/);
    }
    // The emulator's concurrency depends on this machine's memory.
    expect(said['tripcast doctor --env']).toMatch(
      /Lambda memory +at most 3008 MB.*Lambda concurrency +\d+ calls at a time/s,
    );
    expect(said['tripcast train --env']).toContain('promoted: champion #1');
    expect(said['tripcast stream tail']?.match(/ min {2}\[/g)).toHaveLength(5);
    expect(said['tripcast predict --env']).toMatch(/From zone 130 to 205 .* minutes/);
    expect(said['tripcast rollout --env']).toBe(
      'stream-score: version 1 is live and answers its golden rides.\npredict: version 1 is live and answers its golden rides.\n',
    );
    expect(said['tripcast batch --env']).toMatch(/2023-04 +scored +65,392 +62,979/);
  });

  test('a run of dev is copied there, checked again, and promoted', { timeout: 240_000 }, async () => {
    const dev = await connect('dev');
    const terminal = silentTerminal();
    await ingestMonths(dev, parseMonths('2023-01..2023-04'), { taxiType: 'green', source: TLC }, terminal);
    // The same months as prod's champion: in prod its gate finds the two equal.
    const how = {
      recipe: 'linear-pair',
      taxiType: 'green',
      train: parseMonths('2023-01..2023-03'),
      promote: false,
    } as const;
    const { card } = await runTraining(dev, { ...how, local: false }, terminal);
    expect(copying).toHaveLength(2);
    const [copy = '', promote = ''] = copying.map((line) => line.replace('RUN', card.run_id));
    expect(await run(copy)).toMatchObject({ code: 0 });
    // What dev's gate said counts for nothing in prod.
    const unjudged = await run(promote.replace(' --gate', ''));
    expect(unjudged).toMatchObject({
      code: 1,
      said: expect.stringContaining(`Run the gate with \`tripcast models promote ${card.run_id} --env prod --gate\``),
    });
    const promoted = await run(promote);
    expect(promoted.code, promoted.said).toBe(0);
    const shown = await run('npx tripcast models show champion --env prod --json');
    expect(JSON.parse(shown.said)).toMatchObject({
      card: { run_id: card.run_id },
      gate: { outcome: 'passed', champion: { sequence: 1, comparison: { rows: 62_979 } } },
    });
  });
});

describe('tripcast rollout', () => {
  /** As a deploy would: a new version, and the alias on it. This one looks for its model where none is. */
  async function deployBrokenPredict(): Promise<void> {
    const client = lambda();
    const FunctionName = functionName('prod', 'predict');
    const nowhere = { MODEL_LOCATION: `s3://nowhere/${'0'.repeat(32)}/model.onnx` };
    const { Environment } = await client.send(
      new UpdateFunctionConfigurationCommand({ FunctionName, Description: 'about to break' }),
    );
    const Variables = { ...Environment?.Variables, ...nowhere };
    await client.send(new UpdateFunctionConfigurationCommand({ FunctionName, Environment: { Variables } }));
    await waitUntilFunctionUpdatedV2({ client, maxWaitTime: 30, minDelay: 1 }, { FunctionName });
    const { Version } = await client.send(new PublishVersionCommand({ FunctionName }));
    await client.send(new UpdateAliasCommand({ FunctionName, Name: LIVE_ALIAS, FunctionVersion: Version }));
  }

  test('rolls back a version that cannot answer the golden rides, and leaves the other function alone', async () => {
    const before = await liveVersion('predict');
    await deployBrokenPredict();
    expect(await liveVersion('predict')).not.toBe(before);
    const asked = 'npx tripcast predict --env prod --pu 130 --do 205';
    expect(await run(asked)).toMatchObject({ code: 1 });

    const checked = await run('npx tripcast rollout --env prod --check');
    expect(checked).toMatchObject({
      code: 1,
      said: expect.stringMatching(
        /stream-score: version 1 is live .*\npredict: version 1 is live again; version 2 was rolled back/,
      ),
    });
    expect(await liveVersion('predict')).toBe(before);
    expect(await run(asked)).toMatchObject({ code: 0 });
    expect(await run('npx tripcast rollout --env prod --check')).toMatchObject({ code: 0 });
    expect((await run('npx tripcast rollout --env prod --status --function predict')).said).toMatch(
      /predict +2 .*\n.*predict +1 .*live/,
    );
  });

  test('deletes old versions once the live one has passed: ten are kept, and so is the function', async () => {
    const client = lambda();
    const FunctionName = functionName('prod', 'predict');
    const { Environment } = await client.send(new GetFunctionConfigurationCommand({ FunctionName }));
    const Variables = { ...Environment?.Variables, MODEL_LOCATION: '' }; // the broken version's is still there
    const versions: number[] = [];
    for (let deploy = 1; deploy <= 12; deploy++) {
      const Description = `deploy ${deploy}`;
      await client.send(
        new UpdateFunctionConfigurationCommand({ FunctionName, Description, Environment: { Variables } }),
      );
      await waitUntilFunctionUpdatedV2({ client, maxWaitTime: 30, minDelay: 1 }, { FunctionName });
      versions.push(Number((await client.send(new PublishVersionCommand({ FunctionName }))).Version));
    }
    const live = String(versions.at(-1));
    await client.send(new UpdateAliasCommand({ FunctionName, Name: LIVE_ALIAS, FunctionVersion: live }));
    const checked = await run('npx tripcast rollout --env prod --check');
    expect(checked, checked.said).toMatchObject({ code: 0 });
    expect(checked.said).toMatch(/predict: the newest 10 versions are kept; deleted: 1, 2, /);
    const { Versions = [] } = await client.send(new ListVersionsByFunctionCommand({ FunctionName }));
    const left = Versions.map(({ Version }) => Version).filter((version) => version !== '$LATEST');
    expect(left.map(Number).sort((a, b) => a - b)).toEqual(versions.slice(-10));
    expect(await liveVersion('predict')).toBe(live);
    expect(await run('npx tripcast predict --env prod --pu 130 --do 205')).toMatchObject({ code: 0 });
  });

  test('stops CodeDeploy while it is moving traffic, instead of moving the alias itself', async () => {
    moving = ['d-Z1Y2X3W4V'];
    const ended = await run('npx tripcast rollout --env prod --rollback --function predict');
    moving = [];
    expect(ended).toMatchObject({
      code: 0,
      said: expect.stringMatching(/predict: version \d+ stays live: d-Z1Y2X3W4V .* was stopped/),
    });
    expect(codeDeploy.calls.at(-1)).toEqual([
      'StopDeployment',
      { deploymentId: 'd-Z1Y2X3W4V', autoRollbackEnabled: true },
    ]);
  });

  test('does not go back beyond the first version', async () => {
    const ended = await run('npx tripcast rollout --env prod --rollback --function stream-score');
    expect(ended).toMatchObject({ code: 1, said: expect.stringContaining('There is no version before 1') });
  });
});

describe('docs/teardown.md', () => {
  const [letGo = '', destroy = ''] = documented('teardown.md');

  test('a protected stack is listed but not deleted', async () => {
    const refused = await run(`${destroy} --yes`);
    expect(refused.code).toBe(1);
    expect(refused.said).toMatch(/to be deleted: .*Lambda::Function.*\n {2}to be kept, .*\n {4}S3::Bucket/s);
    expect(refused.said).toMatch(/protected against deletion; nothing was deleted.*update-termination-protection/s);
    expect(await run('npx tripcast models list --env prod')).toMatchObject({ code: 0 });
  });

  test('once unprotected and confirmed, it is deleted, and its buckets and streams are kept with their contents', async () => {
    expect(await run(letGo)).toMatchObject({ code: 0 });
    const unasked = await run(destroy);
    expect(unasked).toMatchObject({ code: 1, said: expect.stringMatching(/no terminal to ask on. Add --yes/) });

    // Without the web it tries again and again to bring the month in; with it, it may wait a day for the month.
    const machine = `arn:aws:states:${prod.region}:${ACCOUNT}:stateMachine:${resourceName('prod', 'monthly-batch')}`;
    const input = '{"taxi_type":"green","scheduledTime":"2031-01-15T00:00:00Z"}';
    const started = await run(
      `aws stepfunctions start-execution --state-machine-arn ${machine} --input ${input} --query executionArn --output text`,
    );
    expect(started.code, started.said).toBe(0);
    const done = await run(`${destroy} --yes`);
    expect(done.code, done.said).toBe(0);
    expect(done.said).toContain('Schedules disabled: 2. Running executions stopped: 1.');
    const status = '--query status --output text';
    const ended = await run(`aws stepfunctions describe-execution --execution-arn ${started.said.trim()} ${status}`);
    expect(ended.said.trim()).toBe('ABORTED');
    expect(done.said).toMatch(/tripcast-prod was deleted. These remain,.*Kinesis::Stream prod_taxi_trip_events/s);
    const champion = 'aliases/ride_duration_prediction_model/champion.json';
    const models = new S3Store(bucketNames(prod, ACCOUNT).models, s3(ACCOUNT, prod.region));
    expect(await models.head(champion)).toBeDefined();
    expect((await run('npx tripcast destroy --env prod')).said).toContain('There is no stack tripcast-prod');
  });
});

describe('a dev stack on something that claims to be LocalStack', () => {
  /** The emulator behind LocalStack's health answer: this shows the way of the commands, not what LocalStack does. */
  async function disguised(): Promise<string> {
    const { hostname, port } = new URL(emulator.endpointUrl);
    const server = createServer((asked, answer) => {
      if (asked.url === '/_localstack/health') {
        answer.writeHead(200, { 'x-localstack': 'true' }).end(JSON.stringify(RECORDED));
        return;
      }
      const { method, headers, url: path } = asked;
      const passedOn = request({ hostname, port, method, headers, path }, (found) => {
        found.pipe(answer.writeHead(found.statusCode ?? 500, found.headers));
      });
      asked.pipe(passedOn);
    });
    onTestFinished(() => void server.close());
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  }

  test('is deployed there after a list of what LocalStack lacks, and is deleted with the contents of its buckets', async () => {
    const there = { TRIPCAST_LOCAL: join(home, 'there') }; // apart from the emulator's: `down` stops what is in its folder
    const up = await run(`npx tripcast up --emulator localstack --endpoint ${await disguised()}`, there);
    expect(up.code, up.said).toBe(0);
    expect(up.said).toMatch(/does not run HTTP APIs.*schedules never fire.*stack deployed.*rll-models-dev/s);

    const dev = loadConfig('dev');
    const client = s3('test', dev.region);
    const { models } = bucketNames(dev, '000000000000');
    for (const body of ['one version', 'and another']) await new S3Store(models, client).put('runs/model.onnx', body);
    const destroyed = await run('npx tripcast destroy --yes --json', there);
    expect(destroyed.code, destroyed.said).toBe(0);
    expect(destroyed.said).toContain('{"bucket":"rll-models-dev","objects":2}');
    await expect(client.send(new HeadBucketCommand({ Bucket: models }))).rejects.toMatchObject({ name: 'NotFound' });

    expect((await run('npx tripcast down', there)).said).toContain('keeps running; commands no longer go there');
    const gone = await run('npx tripcast models list', there);
    expect(gone).toMatchObject({ code: 1, said: expect.stringContaining('The local environment is not up') });
  });
});

const s3 = (accessKeyId: string, region: string) =>
  new S3Client({
    endpoint: emulator.endpointUrl,
    region,
    credentials: { accessKeyId, secretAccessKey: 'test' },
    forcePathStyle: true,
  });
