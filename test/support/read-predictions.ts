import { predictions } from '#cli/commands/stream/tail.ts';
import type { Deployment } from '#cli/context.ts';
import type { PredictionRecord } from '#streaming/prediction-record.ts';

const PATIENCE_MS = 90_000;
/** Longer than the emulator's rounds over a stream: what comes too much comes in it. */
const QUIET_MS = 1_500;

/** Such predictions of the stream, `count` of them and whatever comes of them too much. */
export async function readPredictions(
  to: Deployment,
  count: number,
  isWanted: (record: PredictionRecord) => boolean,
): Promise<readonly PredictionRecord[]> {
  const found: PredictionRecord[] = [];
  const stop = new AbortController();
  const giveUp = setTimeout(() => stop.abort(), PATIENCE_MS);
  for await (const record of predictions(to, 'oldest', stop.signal)) {
    if (!isWanted(record)) continue;
    found.push(record);
    if (found.length === count) setTimeout(() => stop.abort(), QUIET_MS);
  }
  clearTimeout(giveUp);
  return found;
}

/** Those made from now on. */
export function madeFromNow(): (record: PredictionRecord) => boolean {
  const now = new Date().toISOString();
  return ({ predicted_at }) => predicted_at >= now;
}
