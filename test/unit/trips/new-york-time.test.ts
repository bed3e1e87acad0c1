import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { calendarOf, formatWallClock, newYorkSeconds, parsePickupTime } from '#trips/new-york-time.ts';

const utc = (text: string) => Date.parse(text) / 1000;

const intl = new Intl.DateTimeFormat('en-CA', {
  timeZone: 'America/New_York',
  hourCycle: 'h23',
  ...{ year: 'numeric', month: '2-digit', day: '2-digit', hour: '2-digit', minute: '2-digit', second: '2-digit' },
});

/** The second implementation: the time zone database that Node carries. */
function wallClockByIntl(utcSeconds: number): string {
  const parts = Object.fromEntries(intl.formatToParts(utcSeconds * 1000).map(({ type, value }) => [type, value]));
  return `${parts.year}-${parts.month}-${parts.day}T${parts.hour}:${parts.minute}:${parts.second}`;
}

const ISO =
  /^(\d{4}-\d\d-\d\d)[T ]((?:[01]\d|2[0-3]):[0-5]\d)(?::([0-5]\d)(?:[.,]\d{1,9})?)?(Z|[+-](?:[01]\d|2[0-3])(?::?[0-5]\d)?)?$/;

/** New York's wall clock at a time that a pattern, Date and Intl take apart; undefined when the text is none. */
function readByIntl(text: string): string | undefined {
  const [, day = '', minute, second = '00', offset] = ISO.exec(text) ?? [];
  const midnight = Date.parse(`${day}T00:00:00Z`);
  if (Number.isNaN(midnight) || new Date(midnight).toISOString().slice(0, 10) !== day) return undefined;
  const wallClock = `${day}T${minute}:${second}`;
  if (offset === undefined) return wallClock;
  const hoursAndMinutes = offset === 'Z' ? 'Z' : `${offset.replace(':', '')}00`.replace(/^(...)(..).*$/, '$1:$2');
  return wallClockByIntl(utc(wallClock + hoursAndMinutes));
}

/** The first second of the other offset, between two instants that have different ones. */
function changeBetween(from: number, to: number): number {
  const offset = (at: number) => utc(`${wallClockByIntl(at)}Z`) - at;
  let [before, after] = [from, to];
  while (after - before > 1) {
    const middle = Math.floor((before + after) / 2);
    if (offset(middle) === offset(from)) before = middle;
    else after = middle;
  }
  return after;
}

/** Each instant from 1970 to 2037 at which New York's clocks changed, by the time zone database: twice a year. */
function clockChanges(): readonly number[] {
  const changes: number[] = [];
  const noons = Array.from({ length: 68 * 365 + 17 }, (_, day) => day * 86_400 + 43_200);
  const offsetAt = (at: number) => utc(`${wallClockByIntl(at)}Z`) - at;
  let before = noons[0] ?? 0;
  let offset = offsetAt(before);
  for (const noon of noons) {
    const current = offsetAt(noon);
    if (current !== offset) changes.push(changeBetween(before, noon));
    [before, offset] = [noon, current];
  }
  return changes;
}

describe('New York time', () => {
  test('equals Intl to the second around every clock change from 1970 to 2037', () => {
    const changes = clockChanges();
    expect(changes).toHaveLength(2 * 68);
    for (const change of changes) {
      for (const seconds of [-86_400, -3600, -2, -1, 0, 1, 2, 3599, 3600, 86_400]) {
        const at = change + seconds;
        expect(formatWallClock(newYorkSeconds(at))).toBe(wallClockByIntl(at));
      }
    }
  });

  test('equals Intl at the turn of the year, where UTC and New York are in different years', () => {
    for (const at of [utc('2023-01-01T00:00:00Z'), utc('2023-01-01T04:59:59Z'), utc('2023-01-01T05:00:00Z')]) {
      expect(formatWallClock(newYorkSeconds(at))).toBe(wallClockByIntl(at));
    }
  });

  test('on 2023-03-12 the clock goes from 1:59:59 to 3:00:00', () => {
    expect(formatWallClock(newYorkSeconds(utc('2023-03-12T06:59:59Z')))).toBe('2023-03-12T01:59:59');
    expect(formatWallClock(newYorkSeconds(utc('2023-03-12T07:00:00Z')))).toBe('2023-03-12T03:00:00');
  });

  test('on 2023-11-05 the hour from 1:00 comes twice', () => {
    expect(formatWallClock(newYorkSeconds(utc('2023-11-05T05:30:00Z')))).toBe('2023-11-05T01:30:00');
    expect(formatWallClock(newYorkSeconds(utc('2023-11-05T05:59:59Z')))).toBe('2023-11-05T01:59:59');
    expect(formatWallClock(newYorkSeconds(utc('2023-11-05T06:00:00Z')))).toBe('2023-11-05T01:00:00');
    expect(formatWallClock(newYorkSeconds(utc('2023-11-05T06:30:00Z')))).toBe('2023-11-05T01:30:00');
  });

  test('drops the fraction of a second, as a Kinesis arrival time has one', () => {
    expect(newYorkSeconds(utc('2023-04-03T12:30:00Z') + 0.987)).toBe(utc('2023-04-03T08:30:00Z'));
  });
});

