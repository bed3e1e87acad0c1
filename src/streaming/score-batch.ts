import type { Clock } from '#clock.ts';
import { scoredRides } from '#model/profile/ride-profile.ts';
import type { Predictions } from '#model/scorer.ts';
import type { ModelSource } from '#registry/model-source.ts';
import type { ObjectStore } from '#storage/object-store.ts';
import type { RunId } from '#storage/run-id.ts';
import { awaitChampion } from './await-champion.ts';
import { type DecodedBatch, decode } from './decode.ts';
import { encode } from './encode.ts';
import type { KeepProfiles } from './keep-profiles.ts';
import type { KinesisEvent } from './kinesis-event.ts';
import { type PredictionRecord, predictionRecords } from './prediction-record.ts';
import { publish, type RecordSink, splitSent } from './publish.ts';
import { quarantine } from './quarantine.ts';
import { type ShadowOutcome, type ShadowSource, shadowBatch } from './shadow-batch.ts';

export interface ScoreBatchDeps {
  readonly model: ModelSource;
  /** The registered model's name, as it appears in the predictions. */
  readonly modelName: string;
  /** The predictions stream. */
  readonly predictions: RecordSink;
  /** The data bucket. */
  readonly quarantine: ObjectStore;
  /** If left out, the rides are not profiled. */
  readonly profiles?: Pick<KeepProfiles, 'add' | 'store'> | undefined;
  /** A run that scores the same rides once their answers are out; if left out, none does. */
  readonly shadow?: ShadowSource | undefined;
  readonly clock: Clock;
  readonly codeVersion: string;
}

/** The function's response. Lambda redelivers from the lowest sequence number among the failures. */
export interface StreamResponse {
  readonly predictions: readonly PredictionRecord[];
  readonly batchItemFailures: readonly { readonly itemIdentifier: string }[];
}

/** What became of a batch. `records` = `scored` + `quarantined` + `failed`. */
export interface BatchOutcome {
  readonly response: StreamResponse;
  readonly records: number;
  readonly scored: number;
  readonly quarantined: number;
  readonly failed: number;
  /** The records to quarantine that only one of the two checks refuses: a bug, whatever the input. */
  readonly disagreements: number;
  /** Absent if there was nothing to score. */
  readonly runId?: RunId;
  readonly scoreMilliseconds: number;
  readonly publishMilliseconds: number;
  /** Why records failed; each reason is listed once. */
  readonly problems: readonly string[];
  /** Why the profile could not be stored, which fails no record. */
  readonly profileProblem?: string;
  /** Absent when no shadow is set. Whatever became of it, the answers are the champion's. */
  readonly shadow?: ShadowOutcome;
}

/**
 * Scores the records of one invocation and settles each in one place: the predictions stream, quarantine, or the
 * failures that Lambda redelivers.
 * @param deadline milliseconds since the epoch; anything unsent by then is a failure
 * @throws when there is no model by then, or it cannot score: the whole batch is redelivered, and nothing is made up
 * @example
 * const deadline = Date.now() + context.getRemainingTimeInMillis() - 2_000;
 * const { response } = await scoreBatch(parseKinesisEvent(event), deps, deadline);
 * return response; // { predictions, batchItemFailures }
 */
export async function scoreBatch(event: KinesisEvent, deps: ScoreBatchDeps, deadline: number): Promise<BatchOutcome> {
  const decoded = decode(event);
  const started = performance.now();
  const { runId, predictions, outputs } = await score(decoded, deps, deadline);
  const scored = performance.now();
  const [sending, settling] = await Promise.all([send(predictions, decoded, deps, deadline), setAside(decoded, deps)]);
  const published = performance.now();

  const failed = [...sending.failed, ...settling.failed];
  const settled = settledRides(event, decoded, failed);
  if (runId && outputs) deps.profiles?.add(runId, scoredRides(decoded.rides, outputs), settled);
  const profileProblem = await deps.profiles?.store(deadline);
  // Last of all: what it takes delays no answer, and what it breaks fails no record.
  const shadow =
    runId && outputs && deps.shadow
      ? await shadowBatch(
          { rides: decoded.rides, predictions: outputs, runId, settled },
          deps.shadow,
          deps.clock,
          deadline,
        )
      : undefined;
  return {
    response: {
      predictions: sending.sent,
      batchItemFailures: failed.map((itemIdentifier) => ({ itemIdentifier })),
    },
    records: event.Records.length,
    scored: sending.sent.length,
    quarantined: decoded.rejected.length - settling.failed.length,
    failed: failed.length,
    disagreements: decoded.rejected.filter(({ reason }) => reason === 'checks-disagree').length,
    ...(runId && { runId }),
    scoreMilliseconds: scored - started,
    publishMilliseconds: published - scored,
    problems: [...new Set([...sending.problems, ...settling.problems])],
    ...(profileProblem !== undefined && { profileProblem }),
    ...(shadow && { shadow }),
  };
}

/**
 * How many of the accepted rides come before the first failure. Lambda delivers a batch again from there on, even the
 * rides that were sent, so a profile that counts only these counts each ride once.
 */
function settledRides({ Records }: KinesisEvent, { accepted }: DecodedBatch, failed: readonly string[]): number {
  if (failed.length === 0) return accepted.length;
  const owed = new Set(failed);
  let settled = 0;
  for (const { kinesis } of Records) {
    if (owed.has(kinesis.sequenceNumber)) break;
    if (accepted[settled]?.sequenceNumber === kinesis.sequenceNumber) settled += 1;
  }
  return settled;
}

async function score(
  { rides, accepted }: DecodedBatch,
  { model, modelName, clock }: ScoreBatchDeps,
  deadline: number,
): Promise<{
  readonly runId?: RunId;
  readonly outputs?: Predictions;
  readonly predictions: readonly PredictionRecord[];
}> {
  if (accepted.length === 0) return { predictions: [] };
  const { runId, scorer } = await awaitChampion(model, clock, deadline);
  const outputs = await scorer.score(rides);
  const predictedAt = new Date(clock.now());
  return {
    runId,
    outputs,
    predictions: predictionRecords(accepted, outputs, { modelName, runId, predictedAt, source: 'stream' }),
  };
}

/** The sequence numbers of the records that are owed, and why. */
interface Owed {
  readonly failed: readonly string[];
  readonly problems: readonly string[];
}

async function send(
  predictions: readonly PredictionRecord[],
  { accepted }: DecodedBatch,
  { predictions: sink, clock }: ScoreBatchDeps,
  deadline: number,
): Promise<Owed & { readonly sent: readonly PredictionRecord[] }> {
  const unsent = await publish(sink, encode(predictions), { clock, deadline });
  return {
    sent: splitSent(predictions, unsent).sent,
    failed: splitSent(accepted, unsent).unsent.map(({ sequenceNumber }) => sequenceNumber),
    problems: unsent.map(({ error }) => `not published: ${error}`),
  };
}

async function setAside({ rejected }: DecodedBatch, deps: ScoreBatchDeps): Promise<Owed> {
  try {
    await quarantine(deps.quarantine, rejected, deps.codeVersion);
    return { failed: [], problems: [] };
  } catch (error) {
    // The error is not swallowed: the records stay owed, and the reason is reported.
    return {
      failed: rejected.map(({ record }) => record.kinesis.sequenceNumber),
      problems: [`not quarantined: ${error}`],
    };
  }
}
