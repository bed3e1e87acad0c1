import { dataKeys } from '#storage/layout.ts';
import type { ObjectStore } from '#storage/object-store.ts';
import { addMonths, type Month } from '#trips/month.ts';
import type { TaxiType } from '#trips/taxi-type.ts';

/** Whether any run has scored the month. */
export async function hasReceipt(data: ObjectStore, taxiType: TaxiType, month: Month): Promise<boolean> {
  for await (const _ of data.list(dataKeys.receiptsOfMonth(taxiType, month))) return true;
  return false;
}

/**
 * Months before `month` that no run has scored, oldest first: not published when their turn came, or failed.
 * @param lookBack how many months before it can still be owed
 */
export async function owedMonths(
  data: ObjectStore,
  taxiType: TaxiType,
  month: Month,
  lookBack: number,
): Promise<readonly Month[]> {
  const earlier = Array.from({ length: lookBack }, (_, i) => addMonths(month, i - lookBack));
  const scored = await Promise.all(earlier.map((each) => hasReceipt(data, taxiType, each)));
  return earlier.filter((_, i) => !scored[i]);
}
