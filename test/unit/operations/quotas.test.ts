import { describe, expect, test } from 'vitest';
import { checkQuotas, type Demand, type LambdaAccount } from '#operations/quotas.ts';

const DEMAND: Demand = {
  env: 'prod',
  region: 'eu-north-1',
  memoryMb: { predict: 1769, score: 3008 },
  reserved: { 'stream-score': null, predict: null },
  streamCalls: 2,
  requestsPerSecond: 100,
  burst: 200,
};
const NEW: LambdaAccount = { concurrency: 10, unreserved: 10, reservedHere: 0 };
const USUAL: LambdaAccount = { concurrency: 1000, unreserved: 1000, reservedHere: 0 };

function checkOf(name: string, demand: Partial<Demand>, account: LambdaAccount) {
  return checkQuotas({ ...DEMAND, ...demand }, account).find((check) => check.name === name);
}

test('an account with the usual quotas is fine', () => {
  expect(checkQuotas(DEMAND, USUAL).map(({ name, verdict }) => [name, verdict])).toEqual([
    ['Lambda memory', 'ok'],
    ['Lambda concurrency', 'ok'],
    ['API Gateway', 'ok'],
  ]);
});

describe('memory', () => {
  test.each([
    [3008, 'ok'],
    [3009, 'raise'],
  ])('%i MB: %s', (score, verdict) => {
    expect(checkOf('Lambda memory', { memoryMb: { score } }, USUAL)?.verdict).toBe(verdict);
  });

  test('above what new accounts allow is named with its function', () => {
    expect(checkOf('Lambda memory', { memoryMb: { plan: 512, score: 4096 } }, USUAL)).toMatchObject({
      found: 'score has 4096 MB; new accounts allow 3008 MB',
      fix: expect.stringContaining('functions.*.memoryMb in env/prod.json'),
    });
  });
});

describe('concurrency', () => {
  test.each([
    [212, 'ok'],
    [211, 'raise'],
  ])('%i of 2 for the stream, 200 for the API and 10 for the rest: %s', (concurrency, verdict) => {
    const account = { ...USUAL, concurrency };
    expect(checkOf('Lambda concurrency', {}, account)?.verdict).toBe(verdict);
  });

  test("a new account's is to be raised, by a command that can be pasted", () => {
    expect(checkOf('Lambda concurrency', {}, NEW)).toMatchObject({
      verdict: 'raise',
      found: '10 calls at a time; env/prod.json can ask for 212 (stream 2, API burst 200, state machines 10)',
      fix: expect.stringContaining('--quota-code L-B99A9384 --desired-value 212 --region eu-north-1'),
    });
  });
});

describe('a reservation', () => {
  const reserved = { 'stream-score': 2, predict: 20 };

  test('is refused in a new account, where nothing can be reserved', () => {
    expect(checkOf('Lambda reservations', { reserved: { 'stream-score': 2, predict: null } }, NEW)).toMatchObject({
      verdict: 'refused',
      found: '2 wanted, but only 0 can be reserved: 10 of 10 must stay unreserved',
      fix: expect.stringMatching(/--desired-value 12 .*lower reservedConcurrency in env\/prod\.json/),
    });
  });

  test.each([
    [32, 'ok'],
    [31, 'refused'],
  ])('of 22 in an account that has %i: %s', (concurrency, verdict) => {
    const account = { concurrency, unreserved: concurrency, reservedHere: 0 };
    expect(checkOf('Lambda reservations', { reserved }, account)?.verdict).toBe(verdict);
  });

  test('that is deployed already does not count twice', () => {
    const account = { concurrency: 32, unreserved: 10, reservedHere: 22 };
    expect(checkOf('Lambda reservations', { reserved }, account)).toMatchObject({
      verdict: 'ok',
      found: '22 of 22 that can be reserved',
    });
  });

  test("leaves room for what other stacks' functions have reserved", () => {
    const account = { concurrency: 100, unreserved: 31, reservedHere: 0 };
    expect(checkOf('Lambda reservations', { reserved }, account)?.verdict).toBe('refused');
  });
});

test('a rate beyond the lowest default of a region is to be looked up', () => {
  expect(checkOf('API Gateway', { requestsPerSecond: 2501 }, USUAL)).toMatchObject({
    verdict: 'raise',
    fix: expect.stringContaining('api.requestsPerSecond in env/prod.json'),
  });
});
