import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { CITY_ZONES } from '#console/zone-search.ts';
import { type GoldenRide, ridesOf } from '#model/golden/golden.ts';
import { RideBatch } from '#model/rides/ride-batch.ts';
import { batchOf } from '#model/rides/rides.ts';
import { batchAnswerSchema } from '#serving/batch-request.ts';
import { predictRequestSchema } from '#serving/request.ts';
import { CLONE_LOCAL } from '#setup/paths.mjs';
import { formatWallClock } from '#trips/new-york-time.ts';
import { percentile } from '../bench/figures.ts';
import { aChromium } from '../support/chromium.ts';
import { generatedRides } from '../support/engines.ts';
import { type AConsoleOptions, type AModel, aConsole, aTreeModel } from './a-console.ts';
import { live, records } from './a-system.ts';
import { barriers } from './barriers.ts';

// The console in a real browser, with a model trained on real rides. Screenshots are kept in .tripcast/screenshots to look at.

const SCREENSHOTS = join(CLONE_LOCAL, 'screenshots');
const JFK = '#ride?from=132&to=230&at=2023-04-03T08:30';
const FROM_JFK = '#ride?from=132&at=2023-04-03T08:30';

let browser: Browser;
let model: AModel;
let other: AModel;

beforeAll(async () => {
  await mkdir(SCREENSHOTS, { recursive: true });
  browser = await aChromium();
  model = await aTreeModel('a', '2023-03');
  other = await aTreeModel('b', '2023-02');
}, 180_000);

afterAll(() => browser?.close());

interface HowOpened extends Partial<AConsoleOptions> {
  readonly colorScheme?: 'light' | 'dark';
  readonly width?: number;
  readonly before?: (page: Page) => Promise<unknown>;
}

/** The console as a reader opens it, and everything that a reader should never see. */
async function opened(hash: string, { colorScheme = 'light', width = 1440, before, ...options }: HowOpened = {}) {
  const served = await aConsole({ model, ...options });
  const context = await browser.newContext({ colorScheme, viewport: { width, height: 900 } });
  context.setDefaultTimeout(15_000);
  const page = await context.newPage();
  const trouble: string[] = [];
  const asked: string[] = [];
  page.on('console', (message) => trouble.push(`${message.type()}: ${message.text()}`));
  page.on('pageerror', (error) => trouble.push(error.message));
  page.on('request', (request) => {
    const url = request.url();
    if (url.startsWith(served.url)) asked.push(url.slice(served.url.length));
    else trouble.push(`asks elsewhere: ${url}`);
  });
  await before?.(page);
  await page.goto(`${served.url}${hash}`);
  return {
    page,
    served,
    trouble,
    asked,
    status: page.locator('header [role=status]'),
    async [Symbol.asyncDispose]() {
      await context.close();
      await served[Symbol.asyncDispose]();
    },
  };
}

type Opened = Awaited<ReturnType<typeof opened>>;

const inPage = ({ status }: Opened) => status.getByText('runs in this page').waitFor();

/** The three figures of the answer, as exact as the page has them: float32, which has several spellings. */
async function answered(page: Page): Promise<readonly number[]> {
  const figures = page.locator('.duration:not(.stale) data');
  await figures.first().waitFor();
  const values = await figures.evaluateAll((all) => all.map((each) => each.getAttribute('value')));
  return values.map((value) => Math.fround(Number(value)));
}

/** What the API says to the same question. */
async function fromApi({ served }: Opened, ride: Record<string, unknown>): Promise<readonly number[]> {
  const headers = { 'content-type': 'application/json' };
  const response = await fetch(`${served.url}predict`, { method: 'POST', headers, body: JSON.stringify(ride) });
  const { predicted_duration, interval } = (await response.json()) as {
    predicted_duration: number;
    interval: readonly [number, number];
  };
  return [predicted_duration, ...interval].map(Math.fround);
}

/** The end of 2100. */
const LAST_TIME = Date.UTC(2101, 0, 1) / 1000 - 1;

const RIDE = { PULocationID: 132, DOLocationID: 230, pickup_datetime: '2023-04-03T08:30:00' };

