import { renderCard } from '#model/card/card-html.ts';
import { aRunOfFebruary, LONGER, MonitoredBucket } from '../support/a-monitored-month.ts';

/** Pages of real months: a quiet month with a history, a month whose rides take longer, and the card of their run. */
export async function realPages() {
  const run = await aRunOfFebruary();
  const quiet = await MonitoredBucket.open(run);
  for (const month of ['2022-03', '2022-05', '2023-01']) {
    await quiet.score(month);
    await quiet.monitor(month);
  }
  await quiet.score('2023-04');
  const { page: report } = await quiet.monitor('2023-04');
  const harmed = await MonitoredBucket.open(run);
  await harmed.score('2023-04', LONGER);
  const { page: harm } = await harmed.monitor('2023-04');
  return { report, harm, card: renderCard(run.card) };
}
