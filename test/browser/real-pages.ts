import { renderBacktest } from '#backtest/page/backtest-page.ts';
import { renderCard } from '#model/card/card-html.ts';
import { renderIndex } from '#monitoring/page/index-page.ts';
import type { MonthReport } from '#monitoring/report-schema.ts';
import { aBacktest } from '../support/a-backtest.ts';
import { aRunOfFebruary, LONGER, MonitoredBucket } from '../support/a-monitored-month.ts';

/**
 * Pages of real months: a quiet month with a history, a month whose rides take longer, the index of them, and the card of
 * their run; and a backtest.
 */
export async function realPages() {
  const run = await aRunOfFebruary();
  const quiet = await MonitoredBucket.open(run);
  const months: MonthReport[] = [];
  for (const month of ['2022-03', '2022-05', '2023-01']) {
    await quiet.score(month);
    months.push((await quiet.monitor(month)).report);
  }
  await quiet.score('2023-04');
  const { page: report } = await quiet.monitor('2023-04');
  const harmed = await MonitoredBucket.open(run);
  await harmed.score('2023-04', LONGER);
  const { page: harm, report: worst } = await harmed.monitor('2023-04');
  const index = renderIndex(
    'green',
    [...months, worst].map((each) => ({ report: each, link: `${each.month}.html` })),
  );
  return { report, harm, index, card: renderCard(run.card), backtest: renderBacktest(aBacktest()) };
}
