import { type Records, registryRecords, soleModelRecords } from '#serving/records.ts';
import { cardOnDisk, isOnDisk, type ModelChoice } from './model-file.ts';

/** What the API tells about models and months: of the model's environment or of a copy of its buckets, or of a model on disk its card alone. */
export async function servedRecords({ model, env, folder, taxiType }: ModelChoice): Promise<Records> {
  if (await isOnDisk(model)) return soleModelRecords(taxiType, await cardOnDisk(model));
  const [{ openStores }, { monthOverviews }] = await Promise.all([
    import('./stores.ts'),
    import('#monitoring/month-overview.ts'),
  ]);
  const { registry, data } = await openStores({ env, folder });
  return registryRecords(registry, taxiType, monthOverviews(data, taxiType));
}