describe('a ride', { timeout: 60_000 }, () => {
  test('is chosen on the map, and has the very numbers of the API', async () => {
    await using at = await opened('#ride?at=2023-04-03T08:30');
    await inPage(at);
    await at.page.locator('[data-zone="132"]').click();
    await at.page.locator('.shaded').waitFor();
    await at.page.locator('[data-zone="230"]').click();
    expect(await answered(at.page)).toEqual(await fromApi(at, RIDE));
    expect(await at.page.getByLabel('Pickup', { exact: true }).inputValue()).toBe('JFK Airport');
    expect(at.page.url()).toContain('from=132&to=230&at=2023-04-03T08:30');
    expect(at.trouble).toEqual([]);
  });

  test('is chosen with the keyboard alone', async () => {
    await using at = await opened('#ride?at=2023-04-03T08:30');
    await inPage(at);
    const { keyboard } = at.page;
    const pickup = at.page.getByLabel('Pickup', { exact: true });
    await pickup.focus();
    await keyboard.type('jfk');
    await keyboard.press('ArrowDown');
    expect(await at.page.locator('[role=option][aria-selected=true]').innerText()).toContain('JFK Airport');
    await keyboard.press('Enter');
    await keyboard.press('Tab'); // past the button that clears the field
    await keyboard.press('Tab');
    await keyboard.type('times sq');
    await keyboard.press('Enter');
    expect(await answered(at.page)).toEqual(await fromApi(at, RIDE));
    // On the map: one tab stop, arrows, Enter.
    await at.page.locator('[data-zone][tabindex="0"]').focus();
    const before = at.page.url();
    await keyboard.press('ArrowUp');
    const name = await at.page.locator('[data-zone]:focus').getAttribute('aria-label');
    expect(name).toMatch(/, Manhattan, \d+ minutes/);
    // What the shade says is also written, for those who see no colors.
    const tip = (await at.page.locator('.tip').innerText()).split(/\s*\n\s*|\s+(?=Manhattan)/);
    expect(name).toBe(`${tip[0]}, ${tip[1]}, ${tip[2]?.replace('min', 'minutes')}`);
    await keyboard.press('Enter');
    await at.page.waitForURL((url) => url.href !== before);
    expect(await at.page.locator('[data-zone][aria-pressed=true].dropoff').getAttribute('aria-label')).toContain(name);
    expect(at.trouble).toEqual([]);
  });

  test('takes a distance, and everything added to the typical ride is the prediction', async () => {
    await using at = await opened(JFK);
    await inPage(at);
    await at.page.getByLabel('Distance in miles').fill('17.4');
    await expect.poll(() => answered(at.page)).toEqual(await fromApi(at, { ...RIDE, trip_distance: 17.4 }));
    await at.page.locator('.waterfall .sum').waitFor();
    const figures = await at.page.locator('.waterfall td:last-child').allInnerTexts();
    const values = figures.map((text) => Number(text.replace('−', '-').replace('+', '')));
    const sum = values.slice(0, -1).reduce((total, value) => total + value, 0);
    expect(values).toHaveLength(6);
    expect(Math.abs(sum - (values.at(-1) ?? 0))).toBeLessThan(0.3); // each is rounded to a tenth
    expect(at.trouble).toEqual([]);
  });

  test.each([
    ['nothing that exists', 'xyzzy', 'No taxi zone matches “xyzzy”'],
    ['more than one zone', 'east', 'Several zones match “east”'],
    ['a script', '<img src=x onerror=alert(1)>', 'No taxi zone matches'],
  ])('says so when the text names %s', async (_, text, problem) => {
    await using at = await opened('#ride');
    const pickup = at.page.getByLabel('Pickup', { exact: true });
    await pickup.fill(text);
    await pickup.blur();
    expect(await at.page.getByRole('alert').innerText()).toContain(problem);
    expect(await pickup.getAttribute('aria-invalid')).toBe('true');
    expect(await at.page.locator('img').count()).toBe(0);
    expect(at.trouble).toEqual([]);
  });

  test.each(['-1', 'abc', '1e9', 'NaN', '17.4.2'])('refuses %s miles, and keeps the last answer', async (miles) => {
    await using at = await opened(JFK);
    await inPage(at);
    const before = await answered(at.page);
    await at.page.getByLabel('Distance in miles').fill(miles);
    expect(await at.page.getByRole('alert').innerText()).toContain('A distance is a number of miles');
    expect(await answered(at.page)).toEqual(before);
    expect(at.trouble).toEqual([]);
  });

  test.each(['1900-01-01T00:00', '2150-06-01T12:00'])('refuses the time %s', async (time) => {
    await using at = await opened(JFK);
    await at.page.getByLabel('Time in New York').fill(time);
    expect(await at.page.getByRole('alert').innerText()).toContain('between 1970 and 2099');
    expect(at.trouble).toEqual([]);
  });
});

