import type { Stream } from 'aws-cdk-lib/aws-kinesis';
import type { Config } from '../config/schema.ts';
import type { FunctionCode } from '../constructs/function-code.ts';
import type { DataRoom } from './data.ts';

/** For every function that finds a model. */
export const modelVariables = ({ model }: Config, store: DataRoom) => ({
  MODEL_BUCKET: store.models.bucket.bucketName,
  MODEL_EXPERIMENT: model.experiment,
  REGISTERED_MODEL_GREEN: model.registeredModels.green,
  REGISTERED_MODEL_YELLOW: model.registeredModels.yellow,
  SERVED_TAXI_TYPE: model.servedTaxiType,
});

/** For the functions that keep a model loaded and publish its predictions; an empty string means "not set". */
export const servingVariables = ({ model, engine }: Config, code: FunctionCode, predictions: Stream) => ({
  CODE_VERSION: code.version,
  SCORING_ENGINE: engine,
  MODEL_REFRESH_SECONDS: String(model.refreshSeconds),
  PREDICTIONS_STREAM_NAME: predictions.streamName,
  RUN_ID: '',
  MODEL_LOCATION: '',
  TEST_RUN: 'false',
});
