import { TripcastError } from '#errors.ts';
import type { AliasPointer } from '#registry/alias.ts';
import { championAt } from '#registry/champion-at.ts';
import type { Registry } from '#registry/registry.ts';
import type { TaxiType } from '#trips/taxi-type.ts';

/** The champion at a moment. @throws TripcastError when there was none, or its model is no longer the one promoted */
export async function championThen(registry: Registry, taxiType: TaxiType, at: Date): Promise<AliasPointer> {
  const reign = championAt(await registry.history(taxiType), at);
  if (reign === undefined) {
    throw new TripcastError(
      `There was no champion for ${taxiType} taxis at ${at.toISOString()}`,
      'See `tripcast models at TIME` for when the first one was promoted.',
    );
  }
  const { promotion } = reign;
  const card = await registry.card(promotion.run_id);
  if (card !== undefined && card.model.sha256 !== promotion.sha256) {
    throw new TripcastError(
      `Run ${promotion.run_id} now has a model with sha256 ${card.model.sha256}; promoted was ${promotion.sha256}`,
      'Its folder was changed since: restore the earlier version of its objects.',
    );
  }
  return promotion;
}
