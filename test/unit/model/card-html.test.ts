import { describe, expect, test } from 'vitest';
import type { ModelCard } from '#model/card/card.ts';
import { type CardExtras, renderCard } from '#model/card/card-html.ts';
import { GROUPING_NAMES } from '#model/rides/ride-groups.ts';
import { parseMonth } from '#trips/month.ts';
import { aCard } from '../../support/a-card.ts';
import { aRun } from '../../support/a-run.ts';
import { aBreakdown, aGroup } from './a-breakdown.ts';
import { realBreakdown } from './real-breakdown.ts';

const ENTITIES: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', '#39': "'" };

/** What a reader sees of a page. */
function textOf(page: string): string {
  const body = page.slice(page.indexOf('<body>')).replace(/<[^>]*>/g, ' ');
  return body.replace(/&(amp|lt|gt|quot|#39);/g, (_, name) => ENTITIES[name] ?? '').replace(/\s+/g, ' ');
}

const VOID_ELEMENTS = ['meta', 'link', 'br'];

/** The tags of a page that are closed out of order, or never. */
function unbalancedTags(page: string): readonly string[] {
  const open: string[] = [];
  const wrong: string[] = [];
  for (const [, slash, name = '', end] of page.matchAll(/<(\/?)([a-z][a-z0-9]*)\b(?:"[^"]*"|[^">])*?(\/?)>/g)) {
    if (slash === '/') {
      if (open.pop() !== name) wrong.push(name);
    } else if (end === '' && !VOID_ELEMENTS.includes(name)) open.push(name);
  }
  return [...wrong, ...open];
}

async function realCard() {
  const { trained, breakdown } = await realBreakdown();
  const { card } = trained;
  return { ...aCard(), ...card, validation: { ...card.validation, breakdown } };
}

const EXTRAS: CardExtras = {
  parameters: { max_depth: 9, objective: 'reg:squarederror' },
  importance: [
    { feature: 'trip_distance', gain: 600 },
    { feature: 'minute_of_day', gain: 300 },
    { feature: 'weekday', gain: 100 },
  ],
  engines: { XGBoost: '3.2.0' },
  compared: [{ name: 'zone-map-fast', trainedOn: [parseMonth('2023-03')], rmse: 4.238, mae: 2.747 }],
};

