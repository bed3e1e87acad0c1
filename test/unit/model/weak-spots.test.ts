import { expect, test } from 'vitest';
import type { GroupFigures } from '#model/evaluation/breakdown.ts';
import { weakSpots } from '#model/evaluation/weak-spots.ts';
import { aBreakdown, aGroup, OVERALL } from './a-breakdown.ts';
import { realBreakdown } from './real-breakdown.ts';

function found(changes: Partial<GroupFigures>) {
  const { spots } = weakSpots(aBreakdown({ pickup_borough: [aGroup('Manhattan'), aGroup('Bronx', changes)] }), OVERALL);
  return spots.map(({ grouping, figures, measures }) => `${grouping} ${figures.group}: ${measures.join(', ')}`);
}

test('a group like all others is not a weak spot', () => {
  expect(found({})).toEqual([]);
});

test('an RMSE of more than 1.5 times that of all rides is one', () => {
  expect(found({ rmse: 9 })).toEqual([]);
  expect(found({ rmse: 9.01 })).toEqual(['pickup_borough Bronx: rmse']);
});

test('a coverage more than 4 points off is one, too high as well as too low', () => {
  expect(found({ coverage_90: 0.861, coverage_80: 0.839 })).toEqual([]);
  expect(found({ coverage_90: 0.859 })).toEqual(['pickup_borough Bronx: coverage_90']);
  expect(found({ coverage_80: 0.841 })).toEqual(['pickup_borough Bronx: coverage_80']);
});

test('what it predicts without a distance counts by itself, against its own overall figures', () => {
  const { typical_distance } = OVERALL;
  expect(found({ typical_distance: { ...typical_distance, rmse: 10.4 } })).toEqual([]);
  expect(found({ typical_distance: { ...typical_distance, rmse: 10.6 } })).toEqual(['pickup_borough Bronx: rmse']);
});

test('fewer than 100 rides are inconclusive, and are named as such', () => {
  const few = aGroup('Staten Island', { rows: 99, rmse: 30 });
  const { spots, untold } = weakSpots(aBreakdown({ pickup_borough: [few] }), OVERALL);
  expect(spots).toEqual([]);
  expect(untold).toEqual([{ grouping: 'pickup_borough', figures: few }]);
});

test("the real linear-pair's are the short and the long rides, and the Bronx", async () => {
  const { trained, breakdown } = await realBreakdown();
  const { spots, untold } = weakSpots(breakdown, trained.card.validation);
  const names = spots.map(({ figures }) => figures.group);
  expect(names).toEqual(['Bronx', '0', '0-1', '1-2', '5-10', '10+']);
  expect(untold.map(({ figures }) => figures.group)).toEqual(['Staten Island', 'EWR', 'N/A', 'Unknown']);
});
