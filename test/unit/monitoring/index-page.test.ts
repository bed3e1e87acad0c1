import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { expect, test, vi } from 'vitest';
import { renderIndex } from '#monitoring/page/index-page.ts';
import { dataKeys } from '#storage/layout.ts';
import { aReportOf, type ReportedMonth } from '../../support/a-report.ts';
import { MemoryStore } from '../../support/memory-store.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const MONTHS: readonly ReportedMonth[] = [
  { month: '2023-01', evaluation: 'in-training', mae: 2.2222, harmed: true },
  { month: '2023-02', mae: 4.1111, drifted: ['VendorID', 'trip_distance'] },
  { month: '2023-03', mae: null },
  { month: '2023-05', mae: 5.5555, harmed: true, drifted: ['<b>extra</b>'] },
];
const reports = MONTHS.map(aReportOf);
const pageOf = (from: number, to?: number) =>
  renderIndex(
    'green',
    reports.slice(from, to).map((report) => ({ report, link: `${report.month}/report.html` })),
  );
const rows = (page: string) => page.match(/<tr><th scope="row">.*/g) ?? [];

test('a row for each month, latest first: verdict, error, drifted columns, link', () => {
  const page = pageOf(0);
  const [may = '', march = '', february = '', january = ''] = rows(page);
  expect(rows(page)).toHaveLength(4);
  expect(may).toMatch(/href="2023-05\/report.html">2023-05<.*▲ error above the limit.*>5\.56<.*>4\.00 .*2022-12/);
  expect(may).toContain('&lt;b&gt;extra&lt;/b&gt;');
  expect(march).toMatch(/not enough data.*>–</);
  expect(february).toMatch(/▲ drifted.*>4\.11<.*VendorID, trip_distance/);
  expect(january).toMatch(/2023-01.*in training: optimistic.*>2\.22</);
});

test('months in training count neither in the sentence nor in the chart', () => {
  const page = pageOf(0);
  expect(page).toContain(
    'From 2023-02 to 2023-05, the error limit was exceeded in 2023-05; the data drifted without exceeding it in 2023-02.',
  );
  expect(page).toContain('Mean absolute error: 4.11 min in 2023-02, 5.56 in 2023-05.');
  expect(pageOf(0, 1)).toContain('There is no report of a month that its model had not seen.');
  expect(pageOf(3)).not.toContain('<svg class="chart"'); // one month is no line
  expect(page).not.toMatch(/NaN|undefined|Infinity/);
});

test('it is stored in the bucket and here, where its links lead to the pages', async () => {
  vi.resetModules();
  vi.stubEnv('TRIPCAST_LOCAL', temporaryFolder());
  const { indexReports } = await import('#cli/commands/report/index.ts');
  const data = new MemoryStore('data');
  for (const report of reports) {
    const { month, run_id } = report;
    await data.put(dataKeys.report('green', month, run_id), JSON.stringify(report));
    await data.put(dataKeys.reportPage('green', month, run_id), `page of ${month}`);
  }
  const { path, uri, months } = await indexReports({ data }, { env: 'dev', taxiType: 'green' });
  expect(uri).toBe('s3://data/reports/taxi_type=green/index.html');
  const page = await readFile(path, 'utf8');
  expect(data.text(dataKeys.reportIndex('green'))).toBe(page);
  const links = [...page.matchAll(/href="([^"#]+\.html)"/g)].map(([, link = '']) => link);
  expect(links).toHaveLength(4);
  for (const link of links) {
    expect(existsSync(join(dirname(path), link))).toBe(true);
    expect(data.objects.has(`reports/taxi_type=green/${link}`)).toBe(true);
  }
  expect(months[3]).toMatchObject({ month: '2023-05', verdict: 'harm', mae: 5.5555, drifted: ['<b>extra</b>'] });
  expect(await readFile(months[3]?.path ?? '', 'utf8')).toBe('page of 2023-05');
  vi.unstubAllEnvs();
  await expect(indexReports({ data }, { env: 'dev', taxiType: 'yellow' })).rejects.toThrow('no report of yellow taxis');
});
