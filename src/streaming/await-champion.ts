import type { Clock } from '#clock.ts';
import { type LoadedModel, type ModelSource, NoChampionError } from '#registry/model-source.ts';

/** How often to check the registry while there is no champion. */
const PAUSE_MS = 2000;
/** The time a batch needs once there is a model: loading it, scoring, publishing. */
const RESERVE_MS = 10_000;

/**
 * Waits for the model to score with. The stream is read from the first deploy on, so its first events may arrive before
 * the first champion. They are held here for as long as the invocation allows: a batch that failed right away would be
 * retried right away, and would use up its retries within a minute.
 * @param deadline milliseconds since the epoch
 * @throws NoChampionError if there is none by then; any other failure immediately
 */
export async function awaitChampion(model: ModelSource, clock: Clock, deadline: number): Promise<LoadedModel> {
  for (;;) {
    try {
      return await model.current();
    } catch (error) {
      if (!(error instanceof NoChampionError) || clock.now() + PAUSE_MS > deadline - RESERVE_MS) throw error;
      await clock.sleep(PAUSE_MS);
    }
  }
}
