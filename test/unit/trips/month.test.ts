import { describe, expect, test } from 'vitest';
import { addMonths, monthAt, monthRange, parseMonth, parseMonths } from '#trips/month.ts';

describe('a month', () => {
  test.each(['2023-4', '2023-13', '2023-00', '1999-01', '2023', '2023-04-01', '', '٢٠٢٣-٠٤'])('is not %j', (text) => {
    expect(() => parseMonth(text)).toThrow(/is not a month.*YYYY-MM/s);
  });

  test('counts on and back over the turn of a year', () => {
    expect(addMonths(parseMonth('2022-12'), 1)).toBe('2023-01');
    expect(addMonths(parseMonth('2023-01'), -1)).toBe('2022-12');
    expect(addMonths(parseMonth('2023-01'), -13)).toBe('2021-12');
  });

  test('ranges include both ends and refuse to run backwards', () => {
    expect(monthRange(parseMonth('2022-11'), parseMonth('2023-02'))).toEqual([
      '2022-11',
      '2022-12',
      '2023-01',
      '2023-02',
    ]);
    expect(() => monthRange(parseMonth('2023-02'), parseMonth('2023-01'))).toThrow('2023-02..2023-01 is empty');
  });

  test('lists and ranges may be mixed', () => {
    expect(parseMonths('2021-01,2023-01..2023-03')).toEqual(['2021-01', '2023-01', '2023-02', '2023-03']);
  });

  test.each([
    ['2023-01..2023-02..2023-03', /"2023-01\.\.2023-02\.\.2023-03" is not a range of months/],
    ['2023-01...2023-03', /"\.2023-03" is not a month/],
    ['2023-01..', /"" is not a month/],
    ['..2023-03', /"" is not a month/],
    ['2023-01,', /"" is not a month/],
    ['', /"" is not a month/],
    ['2023-03..2023-01', /2023-03\.\.2023-01 is empty/],
    ['2023-01..2023-02,2023-02', /2023-02 twice/],
  ])('%j is refused as a list of months', (text, message) => {
    expect(() => parseMonths(text)).toThrow(message);
  });

  test('depends on the time zone: midnight of the 1st in Cairo is still the month before in UTC', () => {
    // Egypt had daylight saving in May 2023 (UTC+3): midnight on 1 May in Cairo is 21:00 UTC on 30 April.
    const midnight = new Date('2023-04-30T21:00:00Z');
    expect(monthAt(midnight, 'Africa/Cairo')).toBe('2023-05');
    expect(monthAt(midnight, 'UTC')).toBe('2023-04');
  });
});
