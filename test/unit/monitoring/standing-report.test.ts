import { describe, expect, test } from 'vitest';
import type { Receipt } from '#batch/receipts.ts';
import { referenceOf } from '#monitoring/monitor-month.ts';
import type { MonthReport } from '#monitoring/report-schema.ts';
import { standingReport } from '#monitoring/standing-report.ts';
import { dataKeys } from '#storage/layout.ts';
import { parseMonth } from '#trips/month.ts';
import { aCard } from '../../support/a-card.ts';
import { aReport } from '../../support/a-report.ts';
import { aScorer } from '../../support/a-scorer.ts';
import { MemoryStore } from '../../support/memory-store.ts';

const [MARCH, APRIL, MAY] = [parseMonth('2023-03'), parseMonth('2023-04'), parseMonth('2023-05')];
const file = { uri: 's3://data/file', sha256: '0'.repeat(64), bytes: 1 };
const receipt = {
  schema_version: 1,
  taxi_type: 'green',
  month: APRIL,
  run_id: aReport().run_id,
  source: file,
  output: file,
  all: false,
  rows: { in: 1, scored: 1, rejected: {} },
  errors: null,
  evaluation: 'after-training',
  code_version: 'test',
  engines: {},
  started_at: '2023-05-15T00:00:00.000Z',
  seconds: 3,
} satisfies Receipt;

/** A bucket with April scored, and a report on it. */
async function bucket(report?: MonthReport): Promise<MemoryStore> {
  const data = new MemoryStore('data');
  const { run_id, output } = receipt;
  const current = { taxi_type: 'green', year: 2023, month: 4, key: 'file', run_id, receipt: 'receipt.json' };
  await data.put(dataKeys.current('green', APRIL), JSON.stringify({ ...current, sha256: output.sha256 }));
  await data.put('receipt.json', JSON.stringify(receipt));
  if (report !== undefined) await data.put(dataKeys.report('green', APRIL, run_id), JSON.stringify(report));
  return data;
}

const { validation } = aCard();
const cardOf = (month: typeof APRIL | null) => aCard({ validation: { ...validation, month } });

async function standing(data: MemoryStore, { codeVersion = 'test' } = {}) {
  const scorer = aScorer();
  const loadModel = async () => ({ card: cardOf(MARCH), scorer });
  const found = await standingReport('green', APRIL, { data, loadModel, codeVersion });
  if (found !== undefined) expect(scorer.closed).toBe(true);
  return found;
}

describe('the report on an unchanged month', () => {
  test('stands: it would come out the same', async () => {
    const key = dataKeys.report('green', APRIL, receipt.run_id);
    expect(await standing(await bucket(aReport()))).toEqual({
      report: aReport(),
      uri: `s3://data/${key}`,
      pageUri: `s3://data/${key.replace('.json', '.html')}`,
    });
  });

  test('does not stand if the month was scored again since', async () => {
    expect(await standing(await bucket(aReport({ created_at: '2023-05-14T23:59:59.000Z' })))).toBeUndefined();
  });

  test('does not stand if other code made it, or someone chose another reference', async () => {
    expect(await standing(await bucket(aReport()), { codeVersion: 'newer' })).toBeUndefined();
    const against = { month: parseMonth('2022-04'), in_training: false };
    expect(await standing(await bucket(aReport({ reference: against })))).toBeUndefined();
  });

  test('does not stand if there is none, or it is of a schema that is no longer read', async () => {
    expect(await standing(await bucket())).toBeUndefined();
    const data = await bucket();
    await data.put(dataKeys.report('green', APRIL, receipt.run_id), '{"schema_version":0}');
    expect(await standing(data)).toBeUndefined();
    expect(await standing(new MemoryStore('data'))).toBeUndefined();
  });
});

describe('the reference of a month', () => {
  test('is the month that the run was validated on', () => {
    expect(referenceOf(cardOf(APRIL), MAY)).toBe('2023-04');
  });

  test('is the last month of its training for that month itself, and for a run validated on held-out rides', () => {
    expect(referenceOf(cardOf(APRIL), APRIL)).toBe('2023-03');
    expect(referenceOf(cardOf(null), APRIL)).toBe('2023-03');
    expect(referenceOf(cardOf(null), MARCH)).toBe('2023-02');
  });

  test('is the month itself for a run that knows no other', () => {
    const { train } = aCard();
    const card = { ...cardOf(null), train: { ...train, months: train.months.slice(-1) } };
    expect(referenceOf(card, MARCH)).toBe('2023-03');
  });
});