describe('the page of a real card', () => {
  test('shows every figure of all rides, and every group with all of its own', async () => {
    const card = await realCard();
    const text = textOf(renderCard(card));
    const { validation } = card;
    const share = (value: number) => `${(value * 100).toFixed(1)}%`;
    const two = (value: number) => value.toFixed(2);
    for (const figure of [
      '6.2212',
      '0.5839',
      '37.7%',
      '69,392',
      '72,044',
      '62,979',
      '65,392',
      '6,053',
      '138,784',
      '122,674',
      '25.0494625 min',
    ])
      expect(text).toContain(figure);
    for (const grouping of GROUPING_NAMES) {
      for (const { rows, typical_distance: typical, ...given } of validation.breakdown[grouping]) {
        const line = (of: typeof typical) =>
          [two(of.rmse), two(of.mae), share(of.coverage_90), share(of.coverage_80)].join(' ');
        const rides = rows === 1 ? '1 ride' : `${rows.toLocaleString('en-US')} rides`;
        expect(text).toContain(`${rides} metered ${line(given)} no distance ${line(typical)}`);
      }
    }
  });

  test('compares the model with the published figures on the same month, and with the means', async () => {
    const text = textOf(renderCard(await realCard()));
    expect(text).toContain('This model, metered distance trained on 2023-03 6.22 4.09');
    expect(text).toContain('xgboost-pair, reference trained on 2023-03 5.47 –');
    expect(text).toContain('linear-pair, reference trained on 2023-03 6.22 –');
    expect(text).toContain('Mean of all rides trained on 2023-03 9.65 7.13');
  });

  test('names its weak spots in words', async () => {
    const text = textOf(renderCard(await realCard()));
    expect(text).toContain(
      '0 miles by recorded distance, 1,881 rides: RMSE 11.33 and 11.33 min (1.8 and 1.8 times that of all rides); 78.1% and 78.0% inside the 90% interval',
    );
    expect(text).toContain(
      'Too few rides to tell: Staten Island (5), Newark Airport (3), Outside the city (40), Unknown zone (17).',
    );
  });

  test('is whole HTML, asks nothing of any network and runs nothing', async () => {
    const page = renderCard(await realCard(), EXTRAS);
    expect(unbalancedTags(page)).toEqual([]);
    expect(page).not.toMatch(/<script|\son\w+=|https?:|url\(|@import|\ssrc=/i);
    const links = [...page.matchAll(/href="([^"]*)"/g)].map(([, target = '']) => target);
    const ids = [...page.matchAll(/\sid="([^"]*)"/g)].map(([, id]) => `#${id}`);
    expect(new Set(ids).size).toBe(ids.length);
    expect(['data:,', ...ids]).toEqual(expect.arrayContaining(links));
  });
});

test('figures with the metered distance and without one are side by side, in the headline and in each group', () => {
  const typical_distance = { rmse: 7.25, mae: 5.5, coverage_90: 0.885, coverage_80: 0.775 };
  const group = aGroup('Queens', {
    rows: 4321,
    rmse: 5.11,
    mae: 3.22,
    coverage_90: 0.912,
    coverage_80: 0.823,
    typical_distance,
  });
  const breakdown = aBreakdown({ pickup_borough: [group] });
  const card = aCard();
  const text = textOf(
    renderCard({ ...card, validation: { ...card.validation, rmse: 6.125, typical_distance, breakdown } }),
  );
  expect(text).toContain('RMSE with the metered distance 6.13 min RMSE without a distance 7.25 min');
  expect(text).toContain('Inside the 90% interval, metered 90.0% Inside the 90% interval, no distance 88.5%');
  expect(text).toContain('90% 90.0% 0.0 88.5% −1.5');
  expect(text).toContain('Queens 4,321 rides metered 5.11 3.22 91.2% 82.3% no distance 7.25 5.50 88.5% 77.5%');
});

test('what the card does not contain comes with the extras', () => {
  const text = textOf(renderCard(aCard(), EXTRAS));
  for (const said of [
    'max_depth 9',
    'objective reg:squarederror',
    'XGBoost 3.2.0',
    'zone-map-fast trained on 2023-03 4.24 2.75',
  ])
    expect(text).toContain(said);
  expect(text).toContain('trip_distance 60.0% minute_of_day 30.0% weekday 10.0%');
});

test('of thousands of features the first twenty are shown, and the rest summed up', () => {
  const importance = Array.from({ length: 1025 }, (_, i) => ({ feature: `PU_DO=${i}`, gain: i < 25 ? 4 : 0.9 })); // in all 1000
  const text = textOf(renderCard(aCard(), { importance }));
  expect(text).toContain('PU_DO=19 0.4% 1,005 more account for 92.0% together.');
  expect(text).not.toContain('PU_DO=20');
});

test('each file is listed with its month, its rides, and its sha256: short to read, whole to compare', () => {
  const sha256 = '69ab2c3b515a'.padEnd(64, 'f');
  const month = { month: parseMonth('2023-03'), sha256, rows_read: 72_044, rows: 69_392 };
  const card = aCard();
  const page = renderCard({ ...card, train: { ...card.train, months: [month] } });
  expect(textOf(page)).toContain('2023-03 train 72,044 69,392 96.3% 69ab2c3b515a…');
  expect(page).toContain(`title="${sha256}"`);
});

test('a run says where it comes from and how to make it again', () => {
  const card = aCard({ code_version: 'c01db7da12b4', mlflow_run_id: 'b'.repeat(32) });
  const text = textOf(renderCard(card));
  for (const said of [aRun('a'), 'b'.repeat(32), '2023-05-01 00:00 UTC', card.model.sha256])
    expect(text).toContain(said);
  expect(text).toContain(
    'git checkout c01db7da12b4 npx tripcast train --recipe linear-pair --taxi-type green --train 2023-01..2023-03 --validate 2023-04',
  );
});

test('code with uncommitted changes is marked as such', () => {
  expect(textOf(renderCard(aCard({ code_version: 'c01db7da12b4-changed' })))).toContain('uncommitted changes');
  expect(renderCard(aCard({ code_version: 'unknown' }))).not.toContain('git checkout');
});

test('a split is called optimistic, and months that do not follow one another are listed', () => {
  const { train, validation } = aCard();
  const months = train.months.filter(({ month }) => month !== '2023-02');
  const split: Partial<ModelCard> = {
    train: { ...train, months, rows: 80 },
    validation: { ...validation, kind: 'split', month: null, sha256: null, rows: 20 },
  };
  const text = textOf(renderCard(aCard(split)));
  expect(text).toContain('Optimistic: a random share of the training months was held out');
  expect(text).toContain('--train 2023-01,2023-03 --validate split:0.2');
  expect(text).not.toContain('reference');
});

test('held-out days are named, are not called optimistic, and are held out again by the command that reproduces it', () => {
  const { validation } = aCard();
  const held_out = { month: parseMonth('2023-03'), days: 7 };
  const last = { ...validation, kind: 'last', month: null, sha256: null, held_out } as const;
  const text = textOf(renderCard(aCard({ validation: last })));
  expect(text).toContain('rides of the last 7 days of 2023-03, which it has not seen.');
  expect(text).not.toContain('Optimistic');
  expect(text).toContain('--train 2023-01..2023-03 --validate last:7');
});

test('figures on months that were trained on are called optimistic, and not unseen', () => {
  const { train, validation } = aCard();
  const text = textOf(renderCard(aCard({ validation: { ...validation, month: train.months[0]?.month ?? null } })));
  expect(text).toContain('Optimistic: the model was trained on these very rides');
  expect(text).not.toContain('which it has not seen');
  expect(textOf(renderCard(aCard()))).toContain('which it has not seen');
});

test('an older card, with no breakdown, has a page as well', () => {
  const page = renderCard(aCard());
  expect(unbalancedTags(page)).toEqual([]);
  expect(textOf(page)).not.toContain('weak spot');
});

test('an undefined R² is a dash', () => {
  const { validation } = aCard();
  expect(textOf(renderCard(aCard({ validation: { ...validation, r2: null } })))).toContain('6.0000 4.0000 30.0% –');
});

test('nothing from outside becomes markup', () => {
  const evil = `<script>alert(1)</script>"'&`;
  const { validation } = aCard();
  const breakdown = aBreakdown({
    pickup_borough: [aGroup(evil), aGroup(`${evil} weak`, { rmse: 99 }), aGroup(`${evil} small`, { rows: 1 })],
  });
  const card = {
    ...aCard({ code_version: evil, mlflow_run_id: evil, created_at: evil }),
    validation: { ...validation, sha256: evil, breakdown },
    model: { sha256: evil, bytes: 1 },
  };
  const page = renderCard(card, {
    parameters: { [evil]: evil },
    importance: [{ feature: evil, gain: 1 }],
    engines: { [evil]: evil },
    compared: [{ name: evil, trainedOn: [], rmse: 5 }],
  });
  expect(page).not.toContain('<script');
  expect(page).not.toContain(evil);
  expect(unbalancedTags(page)).toEqual([]);
  expect(page).toContain('title="&lt;script&gt;alert(1)&lt;/script&gt;&quot;&#39;&amp;"');
  expect(textOf(page).split(evil)).toHaveLength(1 + 14);
});
