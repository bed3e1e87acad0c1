import { predictions } from '#cli/commands/stream/tail.ts';
import type { Deployment } from '#cli/context.ts';
import type { PredictionRecord } from '#streaming/prediction-record.ts';

const PATIENCE_MS = 90_000;
/** Longer than the emulator's polling interval for a stream: any surplus record arrives within it. */
const QUIET_MS = 1_500;

/** The stream's wanted predictions: `count` of them, and any surplus. */
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

/** Whether a prediction was made from now on. */
export function madeFromNow(): (record: PredictionRecord) => boolean {
  const now = new Date().toISOString();
  return ({ predicted_at }) => predicted_at >= now;
}
