import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { CLONE_LOCAL } from '#setup/paths.mjs';
import { aChromium } from '../support/chromium.ts';
import { barriers } from './barriers.ts';
import { realPages } from './real-pages.ts';

// The pages of real months in a real browser, opened from disk. Screenshots are kept in .tripcast/screenshots to look at.

const SCREENSHOTS = join(CLONE_LOCAL, 'screenshots');
const PAGES = ['report', 'harm', 'index', 'card', 'backtest'] as const;
const SCHEMES = ['light', 'dark'] as const;
const WIDTHS = [375, 768, 1440] as const;
const MOST_BYTES = 1.5e6;

let browser: Browser;

beforeAll(async () => {
  await mkdir(SCREENSHOTS, { recursive: true });
  const [pages, opened] = await Promise.all([realPages(), aChromium()]);
  browser = opened;
  for (const name of PAGES) await writeFile(join(SCREENSHOTS, `${name}.html`), pages[name]);
}, 180_000);

afterAll(() => browser?.close());

/** A page as a reader opens it, and everything that a reader should never see. */
async function opened(name: string, colorScheme: 'light' | 'dark') {
  const context = await browser.newContext({ colorScheme, viewport: { width: 1440, height: 900 } });
  const page = await context.newPage();
  const trouble: string[] = [];
  page.on('console', (message) => trouble.push(`${message.type()}: ${message.text()}`));
  page.on('pageerror', (error) => trouble.push(error.message));
  page.on('request', (request) => trouble.push(request.url()));
  const url = pathToFileURL(join(SCREENSHOTS, `${name}.html`)).href;
  await page.goto(url);
  // Without a font, text takes no room, and every page would fit.
  const title = page.locator('h1');
  const width = await title.evaluate((element) => {
    const range = element.ownerDocument.createRange();
    range.selectNodeContents(element);
    return range.getBoundingClientRect().width;
  });
  expect(width).toBeGreaterThan(100);
  return { page, trouble, url, [Symbol.asyncDispose]: () => context.close() };
}

const openDetails = (page: Page) =>
  page.locator('details').evaluateAll((all) => {
    for (const each of all) each.setAttribute('open', '');
  });

/** The charts that have no takeaway in words or no table with their figures. */
const speechlessCharts = (page: Page) =>
  page.locator('svg[role="img"]').evaluateAll((charts) =>
    charts
      .filter((chart) => {
        const figure = chart.closest('figure');
        const words = figure?.querySelector('figcaption')?.textContent?.trim() ?? '';
        const next = figure?.nextElementSibling;
        const table = figure?.querySelector('table tbody tr') ?? next?.querySelector('table tbody tr');
        return words.length < 40 || !table;
      })
      .map((chart) => chart.getAttribute('aria-label')),
  );

describe.each(PAGES)('%s', { timeout: 60_000 }, (name) => {
  describe.each(SCHEMES)('in %s', (scheme) => {
    test('asks nothing of anybody, complains about nothing, and keeps no one out', async () => {
      await using at = await opened(name, scheme);
      await openDetails(at.page);
      if (scheme === 'dark') await at.page.setViewportSize({ width: 375, height: 800 }); // each width in one of the schemes
      expect(await barriers(at.page)).toEqual([]);
      expect(at.trouble).toEqual([at.url]);
    });

    test.each(WIDTHS)('fits %i pixels', async (width) => {
      await using at = await opened(name, scheme);
      await at.page.setViewportSize({ width, height: 900 });
      await at.page.screenshot({ path: join(SCREENSHOTS, `${name}-${scheme}-${width}.png`), fullPage: true });
      await openDetails(at.page);
      expect(await at.page.locator('html').evaluate((root) => root.scrollWidth)).toBeLessThanOrEqual(width);
    });
  });

  test('is small, and each chart has its figures in a table and its takeaway in words', async () => {
    await using at = await opened(name, 'light');
    expect((await at.page.content()).length).toBeLessThan(MOST_BYTES);
    expect(await speechlessCharts(at.page)).toEqual([]);
  });
});
