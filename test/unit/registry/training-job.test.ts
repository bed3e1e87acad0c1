import { describe, expect, test } from 'vitest';
import { checkedInput } from '#function-input.ts';
import { planTraining, type TrainingRequest, trainingRequestSchema } from '#training/training-job.ts';
import { parseMonth } from '#trips/month.ts';

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
    [JSON.parse('{"months":["2023-03"],"promotion":true}'), 'unknown field "promotion"'],
    [JSON.parse('{"months":["2023-3"]}'), 'months.0 is "2023-3" (a month, YYYY-MM)'],
  ])('%j is refused, saying why', (request, message) => {
    expect(() => plan(request)).toThrow(message);
  });
});
