import { describe, expect, test } from 'vitest';
import { trainOnReal } from '../../support/training.ts';
import { groupsOff, overallOff, tellingGroups } from './coverage.ts';

const SLOW = 60_000;

// How rides are parted, and how many make a run, was chosen on 2022-02..05 and 2023-01..03, each month on the next.
describe.for(['linear-pair', 'linear-zones'])('the intervals of %s', (recipe) => {
  test('of 2023-03 hold on 2023-04 what they say within 2 points, and within 4 in every borough, part of the day and zone', {
    timeout: SLOW,
  }, async () => {
    const { validation } = (await trainOnReal('2023-03', '2023-04', { recipe })).card;
    const groups = tellingGroups(validation).map(({ group }) => group);
    expect(groups).toEqual(expect.arrayContaining(['0-6', 'Manhattan', 'Bronx', 'same zone']));
    expect(overallOff(validation, 2)).toEqual([]);
    expect(groupsOff(validation, 4)).toEqual([]);
  });
});
