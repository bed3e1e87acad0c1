/**
 * What mirroring needs from an MLflow server, in MLflow's own terms. The adapter is src/adapters/mlflow.ts. Every
 * method throws a TransientError when the server cannot be reached or fails, and a TripcastError when it refuses.
 */
export interface MlflowTracking {
  /** The server's address, as shown to people. */
  readonly url: string;

  /** The experiment's ID; if it doesn't exist it is created, with its artifacts under `artifactLocation`. */
  experiment(name: string, artifactLocation: string): Promise<string>;

  /** The experiment's runs that have this tag, excluding deleted ones. */
  runsWithTag(experimentId: string, tag: string): Promise<readonly MlflowRun[]>;

  createRun(run: NewMlflowRun): Promise<MlflowRun>;

  /** Idempotent. */
  logBatch(runId: string, batch: MlflowBatch): Promise<void>;

  /** Idempotent, like {@link logBatch}. */
  logInputs(runId: string, datasets: readonly MlflowDataset[]): Promise<void>;

  /** @param endTime milliseconds since the epoch */
  finishRun(runId: string, endTime: number): Promise<void>;

  /** Creates the registered model if it doesn't exist. */
  registerModel(name: string): Promise<void>;

  versions(registeredModel: string): Promise<readonly MlflowVersion[]>;

  createVersion(version: NewMlflowVersion): Promise<MlflowVersion>;

  /** The version that the alias points at; undefined when there is no such alias. */
  aliasedVersion(registeredModel: string, alias: string): Promise<string | undefined>;

  setAlias(registeredModel: string, alias: string, version: string): Promise<void>;
}

/** Tags or params by key; MLflow stores every value as text. */
export type MlflowTags = Readonly<Record<string, string>>;

/** A run on the MLflow server. `runId` is MLflow's own ID, not tripcast's. */
export interface MlflowRun {
  readonly runId: string;
  readonly isFinished: boolean;
  /** Where MLflow looks for the run's artifacts, for example s3://bucket/mlflow/{run}/artifacts. */
  readonly artifactUri: string;
  readonly tags: MlflowTags;
}

/** A run to create; it is RUNNING until {@link MlflowTracking.finishRun}. */
export interface NewMlflowRun {
  readonly experimentId: string;
  readonly name: string;
  /** Whole milliseconds since the epoch: given a fraction, MLflow keeps only the part of the request before it. */
  readonly startTime: number;
  readonly tags: MlflowTags;
}

/** One value of a metric; a metric with several steps is a curve. */
export interface MlflowMetric {
  readonly key: string;
  readonly value: number;
  /** Milliseconds since the epoch. */
  readonly timestamp: number;
  readonly step: number;
}

/** What is logged to a run at once. */
export interface MlflowBatch {
  readonly params: MlflowTags;
  readonly metrics: readonly MlflowMetric[];
}

/** A file that a run read. */
export interface MlflowDataset {
  readonly context: 'training' | 'recalibration' | 'validation';
  readonly name: string;
  /** At most 36 characters. */
  readonly digest: string;
  readonly sourceType: string;
  /** JSON */
  readonly source: string;
  /** JSON */
  readonly profile: string;
}

/** A version of a registered model. */
export interface MlflowVersion {
  readonly version: string;
  readonly tags: MlflowTags;
}

/** A version to create. `runId` is the ID of the MLflow run that made it. */
export interface NewMlflowVersion {
  readonly registeredModel: string;
  /** s3:// address of the model folder. */
  readonly source: string;
  readonly runId: string;
  readonly tags: MlflowTags;
  readonly description: string;
}
