import { dirname } from 'node:path';
import {
  GetAliasCommand,
  GetFunctionConfigurationCommand,
  ListVersionsByFunctionCommand,
  PublishVersionCommand,
  UpdateAliasCommand,
  UpdateFunctionConfigurationCommand,
  waitUntilFunctionUpdatedV2,
} from '@aws-sdk/client-lambda';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { S3Store } from '#adapters/s3.ts';
import { ingestMonths } from '#cli/commands/ingest.ts';
import { runTraining } from '#cli/commands/train.ts';
import { connect } from '#cli/context.ts';
import { LIVE_ALIAS, type LIVE_FUNCTIONS } from '#lib/config/functions.ts';
import { loadConfig } from '#lib/config/load.ts';
import { bucketNames, functionName, resourceName } from '#lib/config/names.ts';
import { parseMonths } from '#trips/month.ts';
import { ACCOUNT, deployDocument, documented, type NewAccount, newAccount } from '../support/new-account.ts';
import { silentTerminal } from '../support/silent-terminal.ts';
import { realMonth } from '../support/tlc-files.ts';

let account: NewAccount;
beforeAll(async () => {
  account = await newAccount('second');
});
afterAll(() => account.close());

const TLC = dirname(realMonth('2023-04'));
const prod = loadConfig('prod');
const run: NewAccount['run'] = (line, variables) => account.run(line, variables);
const lambda = () => account.lambda();

async function liveVersion(name: (typeof LIVE_FUNCTIONS)[number]): Promise<string | undefined> {
  const which = { FunctionName: functionName('prod', name), Name: LIVE_ALIAS };
  return (await lambda().send(new GetAliasCommand(which))).FunctionVersion;
}

describe('docs/deploy.md', () => {
  const { first, deploy, toPrediction, copying } = deployDocument();

  test('leads from an empty account to predictions on every path', { timeout: 900_000 }, async () => {
    expect(toPrediction.length).toBeGreaterThan(7);
    const said: Record<string, string> = {};
    for (const line of toPrediction) {
      const ended = await run(line);
      expect(ended.code, `${line}\n${ended.said}`).toBe(0);
      said[line.split(' ').slice(1, 4).join(' ')] = ended.said;
      if (line === first) expect(await account.stackOfProd()).toBe('CREATE_COMPLETE False');
      if (line === deploy) expect(await account.stackOfProd()).toMatch(/_COMPLETE True$/);
    }
    // The emulator's concurrency depends on this machine's memory.
    expect(said['tripcast doctor --env']).toMatch(
      /Lambda memory +at most 3008 MB.*Lambda concurrency +\d+ calls at a time/s,
    );
    expect(said['tripcast train --env']).toContain('promoted: champion #1');
    expect(said['tripcast stream tail']?.match(/ min {2}\[/g)).toHaveLength(5);
    expect(said['tripcast predict --env']).toMatch(/^Jamaica -> Saint Albans, .* min, 90% /);
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
    account.codeDeploy.moving = ['d-Z1Y2X3W4V'];
    const ended = await run('npx tripcast rollout --env prod --rollback --function predict');
    account.codeDeploy.moving = [];
    expect(ended).toMatchObject({
      code: 0,
      said: expect.stringMatching(/predict: version \d+ stays live: d-Z1Y2X3W4V .* was stopped/),
    });
    expect(account.codeDeploy.calls.at(-1)).toEqual([
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
    const models = new S3Store(bucketNames(prod, ACCOUNT).models, account.s3(ACCOUNT, prod.region));
    expect(await models.head(champion)).toBeDefined();
    expect((await run('npx tripcast destroy --env prod')).said).toContain('There is no stack tripcast-prod');
  });
});
