import { join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { expect, test } from 'vitest';
import { reportJsonSchema } from '#monitoring/report-json-schema.ts';
import { CLONE } from '#setup/paths.mjs';
import { aRunOfFebruary, MonitoredBucket } from '../../support/a-monitored-month.ts';

// After a change of the report's schema: npm run test:slow -- test/unit/monitoring/report-json-schema.slow.test.ts -u

test('docs/schemas holds the schema of the reports that this code writes', async () => {
  const path = join(CLONE, 'docs', 'schemas', 'month-report.schema.json');
  await expect(`${JSON.stringify(reportJsonSchema(), null, 2)}\n`).toMatchFileSnapshot(path);
});

test('a real report satisfies it, in the eyes of another validator; one with a wrong value does not', async () => {
  const bucket = await MonitoredBucket.open(await aRunOfFebruary());
  await bucket.score('2023-04');
  const { report } = await bucket.monitor('2023-04');
  const ajv = new Ajv2020({ allErrors: true, validateFormats: false });
  const isValid = ajv.compile(reportJsonSchema());
  const complaints = (value: unknown) => {
    isValid(JSON.parse(JSON.stringify(value)));
    return (isValid.errors ?? []).map(({ instancePath, message }) => `${instancePath} ${message}`);
  };
  expect(complaints(report)).toEqual([]);
  expect(complaints({ ...report, added_later: 1 })).toEqual([]);
  expect(complaints({ ...report, month: '2023-13' })).toEqual([expect.stringContaining('/month must match pattern')]);
  expect(complaints({ ...report, run_id: 'latest' })).toEqual([expect.stringContaining('/run_id must match pattern')]);
  expect(complaints({ ...report, takeaway: undefined })).toEqual([" must have required property 'takeaway'"]);
  expect(complaints({ ...report, drift: { ...report.drift, drifted_share: Number.NaN } })).toEqual([]); // null in JSON
  expect(complaints({ ...report, drift: { ...report.drift, drifted_share: 1.5 } }).join()).toContain('/drift');
}, 60_000);
