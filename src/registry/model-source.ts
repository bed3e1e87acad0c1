import { TripcastError } from '#errors.ts';
import type { GoldenRides } from '#model/golden/golden.ts';
import type { Scorer } from '#model/scorer.ts';
import type { RunId } from '#storage/run-id.ts';
import type { TaxiType } from '#trips/taxi-type.ts';

/** A model ready to score: its run, the loaded graph and the golden rides it came with. */
export interface LoadedModel {
  readonly runId: RunId;
  readonly scorer: Scorer;
  readonly golden: GoldenRides;
}

/** Where a function gets its model: loaded once, refreshed by alias between batches. */
export interface ModelSource {
  /**
   * The model to score with now.
   * @throws TripcastError when none can be had: the caller fails its batch and is retried; it never makes a value up.
   */
  current(): Promise<LoadedModel>;
}

/** Nobody has promoted a run yet, or there is no such registry: the one lack of a model that somebody else ends. */
export class NoChampionError extends TripcastError {
  constructor(taxiType: TaxiType) {
    super(
      `There is no champion for ${taxiType} taxis`,
      `Train and promote one: tripcast train --taxi-type ${taxiType} --promote.`,
    );
  }
}
