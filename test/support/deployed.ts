import {
  CloudFormationClient,
  DescribeStacksCommand,
  GetTemplateCommand,
  UpdateStackCommand,
  waitUntilStackUpdateComplete,
} from '@aws-sdk/client-cloudformation';
import {
  GetEventSourceMappingCommand,
  type GetEventSourceMappingCommandOutput,
  GetFunctionConfigurationCommand,
  LambdaClient,
  UpdateFunctionConfigurationCommand,
} from '@aws-sdk/client-lambda';
import { PutObjectCommand } from '@aws-sdk/client-s3';
import { z } from 'zod';
import { DuckDB } from '#adapters/duckdb.ts';
import { loadScorer } from '#adapters/onnxruntime.ts';
import { s3Client } from '#adapters/s3.ts';
import { workFolder } from '#adapters/work-folder.ts';
import { openXGBoost } from '#adapters/xgboost.ts';
import type { Deployment } from '#cli/context.ts';
import { systemClock } from '#clock.ts';
import { loadConfig } from '#lib/config/load.ts';
import { functionName, stackName } from '#lib/config/names.ts';
import { xgboostLibrary } from '#packaging/natives.ts';
import type { RunFiles } from '#registry/registry.ts';
import { newRunId, type RunId } from '#storage/run-id.ts';
import { sha256OfFile } from '#storage/sha256.ts';
import { trainRun } from '#training/train-run.ts';
import { planTraining, trainingRequestSchema } from '#training/training-job.ts';
import { realMonth } from './tlc-files.ts';

/** Makes the Ingest function fetch months from an address or a folder instead of TLC. */
export async function publishFrom(place: string): Promise<void> {
  const lambda = new LambdaClient({});
  const FunctionName = functionName('dev', 'ingest');
  const { Environment } = await lambda.send(new GetFunctionConfigurationCommand({ FunctionName }));
  const Variables = { ...Environment?.Variables, PUBLICATION_SOURCE: place };
  await lambda.send(new UpdateFunctionConfigurationCommand({ FunctionName, Environment: { Variables } }));
  lambda.destroy();
}

const templateSchema = z.looseObject({
  Resources: z.record(
    z.string(),
    z.looseObject({ Type: z.string(), Properties: z.record(z.string(), z.unknown()).optional() }),
  ),
});

/** Deploys the stack again with other properties for one type's resources, as `cdk deploy` does: parameters stay. */
export async function deployChanged(type: string, properties: Readonly<Record<string, unknown>>): Promise<void> {
  const client = new CloudFormationClient({});
  const StackName = stackName('dev');
  const { TemplateBody = '' } = await client.send(new GetTemplateCommand({ StackName }));
  const template = templateSchema.parse(JSON.parse(TemplateBody));
  for (const resource of Object.values(template.Resources)) {
    if (resource.Type === type) resource.Properties = { ...resource.Properties, ...properties };
  }
  const { Stacks: [stack] = [] } = await client.send(new DescribeStacksCommand({ StackName }));
  await client.send(
    new UpdateStackCommand({
      StackName,
      TemplateURL: await put(JSON.stringify(template)),
      Capabilities: ['CAPABILITY_NAMED_IAM'],
      Parameters: (stack?.Parameters ?? []).map(({ ParameterKey }) => ({ ParameterKey, UsePreviousValue: true })),
    }),
  );
  await waitUntilStackUpdateComplete({ client, maxWaitTime: 60, minDelay: 1, maxDelay: 1 }, { StackName });
  client.destroy();
}

/** A template of this size has to be in a bucket; the CDK's exists. */
async function put(template: string): Promise<string> {
  const { region, account } = loadConfig('dev');
  const Bucket = `cdk-hnb659fds-assets-${account}-${region}`;
  const Key = 'changed.template.json';
  await s3Client().send(new PutObjectCommand({ Bucket, Key, Body: template }));
  return `${process.env.AWS_ENDPOINT_URL}/${Bucket}/${Key}`;
}

/** The current settings of the mapping through which Lambda reads trip events. */
export async function eventSource(to: Deployment): Promise<GetEventSourceMappingCommandOutput> {
  const lambda = new LambdaClient({});
  const mapping = await lambda.send(new GetEventSourceMappingCommand({ UUID: to.output('EventSourceId') }));
  lambda.destroy();
  return mapping;
}

/** Trains a recipe on real 2023-03 here, and registers it without promotion: other tests keep their champion. */
export async function registerRun(to: Deployment, recipe = 'linear-pair'): Promise<RunId> {
  const run = newRunId();
  await to.registry.register(await trainedRun(run, recipe));
  return run;
}

/** A run of real 2023-03, as the training state machine would register it. */
export async function trainedRun(run: RunId, recipe = 'linear-pair'): Promise<RunFiles> {
  const plan = planTraining(trainingRequestSchema.parse({ recipe, months: ['2023-03'] }), 'green');
  await using folder = await workFolder();
  await using database = await DuckDB.open({ tempDirectory: folder.path });
  return await trainRun(run, plan, {
    database,
    boosting: () => openXGBoost(xgboostLibrary()),
    loadScorer,
    fetch: (months) =>
      Array.fromAsync(months, async (month) => {
        const path = realMonth(month);
        return { month, path, sha256: await sha256OfFile(path) };
      }),
    codeVersion: 'test',
    clock: systemClock,
  });
}
