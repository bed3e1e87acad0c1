import {
  Annotations,
  CfnOutput,
  CliCredentialsStackSynthesizer,
  DefaultStackSynthesizer,
  type IStackSynthesizer,
  Stack,
} from 'aws-cdk-lib/core';
import type { Construct } from 'constructs';
import type { FunctionAssets } from '#packaging/assets.ts';
import { type OutputName, stackName } from './config/names.ts';
import type { Config } from './config/schema.ts';
import { createDataKey } from './constructs/data-key.ts';
import { FunctionCode } from './constructs/function-code.ts';
import { isProtected } from './constructs/termination-protection.ts';
import { BatchRoom } from './rooms/batch.ts';
import { DataRoom } from './rooms/data.ts';
import { MonitoringRoom } from './rooms/monitoring.ts';
import { QueryRoom } from './rooms/query.ts';
import { RetrainingRoom } from './rooms/retraining.ts';
import { RolloutRoom } from './rooms/rollout.ts';
import { ServingRoom } from './rooms/serving.ts';
import { StreamingRoom } from './rooms/streaming.ts';
import { TrainingRoom } from './rooms/training.ts';

export interface TripcastStackProps {
  readonly config: Config;
  readonly assets: FunctionAssets;
  /** The commit that the assets were built from. */
  readonly codeVersion: string;
}

/**
 * All of one environment: its rooms, connected to each other.
 * @example
 * const config = loadConfig('dev');
 * new TripcastStack(app, { config, assets: await buildAssets(config), codeVersion: 'unknown' });
 */
export class TripcastStack extends Stack {
  constructor(scope: Construct, { config, assets, codeVersion }: TripcastStackProps) {
    super(scope, stackName(config.env), {
      description: `tripcast (${config.env}): predicts taxi-trip durations, in a stream, monthly batches and an API`,
      env: { region: config.region, ...(config.account === null ? {} : { account: config.account }) },
      synthesizer: synthesizer(config),
      terminationProtection: isProtected(scope, config),
      // CloudFormation passes a stack's tags on to all of its resources that can have tags.
      tags: { ...config.tags, project: 'tripcast', environment: config.env },
    });
    const key = createDataKey(this, 'Key', config);
    const code = new FunctionCode(this, 'Code', assets, codeVersion, key);
    const store = new DataRoom(this, 'Data', { config, key });
    const streaming = new StreamingRoom(this, 'Streaming', { config, code, store });
    const batch = new BatchRoom(this, 'Batch', { config, code, store });
    const { notices, deadLetters } = batch;
    const training = new TrainingRoom(this, 'Training', { config, code, store, notices });
    const retraining = new RetrainingRoom(this, 'Retraining', { config, code, store, training, notices, deadLetters });
    const { events, predictions } = streaming;
    const machines = [batch.monthly, batch.backfill, training.stateMachine, retraining.stateMachine];
    const serving = new ServingRoom(this, 'Serving', { config, code, store, events, predictions, machines });
    if (config.query.enabled) new QueryRoom(this, 'Query', { config, store });
    const live = { 'stream-score': streaming.score, predict: serving.predict };
    const rollout = new RolloutRoom(this, 'Rollout', { config, code, store, live, notices });
    const monitoring = new MonitoringRoom(this, 'Monitoring', { config, api: serving.api, notices });
    rollout.stopOn((name) => monitoring.guardsOf(name));
    if (config.endpointUrl === null) {
      Annotations.of(this).addInfo(
        'The model registry is the model bucket. Commands mirror it to an MLflow server only where MLFLOW_TRACKING_URI names one.',
      );
    }
    this.#output({
      EventsStreamName: streaming.events.streamName,
      PredictionsStreamName: streaming.predictions.streamName,
      ModelBucketName: store.models.bucket.bucketName,
      DataBucketName: store.data.bucket.bucketName,
      UndeliveredBucketName: store.undelivered.bucket.bucketName,
      MonthlyBatchArn: batch.monthly.stateMachine.stateMachineArn,
      BackfillArn: batch.backfill.stateMachine.stateMachineArn,
      TrainingArn: training.stateMachine.stateMachine.stateMachineArn,
      RetrainingArn: retraining.stateMachine.stateMachine.stateMachineArn,
      ApiUrl: serving.api.apiEndpoint,
      EventSourceId: streaming.eventSource.ref,
    });
  }

  #output(outputs: Readonly<Record<OutputName, string>>): void {
    for (const [name, value] of Object.entries(outputs)) new CfnOutput(this, name, { value });
  }
}

/** The emulator has none of the roles that a bootstrapped account has. */
function synthesizer({ assets }: Config): IStackSynthesizer {
  const chosen = assets === 'cli-credentials' ? new CliCredentialsStackSynthesizer() : new DefaultStackSynthesizer();
  // The CDK's classes don't match their own interfaces (`bootstrapQualifier`) under exactOptionalPropertyTypes.
  return chosen as IStackSynthesizer;
}
