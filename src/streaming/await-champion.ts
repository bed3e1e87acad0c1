import type { Clock } from '#clock.ts';
import { type LoadedModel, type ModelSource, NoChampionError } from '#registry/model-source.ts';

/** How often the registry is asked while there is no champion. */
const PAUSE_MS = 2000;
/** What a batch needs once it has a model: loading it, scoring, publishing. */
const RESERVE_MS = 10_000;

/**
 * The model to score with. The stream is read from the first deploy on, so that its first events may come before the first
 * champion: they are held here as long as the invocation allows, since a batch that fails at once would be tried again at
 * once, and would use up its retries in a minute.
 * @param deadline milliseconds since the epoch
 * @throws NoChampionError when there is none by then; any other failure at once
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
