/** How many IDs are remembered: about 150 MB. A redelivery comes within hours, well within this many predictions. */
const REMEMBERED = 1_000_000;

/**
 * Drops the duplicates that redelivery creates: only the first prediction with a given prediction_id is yielded.
 * @param remembered how many IDs back a duplicate is recognized; bounds the memory of an endless read
 * @example
 * for await (const { prediction } of distinctPredictions(records)) console.log(prediction.ride_duration); // minutes
 */
export async function* distinctPredictions<T extends { readonly prediction_id: string }>(
  predictions: AsyncIterable<T> | Iterable<T>,
  remembered = REMEMBERED,
): AsyncGenerator<T> {
  const seen = new Set<string>();
  for await (const prediction of predictions) {
    if (seen.has(prediction.prediction_id)) continue;
    seen.add(prediction.prediction_id);
    yield prediction;
    if (seen.size > remembered) forgetOldest(seen);
  }
}

/** A Set keeps insertion order. */
function forgetOldest(seen: Set<string>): void {
  for (const oldest of seen) {
    seen.delete(oldest);
    return;
  }
}