// What runs in the page is text: the types of a browser are not those of the tests.

/** The page's own worker, asked as the page asks it. */
const SCORED_BY_WORKER = `async ({ run, columns }) => {
  const model = new Uint8Array(await (await fetch('models/' + run + '/model.onnx')).arrayBuffer());
  const worker = new Worker(document.body.dataset.worker, { type: 'module' });
  const answer = (message) =>
    new Promise((resolve, reject) => {
      worker.onmessage = ({ data }) => resolve(data);
      worker.onerror = ({ message }) => reject(new Error(message));
      worker.postMessage(message);
    });
  await answer({ kind: 'load', model });
  const rides = {
    pickup: Int32Array.from(columns.pickup),
    dropoff: Int32Array.from(columns.dropoff),
    distance: Float32Array.from(columns.distance, Number),
    time: Float64Array.from(columns.time),
  };
  const scored = await answer({ kind: 'score', id: 1, rides });
  return [scored.duration, scored.low, scored.high].map((column) => Array.from(column));
}`;

/** Duration, low and high of each ride. */
async function scoredInPage({ page }: Opened, { inputs }: RideBatch): Promise<unknown> {
  const columns = {
    pickup: Array.from(inputs.PULocationID, Number),
    dropoff: Array.from(inputs.DOLocationID, Number),
    distance: Array.from(inputs.trip_distance, String), // JSON has no NaN and no infinity
    time: Array.from(inputs.pickup_time, Number),
  };
  return await page.evaluate(`(${SCORED_BY_WORKER})(${JSON.stringify({ run: model.runId, columns })})`);
}

const ridesIn = ({ inputs }: RideBatch): readonly GoldenRide[] =>
  Array.from(inputs.PULocationID, (pickup, i) => ({
    PULocationID: Number(pickup),
    DOLocationID: Number(inputs.DOLocationID[i]),
    trip_distance: Number.isNaN(inputs.trip_distance[i]) ? null : Number(inputs.trip_distance[i]),
    pickup_time: Number(inputs.pickup_time[i]),
  }));

/** The ride as the API is asked about it; nothing if it is one that the API refuses. */
function askable(ride: GoldenRide) {
  const { pickup_time, ...places } = ride;
  if (pickup_time < 0 || pickup_time > LAST_TIME) return [];
  const asked = { ...places, pickup_datetime: formatWallClock(pickup_time) };
  return predictRequestSchema.safeParse(asked).success ? [{ ride, asked }] : [];
}

interface Move {
  /** Until the map has the shades of that time. */
  readonly milliseconds: number;
  /** Whether the model was asked before the page was painted again. */
  readonly isAskedAtOnce: boolean;
  /** What the map says of each zone, by its ID. */
  readonly labels: Readonly<Record<string, string>>;
}

/** Moves the slider through steps of the week, each once the one before is on the map. @returns Move[] */
const SLIDER_MOVES = `async (from, to) => {
  const slider = document.querySelector('input[name=week]');
  const zones = document.querySelector('.zones');
  let isAsked = false;
  const { postMessage } = Worker.prototype;
  Worker.prototype.postMessage = function (...message) {
    isAsked = true;
    postMessage.apply(this, message);
  };
  const moves = [];
  for (let step = from; step < to; step += 1) {
    const repainted = new Promise((resolve) => {
      const observer = new MutationObserver(() => {
        observer.disconnect();
        resolve(performance.now());
      });
      observer.observe(zones, { attributes: true, attributeFilter: ['data-at'] });
    });
    isAsked = false;
    const isAskedByFrame = new Promise((resolve) => requestAnimationFrame(() => resolve(isAsked)));
    const start = performance.now();
    slider.value = String(step);
    slider.dispatchEvent(new InputEvent('input', { bubbles: true }));
    const milliseconds = (await repainted) - start;
    const labels = [...zones.children].map((zone) => [zone.dataset.zone, zone.getAttribute('aria-label')]);
    moves.push({ milliseconds, isAskedAtOnce: await isAskedByFrame, labels: Object.fromEntries(labels) });
    await new Promise(requestAnimationFrame);
  }
  return moves;
}`;

