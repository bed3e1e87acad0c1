import { expect, test } from 'vitest';
import { type MonthMonitoring, withoutScore } from '#batch/outcome.ts';
import { monthTable } from '#cli/view/month-table.ts';
import { parseMonth } from '#trips/month.ts';

const month = parseMonth('2023-04');
const table = (monitoring?: MonthMonitoring) => {
  const outcome = { ...withoutScore({ taxi_type: 'green', month }, 'scored', ''), note: null };
  return monthTable([monitoring === undefined ? outcome : { ...outcome, monitoring }]);
};
const found = { takeaway: 'Predictions are off.', report: 's3://data/report.json', page: 's3://data/report.html' };

test('a month that harmed says so, in a sentence, with its page', () => {
  const text = table({ verdict: 'harm', ...found });
  expect(text).toMatch(/^2023-04 +scored .* harm /m);
  expect(text).toContain('\n2023-04: Predictions are off. See s3://data/report.html');
});

test('a month that could not be monitored says why', () => {
  expect(table({ verdict: 'failed', note: '2023-03 is missing.' })).toContain(
    '\n2023-04: It could not be monitored: 2023-03 is missing.',
  );
});

test('a steady month takes no more than its line, nor does one that has nothing to monitor', () => {
  expect(table({ verdict: 'steady', ...found }).split('\n')).toHaveLength(3);
  expect(table().split('\n')).toHaveLength(3);
});
