import { dataKeys } from '#storage/layout.ts';
import type { ObjectStore } from '#storage/object-store.ts';
import type { Month } from '#trips/month.ts';
import { readCurrent } from './current.ts';
import { rawFactsSchema } from './ingest.ts';
import type { MonthPlan } from './plan.ts';
import { latestReceipt, outputStands, readReceipt } from './receipts.ts';

/** What a backfill would do with a month, and why. */
export interface MonthPreview {
  readonly month: Month;
  readonly action: 'ingest-and-score' | 'score' | 'nothing';
  readonly why: string;
  /** Of the month's file; null if they are not known before it is downloaded. */
  readonly rows: number | null;
}

export interface PreviewDeps {
  readonly data: ObjectStore;
  storeOf(bucket: string): ObjectStore;
}

/**
 * What scoring a planned month would come to now. It reads what the state machine would read, and writes nothing.
 * @example
 * const { months } = await planBackfill(request, deps);
 * const previews = await Promise.all(months.map((plan) => previewMonth(plan, { data, storeOf })));
 */
export async function previewMonth(plan: MonthPlan, { data, storeOf }: PreviewDeps): Promise<MonthPreview> {
  const { taxi_type: taxiType, month, run_id: run } = plan;
  if (!plan.present) {
    return { month, action: 'ingest-and-score', why: 'not in the data bucket: downloaded first', rows: null };
  }
  const sidecar = await data.get(dataKeys.rawFacts(taxiType, month));
  const facts = sidecar && rawFactsSchema.parse(JSON.parse(new TextDecoder().decode(sidecar.body)));
  const rows = facts?.rows ?? null;
  const score = (why: string): MonthPreview => ({ month, action: 'score', why, rows });

  const found = facts && (await readReceipt(data, dataKeys.receipt(taxiType, month, run, facts.sha256)));
  if (found === undefined) {
    if ((await latestReceipt(data, plan)) !== undefined) return score('published again since this run scored it');
    const current = await readCurrent(data, taxiType, month);
    return score(current === undefined ? 'not scored yet' : `scored by another run, ${current.current.run_id}`);
  }
  if (plan.force) return score('forced, although this run has scored it');
  if (found.receipt.all !== plan.all) {
    return score(plan.all ? 'scored without the rides outside 1..60 minutes' : 'scored with --all');
  }
  if (!(await outputStands(found.receipt, storeOf))) return score('its output is gone, or was changed');
  return { month, action: 'nothing', why: 'this run has scored it', rows };
}