/** What the model says of rides from JFK, in whole minutes, at half hours of the week that begins on April 3, 2023. */
async function minutesFromJfk(step: number, zones: readonly number[]): Promise<readonly number[]> {
  const rides = new RideBatch(zones.length);
  for (const zone of zones) rides.push(132, zone, Number.NaN, Date.UTC(2023, 3, 3) / 1000 + step * 1800);
  return Array.from((await model.scorer.score(rides)).predicted_duration, Math.round);
}

describe('the model in the page', { timeout: 60_000 }, () => {
  test('gives golden rides, and 500 others, the very numbers that onnxruntime gives them', async () => {
    await using at = await opened('#ride');
    await inPage(at);
    for (const rides of [batchOf(ridesOf(model.golden.rides)), generatedRides(500)]) {
      const found = await scoredInPage(at, rides);
      const { predicted_duration, interval_low, interval_high } = await model.scorer.score(rides);
      expect(found).toEqual([predicted_duration, interval_low, interval_high].map((column) => Array.from(column)));
    }
  });

  test('gives its golden rides and others, 500 in all, the very numbers that the API gives them', async () => {
    await using at = await opened('#ride');
    await inPage(at);
    const rides = [...model.golden.rides, ...ridesIn(generatedRides(1000))].flatMap(askable).slice(0, 500);
    expect(rides).toHaveLength(500);
    const response = await fetch(`${at.served.url}predict/batch`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ rides: rides.map(({ asked }) => asked) }),
    });
    const { answers } = batchAnswerSchema.parse(await response.json());
    const figures = answers.map((answer) =>
      answer.outcome === 'refused'
        ? expect.fail(JSON.stringify(answer))
        : [answer.predicted_duration, ...answer.interval].map(Math.fround),
    );
    const found = await scoredInPage(at, batchOf(ridesOf(rides.map(({ ride }) => ride))));
    expect(found).toEqual([0, 1, 2].map((i) => figures.map((each) => each[i])));
  });

  test('repaints the city with each move of the slider, and asks nobody', async () => {
    await using at = await opened(FROM_JFK);
    await inPage(at);
    await at.page.locator('.shaded').waitFor();
    const before = at.asked.length;
    const [from, to] = [20, 120];
    const moves = await at.page.evaluate<readonly Move[]>(`(${SLIDER_MOVES})(${from}, ${to})`);
    expect(at.asked.length).toBe(before);
    expect(moves.filter(({ isAskedAtOnce }) => !isAskedAtOnce)).toEqual([]);
    for (const [i, { labels }] of moves.entries()) {
      const said = Object.values(labels).map((label) => Number(/ (\d+) minutes/.exec(label)?.[1]));
      expect(said).toEqual(await minutesFromJfk(from + i, Object.keys(labels).map(Number)));
    }
    expect(at.page.url()).toContain('at=2023-04-05T11:30'); // step 119 of the week
    expect(at.trouble).toEqual([]);
    const taken = moves.map(({ milliseconds }) => milliseconds);
    const [median, most] = [50, 100].map((percent) => percentile(taken, percent).toFixed(0));
    console.log(`The map follows ${moves.length} moves of the slider: median ${median} ms, at most ${most} ms.`);
  });

  test('lists all zones as a table, nearest first, and the table follows the slider', async () => {
    await using at = await opened(FROM_JFK);
    await inPage(at);
    await at.page.locator('.shaded').waitFor();
    expect(await at.page.locator('details tr').count()).toBe(0);
    await at.page.getByText('All zones as a table').click();
    const minutes = at.page.locator('details td:nth-child(2)');
    const listed = async () => (await minutes.allInnerTexts()).map((text) => Number.parseInt(text, 10));
    for (const step of [17, 40]) {
      await at.page.locator('input[name=week]').fill(String(step));
      const expected = await minutesFromJfk(
        step,
        CITY_ZONES.map(({ id }) => id),
      );
      await expect.poll(listed).toEqual(expected.toSorted((a, b) => a - b));
    }
    expect(at.trouble).toEqual([]);
  });

  test('gives way to the API where the server keeps the model to itself, and says so', async () => {
    await using at = await opened(JFK, {
      before: (page) => page.route('**/model.onnx', (route) => route.fulfill({ status: 404 })),
    });
    await at.status.getByText('answers through the API').waitFor();
    expect(await at.status.innerText()).toContain('this server does not hand out the model file');
    expect(await answered(at.page)).toEqual(await fromApi(at, RIDE));
    expect(at.asked.filter((path) => path === 'predict/batch').length).toBeGreaterThan(0);
  });

  test('gives way to the API when its worker dies, without losing the answer', async () => {
    await using at = await opened(JFK);
    await inPage(at);
    const before = await answered(at.page);
    await at.page.workers()[0]?.evaluate(
      () =>
        void setTimeout(() => {
          throw new Error('out of memory');
        }),
    );
    await at.status.getByText('answers through the API').waitFor();
    expect(await at.status.innerText()).toContain('out of memory');
    expect(await answered(at.page)).toEqual(before);
  });

  test('gives way to the API when it answers otherwise', async () => {
    await using at = await opened(JFK, {
      before: (page) =>
        page.route('**/model.onnx', (route) => route.fulfill({ body: Buffer.from(other.trained.model) })),
    });
    await at.status.getByText('answers through the API').waitFor();
    expect(await at.status.innerText()).toMatch(/it answers \d+ of 132 rides differently here/);
    expect(await answered(at.page)).toEqual(await fromApi(at, RIDE));
  });

  test.each([
    ['a file that is no model', 'not a model'],
    ['an empty file', ''],
  ])('gives way to the API when it gets %s', async (_, body) => {
    await using at = await opened(JFK, {
      before: (page) => page.route('**/model.onnx', (route) => route.fulfill({ body })),
    });
    await at.status.getByText('answers through the API').waitFor();
    expect(await answered(at.page)).toEqual(await fromApi(at, RIDE));
  });

  test('is exchanged when another one is promoted while the page is open', async () => {
    await using at = await opened(JFK);
    await inPage(at);
    const before = await answered(at.page);
    at.served.state.model = other;
    await at.page.evaluate("document.dispatchEvent(new Event('visibilitychange'))");
    await at.page.locator(`header code[title="${other.runId}"]`).waitFor();
    await inPage(at);
    const after = await fromApi(at, RIDE);
    expect(after).not.toEqual(before);
    await expect.poll(() => answered(at.page)).toEqual(after);
    expect(at.trouble).toEqual([]);
  });

  test('works behind a proxy that adds a prefix', async () => {
    await using at = await opened(JFK, { prefix: '/port/8000' });
    await inPage(at);
    expect(await answered(at.page)).toEqual(await fromApi(at, RIDE));
    expect(at.trouble).toEqual([]);
  });
});

