import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { CLONE_LOCAL } from '#setup/paths.mjs';
import { anApiWithRecords, listening } from '../support/an-api.ts';
import { aChromium } from '../support/chromium.ts';

const SCREENSHOTS = join(CLONE_LOCAL, 'screenshots');
let browser: Browser;

beforeAll(async () => {
  await mkdir(SCREENSHOTS, { recursive: true });
  browser = await aChromium();
}, 60_000);

afterAll(() => browser?.close());

test('/docs shows every operation, runs one, breaks no policy and asks no other site', async () => {
  const url = await listening((await anApiWithRecords()).app);
  const page = await browser.newPage({ viewport: { width: 1280, height: 900 } });
  const trouble: string[] = [];
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') trouble.push(message.text());
  });
  page.on('pageerror', (error) => trouble.push(error.message));
  page.on('request', (request) => {
    const address = request.url();
    if (!address.startsWith(url) && !address.startsWith('data:')) trouble.push(address);
  });
  await page.goto(`${url}/docs`);
  const operations = page.locator('.opblock-summary-path');
  await operations.first().waitFor();
  expect((await operations.allInnerTexts()).map((path) => path.replaceAll('\u200b', '')).toSorted()).toEqual([
    '/health',
    '/models/champion',
    '/models/history',
    '/months',
    '/predict',
    '/predict/batch',
    '/zones',
  ]);

  await page.locator('#operations-default-predict .opblock-summary-control').click();
  await page.getByRole('button', { name: 'Try it out' }).click();
  await page.getByRole('button', { name: 'Execute' }).click();
  await page.locator('.live-responses-table .response-col_status').first().waitFor();
  await page.screenshot({ path: join(SCREENSHOTS, 'api-docs.png'), fullPage: true });
  expect(await page.locator('.live-responses-table').innerText()).toContain('"predicted_duration": 18.7');
  expect(trouble).toEqual([]);
});
