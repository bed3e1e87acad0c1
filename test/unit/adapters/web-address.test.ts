import { describe, expect, test } from 'vitest';
import { parseWebAddress } from '#adapters/web-address.ts';
import { withoutCredentials } from '#credentials.ts';
import { shown } from '#errors.ts';

/** Apart from the addresses: a commit with one in an address is refused, as it should be. */
const PASSWORD = 's3cret';

const basic = (text: string) => `Basic ${Buffer.from(text).toString('base64')}`;

describe('an address with a name and a password in it', () => {
  test.each([
    ['https://ana:s3cret@host/x?y=1', 'https://host/x?y=1', basic('ana:s3cret')],
    ['http://ana:p%40ss%2Fword@127.0.0.1:5000', 'http://127.0.0.1:5000', basic('ana:p@ss/word')],
    ['http://token@host/', 'http://host/', basic('token:')],
    ['http://:s3cret@host/', 'http://host/', basic(':s3cret')],
    ['http://ana:100%@host/', 'http://host/', basic('ana:100%')],
    ['http://ana:p@ss@host/', 'http://host/', basic('ana:p@ss')],
  ])('%j is split into the address and a header', (text, url, authorization) => {
    expect(parseWebAddress(text)).toEqual({ url, headers: { authorization } });
  });

  test('is left as it is without them', () => {
    expect(parseWebAddress('https://host/a@b/')).toEqual({ url: 'https://host/a@b/', headers: {} });
  });

  test.each(['http://', 'http://ana:s3/cret@host/', 'http://ana:s3cret@'])('%j is refused, not repeated', (text) => {
    expect(() => parseWebAddress(text)).toThrow(/is not a valid web address.*%2F/s);
    expect(() => parseWebAddress(text)).not.toThrow(/cret/);
  });
});

describe('a text for people', () => {
  test.each([
    ['fetch https://ana:s3cret@host/x failed', 'fetch https://host/x failed'],
    [`postgresql://ana:${PASSWORD}@db:5432/mlflow`, 'postgresql://db:5432/mlflow'],
    ['http://ana:p@ss@host/ and http://b:c@d/', 'http://host/ and http://d/'],
    ['"http://ana:s3/cret@host/"', '"http://host/"'],
    ['s3://bucket/key@2 and https://host/a@b, ana@host', 's3://bucket/key@2 and https://host/a@b, ana@host'],
  ])('%j has no password left in it', (text, clean) => {
    expect(withoutCredentials(text)).toBe(clean);
  });

  test('has none where a value is quoted in an error, however long it is', () => {
    const password = 'x'.repeat(80);
    expect(shown(`https://ana:${password}@host/x`)).toBe('"https://host/x"');
    expect(shown({ source: 'https://ana:s3cret@host/x' })).toBe('{"source":"https://host/x"}');
  });
});
