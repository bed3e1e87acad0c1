import type { ITopic } from 'aws-cdk-lib/aws-sns';
import { Construct } from 'constructs';
import type { FunctionName } from '../config/functions.ts';
import type { Config } from '../config/schema.ts';
import type { FunctionCode } from '../constructs/function-code.ts';
import { StateMachine } from '../constructs/state-machine.ts';
import { TripcastFunction } from '../constructs/tripcast-function.ts';
import type { DataRoom } from './data.ts';
import { modelVariables } from './function-variables.ts';

export interface TrainingRoomProps {
  readonly config: Config;
  readonly code: FunctionCode;
  readonly store: DataRoom;
  /** Notified when a training failed. */
  readonly notices: ITopic;
}

/** From raw months to a champion: train, judge, register, promote. Each step may write in one place only. */
export class TrainingRoom extends Construct {
  readonly stateMachine: StateMachine;
  /** By their placeholders in the state machines' files. */
  readonly functions: Readonly<
    Record<'TrainFunction' | 'GateFunction' | 'RegisterFunction' | 'PromoteFunction', TripcastFunction>
  >;
  readonly #props: TrainingRoomProps;

  constructor(scope: Construct, id: string, props: TrainingRoomProps) {
    super(scope, id);
    this.#props = props;
    this.functions = {
      TrainFunction: this.#train(),
      GateFunction: this.#gate(),
      RegisterFunction: this.#register(),
      PromoteFunction: this.#promote(),
    };
    this.stateMachine = new StateMachine(this, 'Training', {
      config: props.config,
      name: 'training',
      functions: this.functions,
      topics: { NoticesTopic: props.notices },
    });
  }

  #train(): TripcastFunction {
    const { code, store } = this.#props;
    const train = this.#function('Train', 'train', {
      DATA_BUCKET: store.data.bucket.bucketName,
      CODE_VERSION: code.version,
    });
    store.data.grantRead(train, 'raw/');
    // Reading too: so that a write the SDK retried after a lost answer can be recognized as its own.
    store.grantReadStagedRuns(train);
    store.grantStageRuns(train);
    // What it recalibrates.
    store.grantReadModels(train);
    return train;
  }

  #gate(): TripcastFunction {
    const { config, store } = this.#props;
    const gate = this.#function('Gate', 'gate', {
      DATA_BUCKET: store.data.bucket.bucketName,
      GATE_LIMITS: JSON.stringify(config.gate),
    });
    store.data.grantRead(gate, 'raw/');
    store.grantReadStagedRuns(gate);
    store.grantReadModels(gate);
    return gate;
  }

  #register(): TripcastFunction {
    const { store } = this.#props;
    const register = this.#function('Register', 'register');
    store.grantReadStagedRuns(register);
    store.grantReadModels(register);
    store.grantRegisterRuns(register);
    return register;
  }

  #promote(): TripcastFunction {
    const { store } = this.#props;
    const promote = this.#function('Promote', 'promote');
    store.grantReadModels(promote);
    store.grantMoveAliases(promote);
    return promote;
  }

  #function(id: string, name: FunctionName, environment: Record<string, string> = {}): TripcastFunction {
    const { config, code, store } = this.#props;
    const variables = { ...modelVariables(config, store), ...environment };
    return new TripcastFunction(this, id, { config, code, name, environment: variables });
  }
}