describe('a pickup time', () => {
  test.each([
    ['2023-04-03T08:30:00', '2023-04-03T08:30:00'],
    ['2023-04-03 08:30:00', '2023-04-03T08:30:00'],
    ['2023-04-03T08:30', '2023-04-03T08:30:00'],
    ['2023-04-03', '2023-04-03T00:00:00'],
    ['2023-04-03T08:30:00.987654', '2023-04-03T08:30:00'],
    ['2024-02-29T23:59:59', '2024-02-29T23:59:59'],
    ['2023-03-12T02:30:00', '2023-03-12T02:30:00'],
  ])('%s, with no offset, is New York time already', (text, wallClock) => {
    expect(formatWallClock(parsePickupTime(text) ?? Number.NaN)).toBe(wallClock);
  });

  test.each([
    ['2023-04-03T12:30:00Z', '2023-04-03T08:30:00'],
    ['2023-01-03T12:30:00Z', '2023-01-03T07:30:00'],
    ['2023-04-03T18:00:00+05:30', '2023-04-03T08:30:00'],
    ['2023-04-03T18:00:00+0530', '2023-04-03T08:30:00'],
    ['2023-04-03T07:30:00-05', '2023-04-03T08:30:00'],
    ['2023-04-03T00:30:00Z', '2023-04-02T20:30:00'],
    ['2023-03-12T07:00:00Z', '2023-03-12T03:00:00'],
  ])('%s, with an offset, is an instant and becomes %s in New York', (text, wallClock) => {
    expect(formatWallClock(parsePickupTime(text) ?? Number.NaN)).toBe(wallClock);
  });

  test.each([
    '',
    'yesterday',
    '1680510600',
    '03/04/2023 08:30',
    '2023-4-3T08:30',
    '2023-04-31T08:30:00',
    '2023-02-29',
    '2023-00-15',
    '2023-13-01',
    '2023-04-00',
    '2023-04-03T24:00:00',
    '2023-04-03T08:60:00',
    '2023-04-03T08:30:60',
    '2023-04-03T08:30:00+24:00',
    '2023-04-03T08:30:00+05:60',
    '2023-04-03T08:30:00 Z',
    '2023-04-03T08:30:00Z\n',
    '0023-04-03T08:30:00',
    '1969-12-31T23:59:59',
    '9999-12-31T23:59:59-12:00',
  ])('%j is none', (text) => {
    expect(parsePickupTime(text)).toBeUndefined();
  });

  test('of 1969 elsewhere counts when it is 1970 in New York', () => {
    expect(parsePickupTime('1969-12-31T23:30:00-12:00')).toBe(utc('1970-01-01T06:30:00Z'));
  });

  test('of every day there is from 1970 to 2100 begins where Date says', () => {
    for (let midnight = 0; midnight < utc('2101-01-01'); midnight += 86_400) {
      if (parsePickupTime(formatWallClock(midnight).slice(0, 10)) !== midnight) expect.fail(formatWallClock(midnight));
    }
  });

  test('is read as a pattern, Date and Intl read it, whatever the text', () => {
    const two = (most: number) => fc.integer({ min: 0, max: most }).map((n) => String(n).padStart(2, '0'));
    const day = fc.tuple(fc.integer({ min: 1971, max: 2036 }), two(13), two(32)).map((parts) => parts.join('-'));
    const time = fc.tuple(two(24), two(60), fc.option(two(60))).map((parts) => parts.filter(Boolean).join(':'));
    const text = fc
      .tuple(
        day,
        fc.constantFrom('T', 'T', ' ', 't', ''),
        time,
        fc.constantFrom('', '', '.5', ',123456789', '.', '.1234567890'),
        fc.constantFrom('', '', 'Z', '+05:30', '-0400', '-05', '+24', '+5', 'z', ' '),
      )
      .map((parts) => parts.join(''));
    let read = 0;
    fc.assert(
      fc.property(text, (each) => {
        const expected = readByIntl(each);
        if (expected !== undefined) read++;
        expect(parsePickupTime(each)).toBe(expected === undefined ? undefined : utc(`${expected}Z`));
      }),
      { numRuns: 5000 },
    );
    expect(read).toBeGreaterThan(500);
  });

  test('is read up to the last second of 9999 in New York: no format of ours has a fifth digit for the year', () => {
    expect(parsePickupTime('9999-12-31T23:59:59')).toBe(utc('9999-12-31T23:59:59Z'));
    expect(parsePickupTime('9999-12-31T23:59:59-05:00')).toBe(utc('9999-12-31T23:59:59Z'));
    expect(parsePickupTime('9999-12-31T23:59:59-05:01')).toBeUndefined();
  });

  test('just before 1970 in New York is none: -1 means "unknown" to the model', () => {
    expect(parsePickupTime('1970-01-01T04:59:59Z')).toBeUndefined();
    expect(parsePickupTime('1970-01-01T05:00:00Z')).toBe(0);
  });
});

test('the calendar counts minutes from midnight and weekdays from Monday', () => {
  expect(calendarOf(utc('2023-04-03T08:30:59Z'))).toEqual({ minute: 510, weekday: 0 });
  expect(calendarOf(utc('2023-04-09T23:59:59Z'))).toEqual({ minute: 1439, weekday: 6 });
});
