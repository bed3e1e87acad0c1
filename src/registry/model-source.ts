import { TripcastError } from '#errors.ts';
import type { GoldenRides } from '#model/golden/golden.ts';
import type { Scorer } from '#model/scorer.ts';
import type { RunId } from '#storage/run-id.ts';
import type { TaxiType } from '#trips/taxi-type.ts';

/** A model that is ready to score: its run, the loaded graph and its golden rides. */
export interface LoadedModel {
  readonly runId: RunId;
  readonly scorer: Scorer;
  readonly golden: GoldenRides;
}

/** Where a function gets its model: loaded once, refreshed between batches if it follows an alias. */
export interface ModelSource {
  /**
   * The model to score with now.
   * @throws TripcastError when there is none: the caller fails its batch and is retried; it never makes up a value.
   */
  current(): Promise<LoadedModel>;
}

/** No run has been promoted yet, or there is no such registry: the one case of no model that somebody else resolves. */
export class NoChampionError extends TripcastError {
  constructor(taxiType: TaxiType) {
    super(
      `There is no champion for ${taxiType} taxis`,
      `Make one with \`tripcast train --taxi-type ${taxiType} --promote\`.`,
    );
  }
}
