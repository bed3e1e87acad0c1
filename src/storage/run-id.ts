import { randomBytes } from 'node:crypto';
import { z } from 'zod';
import { shown, TripcastError } from '#errors.ts';

declare const brand: unique symbol;

/** The identity of a training run: 32 hexadecimal digits, the form that MLflow uses. */
export type RunId = string & { readonly [brand]: 'RunId' };

const PATTERN = /^[0-9a-f]{32}$/;

/** A random ID: 128 bits, so that two runs anywhere never share one. */
export function newRunId(): RunId {
  return randomBytes(16).toString('hex') as RunId;
}

/** Tests for what {@link parseRunId} accepts. */
export function isRunId(text: string): text is RunId {
  return PATTERN.test(text);
}

/** @throws TripcastError when `text` is not 32 hexadecimal digits. */
export function parseRunId(text: string): RunId {
  if (isRunId(text)) return text;
  throw new TripcastError(
    `${shown(text)} is not a run id`,
    'A run id is 32 hexadecimal digits; `tripcast models list` shows them.',
  );
}

export const runIdSchema = z
  .custom<RunId>((value) => typeof value === 'string' && isRunId(value), 'a run id: 32 hexadecimal digits')
  .meta({ type: 'string', pattern: PATTERN.source });
