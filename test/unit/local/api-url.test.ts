import { expect, test } from 'vitest';
import { localApiUrl } from '#local/api-url.ts';

const ENDPOINT = 'http://127.0.0.1:4566';

test('an HTTP API is reached through the emulator’s own address', () => {
  expect(localApiUrl('http://abc123.execute-api.localhost:4566', ENDPOINT)).toBe(
    `${ENDPOINT}/_aws/execute-api/abc123/$default`,
  );
});

test('what LocalStack’s free edition outputs is no address', () => {
  expect(localApiUrl('unknown', ENDPOINT)).toBeUndefined();
});