const VIEWS = [
  ['ride', JFK, 'What made it so'],
  ['city', FROM_JFK, 'Zones that a ride reaches'],
  ['months', '#months', '2023-04'],
  ['model', '#model', 'The gate was overruled'],
  ['stream', '#stream', 'The latest rides'],
  ['pipelines', '#pipelines', 'Inside EachCandidate'],
] as const;

describe.each(VIEWS)('the view %s', { timeout: 60_000 }, (name, hash, words) => {
  test.each(['light', 'dark'] as const)(
    'keeps no one out, fits a phone, and complains about nothing, in %s',
    async (colorScheme) => {
      const report = async () => new TextEncoder().encode('<!doctype html><title>Report</title>');
      await using at = await opened(hash, { colorScheme, records: records(model), live, report });
      await inPage(at);
      await at.page.getByText(words).first().waitFor();
      if (name === 'city' || name === 'ride') await at.page.locator('.shaded').waitFor();
      await at.page.screenshot({ path: join(SCREENSHOTS, `console-${name}-${colorScheme}.png`), fullPage: true });
      expect(await barriers(at.page)).toEqual([]);
      await at.page.setViewportSize({ width: 375, height: 800 });
      await at.page.screenshot({ path: join(SCREENSHOTS, `console-${name}-${colorScheme}-375.png`), fullPage: true });
      expect(await barriers(at.page)).toEqual([]);
      expect(await at.page.locator('html').evaluate((root) => root.scrollWidth)).toBeLessThanOrEqual(375);
      expect(at.trouble).toEqual([]);
    },
  );
});

