import { randomUUID } from 'node:crypto';
import type { Context } from 'aws-lambda';
import { z } from 'zod';
import { flag, functionEnv, optionalText } from '#adapters/function-env.ts';
import { kinesisSink } from '#adapters/kinesis.ts';
import { S3Store } from '#adapters/s3.ts';
import { systemClock } from '#clock.ts';
import { goldenCheck, isGoldenCheck } from '#registry/golden-check.ts';
import { KeepProfiles } from '#streaming/keep-profiles.ts';
import { parseKinesisEvent } from '#streaming/kinesis-event.ts';
import { nowhere } from '#streaming/publish.ts';
import { type BatchOutcome, scoreBatch } from '#streaming/score-batch.ts';
import type { ShadowOutcome } from '#streaming/shadow-batch.ts';
import { SHADOW_LINE, shadowLine } from '#streaming/shadow-line.ts';
import { modelName, servedModel, servedShadow, servedTaxiType } from '../served-model.ts';
import {
  addCount,
  addMilliseconds,
  addMinutes,
  logger,
  metrics,
  publishMetrics,
  reportRefreshFailed,
} from '../telemetry.ts';

const env = functionEnv(
  z.object({
    DATA_BUCKET: z.string(),
    PREDICTIONS_STREAM_NAME: z.string(),
    PROFILE_SECONDS: optionalText.transform((text) => (text === undefined ? undefined : Number(text))),
    TEST_RUN: flag,
    CODE_VERSION: z.string(),
  }),
);
const store = new S3Store(env.DATA_BUCKET);
const deps = {
  model: servedModel(reportRefreshFailed),
  modelName,
  predictions: env.TEST_RUN ? nowhere : kinesisSink(env.PREDICTIONS_STREAM_NAME),
  quarantine: store,
  profiles: keepProfiles(),
  shadow: env.TEST_RUN ? undefined : servedShadow(),
  clock: systemClock,
  codeVersion: env.CODE_VERSION,
};
/** The part of the function's time that is reserved for answering. */
const RESERVE_MS = 2_000;

/** Scores a batch of trip events; returns the predictions, and the records that Lambda must deliver again. */
export async function handler(event: unknown, context: Context) {
  if (isGoldenCheck(event)) return goldenCheck(deps.model);
  try {
    const deadline = deps.clock.now() + context.getRemainingTimeInMillis() - RESERVE_MS;
    const outcome = await scoreBatch(parseKinesisEvent(event), deps, deadline);
    report(outcome);
    return outcome.response;
  } finally {
    publishMetrics();
  }
}

/** Undefined when profiles are turned off, and in a test run, whose rides are not real. */
function keepProfiles(): KeepProfiles | undefined {
  const { PROFILE_SECONDS: everySeconds, TEST_RUN } = env;
  if (everySeconds === undefined || TEST_RUN) return undefined;
  return new KeepProfiles({
    store,
    taxiType: servedTaxiType,
    instance: randomUUID(),
    everySeconds,
    clock: systemClock,
  });
}

function report(outcome: BatchOutcome): void {
  addCount('RecordsIn', outcome.records);
  addCount('RecordsScored', outcome.scored);
  addCount('RecordsQuarantined', outcome.quarantined);
  addCount('RecordsFailed', outcome.failed);
  if (outcome.disagreements > 0) addCount('EventChecksDisagree', outcome.disagreements);
  addMilliseconds('ScoreMilliseconds', outcome.scoreMilliseconds);
  addMilliseconds('PublishMilliseconds', outcome.publishMilliseconds);
  if (outcome.runId !== undefined) metrics.addMetadata('run_id', outcome.runId);
  if (outcome.profileProblem !== undefined) {
    addCount('ProfilesFailed');
    logger.warn('The profile of the rides was not stored; the next one will include them', {
      problem: outcome.profileProblem,
    });
  }
  if (outcome.shadow !== undefined) reportShadow(outcome.shadow);
  if (outcome.failed > 0) logger.error('Records failed', { failed: outcome.failed, problems: outcome.problems });
}

/** A failure is counted here and goes no further. The line is what `tripcast models shadow` adds up. */
function reportShadow(shadow: ShadowOutcome): void {
  metrics.addMetadata(SHADOW_LINE, shadowLine(shadow));
  if (shadow.kind === 'failed') {
    addCount('ShadowFailed', shadow.rides);
    logger.warn('The shadow did not score a batch; its answers are out all the same', {
      run_id: shadow.runId,
      rides: shadow.rides,
      problem: shadow.problem,
    });
    return;
  }
  const { rides, difference, absolute, over_a_minute } = shadow.all;
  addCount('ShadowRides', rides);
  addCount('ShadowOverAMinute', over_a_minute);
  addMinutes('ShadowDifferenceMinutes', difference);
  addMinutes('ShadowAbsoluteMinutes', absolute);
  addMilliseconds('ShadowMilliseconds', shadow.milliseconds);
}
