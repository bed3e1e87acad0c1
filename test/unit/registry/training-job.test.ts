import { describe, expect, test } from 'vitest';
import { checkedInput } from '#function-input.ts';
import {
  planRecalibration,
  planTraining,
  type TrainingRequest,
  trainingJobSchema,
  trainingRequestSchema,
} from '#training/training-job.ts';
import { parseMonth } from '#trips/month.ts';
import { aCard } from '../../support/a-card.ts';
import { aRun } from '../../support/a-run.ts';

const MARCH = parseMonth('2023-03');
const plan = (request: Partial<TrainingRequest>) =>
  planTraining(checkedInput(trainingRequestSchema, { recipe: 'linear-pair', ...request }), 'green');

describe('a training request', () => {
  test('of one month validates on the next one, with the served taxi type, and promotes nothing', () => {
    expect(plan({ months: [MARCH] })).toEqual({
      recipe: 'linear-pair',
      taxi_type: 'green',
      months: ['2023-03'],
      validation: { kind: 'month', month: '2023-04' },
      promote: false,
      promoted_by: 'training state machine',
    });
  });

  test('of a range has all its months; the next one is over the year', () => {
    const range = { from: parseMonth('2022-11'), to: parseMonth('2022-12') };
    expect(plan({ train: range, taxi_type: 'yellow' })).toMatchObject({
      taxi_type: 'yellow',
      months: ['2022-11', '2022-12'],
      validation: { kind: 'month', month: '2023-01' },
    });
  });

  test('validates on the month or the share that it names; a share is the same rides every time', () => {
    expect(plan({ months: [MARCH], validate: '2023-01' }).validation).toEqual({ kind: 'month', month: '2023-01' });
    expect(plan({ months: [MARCH], validate: 'split:0.2' }).validation).toEqual({
      kind: 'split',
      share: 0.2,
      seed: 42,
    });
  });

  test('validates on the last days of the last month, in whatever order the months are given', () => {
    const months = [MARCH, parseMonth('2023-01')];
    expect(plan({ months, validate: 'last:7' }).validation).toEqual({ kind: 'last', month: '2023-03', days: 7 });
  });

  test.each<[Partial<TrainingRequest>, string]>([
    [{}, 'It is not clear what to train on'],
    [{ months: [MARCH], train: { from: MARCH, to: MARCH } }, 'It is not clear what to train on'],
    [{ train: { from: MARCH, to: parseMonth('2023-01') } }, 'The range 2023-03..2023-01 is empty'],
    [{ months: [MARCH], recipe: 'crystal-ball' }, 'There is no recipe "crystal-ball"'],
    [{ months: [MARCH], validate: 'split:1' }, '"split:1" is not a split'],
    [{ months: [MARCH], validate: 'split:half' }, '"split:half" is not a split'],
    [{ months: [MARCH], validate: 'last:0' }, '"last:0" is not a number of days'],
    [{ months: [MARCH], validate: 'last:28' }, '"last:28" is not a number of days'],
    [{ months: [MARCH], validate: 'last:1.5' }, '"last:1.5" is not a number of days'],
    [{ months: [MARCH], validate: 'last:week' }, '"last:week" is not a number of days'],
    [{ months: [MARCH], validate: 'next' }, '"next" is not a month'],
    [{ months: [] }, 'The input is wrong: months is []'],
    [{ months: [MARCH], recipe: null }, 'It is not clear what to train'],
    [{ months: [MARCH], recalibrate: 'champion' }, 'It is not clear what to train'],
    [JSON.parse('{"months":["2023-03"],"recalibrate":"the best"}'), 'recalibrate is "the best"'],
    [JSON.parse('{"months":["2023-03"],"promotion":true}'), 'unknown field "promotion"'],
    [JSON.parse('{"months":["2023-3"]}'), 'months.0 is "2023-3" (a month, YYYY-MM)'],
  ])('%j is refused, saying why', (request, message) => {
    expect(() => plan(request)).toThrow(message);
  });
});

describe('a request to recalibrate a run', () => {
  const APRIL = parseMonth('2023-04');
  const original = aCard({ run_id: aRun('b') }); // of green rides of 2023-01..03
  const planned = (request: Partial<TrainingRequest>) =>
    planRecalibration(checkedInput(trainingRequestSchema, { recalibrate: 'champion', ...request }), original);

  test("takes the run's recipe and taxi type, and validates on the last week of its months", () => {
    expect(planned({ months: [APRIL], promote: true, promoted_by: 'ada' })).toEqual({
      recipe: 'linear-pair',
      recalibrates: original.run_id,
      taxi_type: 'green',
      months: ['2023-04'],
      validation: { kind: 'last', month: '2023-04', days: 7 },
      promote: true,
      promoted_by: 'ada',
    });
    expect(planned({ months: [APRIL], validate: '2023-05' }).validation).toEqual({ kind: 'month', month: '2023-05' });
  });

  test('points to the run it names, and the job of its states says so', () => {
    const plan = planned({ months: [APRIL], recalibrate: original.run_id });
    expect(trainingJobSchema.parse({ run_id: aRun('c'), ...plan }).recalibrates).toBe(original.run_id);
  });

  test.each<[Partial<TrainingRequest>, RegExp]>([
    [{}, /It is not clear what to train on/],
    [{ months: [APRIL], recipe: 'linear-pair' }, /It is not clear what to train\. Give recipe .* not both/],
    [{ months: [APRIL], taxi_type: 'yellow' }, /is for green taxis and cannot be recalibrated on yellow rides/],
    [{ months: [MARCH, APRIL] }, /were trained on 2023-03: .* too narrow.*it was trained on 2023-01, 2023-02, 2023-03/],
    [{ months: [APRIL], validate: '2023-02' }, /were trained on 2023-02/],
    [{ months: [APRIL], validate: 'last:0' }, /"last:0" is not a number of days/],
  ])('%j is refused, saying why', (request, message) => {
    expect(() => planned(request)).toThrow(message);
  });
});