describe('the other views', { timeout: 60_000 }, () => {
  test('say what this server does not have', async () => {
    for (const hash of ['#stream', '#pipelines']) {
      await using at = await opened(hash);
      await at.page.getByText('Not available here.').waitFor();
    }
  });

  test('are reached by links, and the question is still there when one comes back', async () => {
    await using at = await opened(JFK, { records: records(model), live });
    await inPage(at);
    const before = await answered(at.page);
    await at.page.getByRole('link', { name: 'Months' }).click();
    await at.page.getByText('2023-04').first().waitFor();
    expect(await at.page.title()).toBe('Months · tripcast');
    await at.page.getByRole('link', { name: 'Ride' }).click();
    expect(await answered(at.page)).toEqual(before);
    await at.page.goBack();
    await at.page.getByText('2023-04').first().waitFor();
    expect(at.trouble).toEqual([]);
  });

  test("say each month's verdict in words, and open its report", async () => {
    const report = async () => new TextEncoder().encode('<!doctype html><title>Report of a month</title>');
    await using at = await opened('#months', { records: records(model), report });
    const row = at.page.getByRole('row').filter({ hasText: '2023-05' });
    expect((await row.innerText()).replaceAll(/\s+/g, ' ')).toMatch(
      /^2023-05 62,979 2,413 5\.79 89\.3% ▲ harm aaaaaaaa… Open the report of 2023-05$/,
    );
    const [opening] = await Promise.all([
      at.page.context().waitForEvent('page'),
      row.getByRole('link', { name: 'Open the report of 2023-05' }).click(),
    ]);
    await opening.waitForLoadState();
    expect(await opening.title()).toBe('Report of a month');
    expect(opening.url()).toBe(`${at.served.url}months/2023-05/report.html`);
    expect(at.trouble).toEqual([]);
  });

  test('say who promoted what, when, compared with what, and why against the gate', async () => {
    await using at = await opened('#model', { records: records(model) });
    const promotions = at.page.locator('.history li');
    await promotions.first().waitFor();
    expect((await promotions.allInnerTexts()).map((text) => text.replaceAll(/\s+/g, ' '))).toEqual([
      'Promoted aaaaaaaa… on Nov 30, 2026 by ada Compared with bbbbbbbb…, the champion before it. ' +
        'The gate was overruled: coverage 0.86 is below 0.88. Why: a demonstration',
      'Promoted bbbbbbbb… on Nov 29, 2026 by ada The first champion: there was none to compare it with.',
    ]);
    expect(at.trouble).toEqual([]);
  });

  test('follow the stream, and keep what they have while it cannot be read', async () => {
    let polls = 0;
    const stream = async () => {
      polls += 1;
      if (polls === 2) throw new Error('throttled');
      const now = await live.stream();
      return { ...now, waiting: 1000 + polls };
    };
    await using at = await opened('#stream', { live: { ...live, stream } });
    await at.page.getByText('1,001').waitFor();
    await at.page.getByRole('alert').getByText('The stream could not be loaded').waitFor();
    expect(await at.page.getByText('1,001').count()).toBe(1);
    await at.page.getByText('1,003').waitFor();
    expect(await at.page.getByRole('alert').count()).toBe(0);
    expect(at.served.complaints).toEqual([new Error('throttled')]);
    expect(at.trouble).toEqual([expect.stringContaining('500')]); // the browser's own word about the second poll
  });

  test('show text from the stream as text', async () => {
    await using at = await opened('#stream', { live });
    await at.page.getByText('<script>alert(1)</script>').waitFor();
    expect(await at.page.locator('main script').count()).toBe(0);
    expect(at.trouble).toEqual([]);
  });
});
