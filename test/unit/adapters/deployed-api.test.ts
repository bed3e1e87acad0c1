import { createHash, createHmac } from 'node:crypto';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { askDeployedApi } from '#adapters/deployed-api.ts';

interface Heard {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** An API that writes down what it hears. */
async function anApi() {
  const heard: Heard[] = [];
  const server = createServer(async (request, response) => {
    const parts: Buffer[] = [];
    for await (const part of request) parts.push(part);
    const { method = '', url = '', headers } = request;
    heard.push({ method, url, headers, body: Buffer.concat(parts).toString() });
    response.end('{}');
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  onTestFinished(() => void server.close());
  const { port } = server.address() as AddressInfo; // it listens on TCP
  return { url: `http://127.0.0.1:${port}`, heard };
}

const KEY = 'AKIDEXAMPLE';
const SECRET = 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY';

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');
const hmac = (key: string | Buffer, text: string) => createHmac('sha256', key).update(text).digest();

/** The signature by AWS's description ("Create a signed AWS API request"), written apart from the library. */
function expectedAuthorization({ method, url, headers, body }: Heard, region: string): string {
  const [, signedHeaders = ''] = /SignedHeaders=([^,]+),/.exec(headers.authorization ?? '') ?? [];
  const [path = '', query = ''] = url.split('?');
  const canonicalHeaders = signedHeaders.split(';').map((name) => `${name}:${headers[name]}\n`);
  const canonicalQuery = query.split('&').sort().join('&');
  const canonical = [method, path, canonicalQuery, canonicalHeaders.join(''), signedHeaders, sha256(body)].join('\n');
  const time = String(headers['x-amz-date']);
  const scope = `${time.slice(0, 8)}/${region}/execute-api/aws4_request`;
  const key = scope.split('/').reduce<string | Buffer>((key, part) => hmac(key, part), `AWS4${SECRET}`);
  const signature = hmac(key, ['AWS4-HMAC-SHA256', time, scope, sha256(canonical)].join('\n')).toString('hex');
  return `AWS4-HMAC-SHA256 Credential=${KEY}/${scope}, SignedHeaders=${signedHeaders}, Signature=${signature}`;
}

describe('an API that wants a signature', () => {
  test.for([
    { method: 'GET', path: '/months?b=2&a=1', headers: {} },
    { method: 'POST', path: '/predict', headers: { 'content-type': 'application/json' }, body: '{"PULocationID":1}' },
  ])('gets one that it can verify: $method $path', async ({ body, ...request }) => {
    vi.stubEnv('AWS_ACCESS_KEY_ID', KEY);
    vi.stubEnv('AWS_SECRET_ACCESS_KEY', SECRET);
    vi.stubEnv('AWS_SESSION_TOKEN', undefined);
    onTestFinished(() => void vi.unstubAllEnvs());
    const { url, heard } = await anApi();
    const ask = askDeployedApi({ url, region: 'eu-north-1', authorization: 'iam' });
    const answer = await ask({ ...request, body: body === undefined ? undefined : new TextEncoder().encode(body) });
    expect(answer.status).toBe(200);
    const [seen] = heard;
    expect(seen).toMatchObject({ method: request.method, body: body ?? '' });
    expect(seen?.headers.authorization).toMatch(/SignedHeaders=[^,]*host;/);
    expect(seen?.headers.authorization).toBe(seen && expectedAuthorization(seen, 'eu-north-1'));
  });
});

describe('an API that wants a token', () => {
  test('gets it', async () => {
    vi.stubEnv('TRIPCAST_API_TOKEN', 'a.b.c');
    onTestFinished(() => void vi.unstubAllEnvs());
    const { url, heard } = await anApi();
    await askDeployedApi({ url, region: 'r', authorization: 'jwt' })({ method: 'GET', path: '/zones', headers: {} });
    expect(heard[0]?.headers.authorization).toBe('Bearer a.b.c');
  });

  test('is not asked without one, and the variable is named', () => {
    vi.stubEnv('TRIPCAST_API_TOKEN', undefined);
    onTestFinished(() => void vi.unstubAllEnvs());
    expect(() => askDeployedApi({ url: 'http://127.0.0.1', region: 'r', authorization: 'jwt' })).toThrow(
      /TRIPCAST_API_TOKEN is not set/,
    );
  });
});

test('an open API is asked as it is', async () => {
  const { url, heard } = await anApi();
  await askDeployedApi({ url, region: 'r', authorization: 'none' })({ method: 'GET', path: '/zones', headers: {} });
  expect(heard[0]?.headers.authorization).toBeUndefined();
});
