/** How many ids are remembered: about 150 MB. A redelivery comes within hours, far inside this many predictions. */
const REMEMBERED = 1_000_000;

/**
 * Predictions without the copies that redelivery makes: of those with one prediction_id only the first comes through.
 * @param remembered how many ids back a copy is recognised; bounds the memory of an endless read
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

/** A Set keeps the order of insertion. */
function forgetOldest(seen: Set<string>): void {
  for (const oldest of seen) {
    seen.delete(oldest);
    return;
  }
}
