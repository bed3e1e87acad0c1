import { S3Store } from '#adapters/s3.ts';
import { type BackfillRequest, planBackfill } from '#batch/plan.ts';
import { previewMonth } from '#batch/preview-backfill.ts';
import { costOfMonth, secondsOfMonth } from '#operations/costs.ts';
import { PRICES, PRICES_AS_OF, pricedRegion } from '#operations/prices.ts';
import type { Deployment } from '../context.ts';
import { count, type Terminal, table } from '../view/terminal.ts';
import { sizesOf } from './cost.ts';

/** `tripcast backfill --preview`: which months would run and why, and what that would take. Starts nothing. */
export async function backfillPreview(to: Deployment, request: BackfillRequest, terminal: Terminal): Promise<void> {
  const found = await previewBackfill(to, request);
  terminal.result(found, () => {
    const rows = found.months.map(({ month, action, why, rows, rows_estimated, minutes, dollars }) => [
      month,
      action.replaceAll('-', ' '),
      rows === null ? '?' : `${rows_estimated ? 'about ' : ''}${count(rows)}`,
      minutes === null ? '?' : minutes.toFixed(1),
      dollars === null ? '?' : dollars.toFixed(4),
      why,
    ]);
    const { minutes, dollars, prices, run_id } = found;
    const unknown = found.months.some((month) => month.minutes === null) ? ' and months of unknown size' : '';
    return [
      table(['month', 'would', 'rows', 'minutes', 'dollars', 'why'], rows),
      '',
      `With run ${run_id}: about ${minutes.toFixed(1)} minutes and $${dollars.toFixed(4)}${unknown} (list prices of ${prices.region}, ${prices.asOf}). Nothing was started.`,
    ].join('\n');
  });
}

export async function previewBackfill({ registry, config, data }: Deployment, request: BackfillRequest) {
  const { timeZone, monthsBack, lookBackMonths } = config.schedule;
  const plan = await planBackfill(request, {
    ...{ data, registry, timeZone, monthsBack, lookBackMonths },
    defaultTaxiType: config.schedule.taxiType,
  });
  const storeOf = (bucket: string) => new S3Store(bucket);
  const previews = await Promise.all(plan.months.map((month) => previewMonth(month, { data, storeOf })));

  const known = previews.flatMap(({ rows }) => (rows === null ? [] : [rows]));
  const usual = known.length === 0 ? null : Math.round(known.reduce((sum, rows) => sum + rows, 0) / known.length);
  const region = pricedRegion(config.region);
  const sizes = sizesOf(config);
  const months = previews.map((preview) => {
    const rows = preview.rows ?? usual;
    const isIdle = preview.action === 'nothing';
    return {
      ...preview,
      rows,
      /** The mean of the range's other months stands in for a file that is not there yet. */
      rows_estimated: preview.rows === null && rows !== null,
      minutes: isIdle ? 0 : rows === null ? null : secondsOfMonth(rows) / 60,
      dollars: isIdle ? 0 : rows === null ? null : costOfMonth(rows, sizes, PRICES[region]).dollars,
    };
  });
  const total = (of: 'minutes' | 'dollars') => months.reduce((sum, month) => sum + (month[of] ?? 0), 0);
  return {
    taxi_type: request.taxi_type ?? config.schedule.taxiType,
    run_id: plan.months[0]?.run_id ?? null,
    months,
    /** Months run side by side as far as --max-concurrency lets them. */
    minutes: total('minutes') / Math.min(request.maxConcurrency, months.length),
    dollars: total('dollars'),
    prices: { asOf: PRICES_AS_OF, region },
  };
}
