import { Hono } from 'hono';
import { describe, expect, test } from 'vitest';
import { forwardTo, type UpstreamRequest } from '#serving/forward.ts';
import type { LiveViews } from '#serving/live-views.ts';
import { streamNow } from '#serving/stream-now.ts';

const HOST = '127.0.0.1:8000';
const QUIET = streamNow({ now: new Date(0), windowSeconds: 60, predictions: [], events: [], quarantined: new Set() });
const LIVE: LiveViews = {
  stream: async () => QUIET,
  pipelines: () => Promise.reject(new Error('not authorized to perform states:ListExecutions')),
};

function aForwarder(answer = () => Response.json({ zones: [] }, { headers: { etag: '"1"', 'x-amzn-trace': 'id' } })) {
  const asked: UpstreamRequest[] = [];
  const forwarder = forwardTo(
    async (request) => {
      asked.push(request);
      return answer();
    },
    [HOST, 'localhost:8000'],
    LIVE,
  );
  const app = new Hono().route('/', forwarder); // as the command does
  const ask = (path: string, init: RequestInit = {}, host = HOST) =>
    app.request(`http://${host}${path}`, { ...init, headers: { host, ...init.headers } });
  return { asked, ask };
}

describe('a question of the page', () => {
  test('is passed on as it is, with the headers that matter', async () => {
    const { asked, ask } = aForwarder();
    const body = '{"rides":[]}';
    const headers = { 'content-type': 'application/json', cookie: 'mine', 'x-other': '1' };
    const answer = await ask('/predict/batch?verbose=1', { method: 'POST', body, headers });
    expect(asked).toEqual([
      {
        method: 'POST',
        path: '/predict/batch?verbose=1',
        headers: { 'content-type': 'application/json' },
        body: new TextEncoder().encode(body),
      },
    ]);
    expect(answer.status).toBe(200);
    expect(await answer.json()).toEqual({ zones: [] });
    expect(answer.headers.get('etag')).toBe('"1"');
    expect(answer.headers.get('x-amzn-trace')).toBeNull();
    expect(answer.headers.get('x-content-type-options')).toBe('nosniff');
  });

  test('gets the status and the reason that the API gives', async () => {
    const { ask } = aForwarder(() => Response.json({ message: 'Forbidden' }, { status: 403 }));
    const answer = await ask('/months');
    expect([answer.status, await answer.json()]).toEqual([403, { message: 'Forbidden' }]);
  });

  test.for([
    'GET /health',
    'GET /zones',
    'GET /months',
    'GET /models/champion',
    'GET /models/history',
    `GET /models/${'a'.repeat(32)}/model.onnx`,
    'GET /months/2023-04/report.html',
    'POST /predict',
  ])('may be %s', async (question) => {
    const [method = '', path = ''] = question.split(' ');
    const { asked, ask } = aForwarder();
    await ask(path, { method, ...(method === 'POST' && { body: '{}' }) });
    expect(asked.map((each) => `${each.method} ${each.path}`)).toEqual([question]);
  });
});

describe('what its owner may see and the API may not', () => {
  test('is shown by this server', async () => {
    const { asked, ask } = aForwarder();
    expect(await (await ask('/stream/latest')).json()).toEqual(QUIET);
    expect(asked).toEqual([]);
  });

  test('is explained when the owner may not see it, either', async () => {
    const answer = await aForwarder().ask('/pipelines');
    expect(answer.status).toBe(500);
    expect(await answer.json()).toMatchObject({ detail: 'not authorized to perform states:ListExecutions' });
  });

  test('is shown to no other page', async () => {
    const { ask } = aForwarder();
    expect((await ask('/stream/latest', {}, 'rebound.example.com:8000')).status).toBe(403);
    expect((await ask('/stream/latest', { headers: { 'sec-fetch-site': 'cross-site' } })).status).toBe(403);
  });
});

describe('nobody else spends the credentials', () => {
  test.for([
    ['another site', { 'sec-fetch-site': 'cross-site' }],
    ['a site on another port', { 'sec-fetch-site': 'same-site' }],
    ['another origin', { origin: 'https://example.com' }],
    ['an origin that is none', { origin: 'null' }],
  ] as const)('a page of %s', async ([, headers]) => {
    const { asked, ask } = aForwarder();
    const answer = await ask('/predict', { method: 'POST', body: '{}', headers });
    expect([answer.status, asked]).toEqual([403, []]);
  });

  test('a name that was made to resolve to this machine', async () => {
    const { asked, ask } = aForwarder();
    const answer = await ask('/zones', {}, 'rebound.example.com:8000');
    expect([answer.status, asked]).toEqual([403, []]);
  });

  test.for([
    'DELETE /months',
    'GET /predict',
    'GET /models/../secrets',
    'GET /%2e%2e/',
    'GET /latest/meta-data',
    'POST /zones',
  ])('not even the page, for %s', async (question) => {
    const [method = '', path = ''] = question.split(' ');
    const { asked, ask } = aForwarder();
    const answer = await ask(path, { method });
    expect([answer.status, asked]).toEqual([404, []]);
  });

  test('not a body of more than a megabyte', async () => {
    const { asked, ask } = aForwarder();
    const answer = await ask('/predict', { method: 'POST', body: 'x'.repeat(2 ** 20 + 1) });
    expect([answer.status, asked]).toEqual([413, []]);
  });
});
