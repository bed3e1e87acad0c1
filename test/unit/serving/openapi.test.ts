import { Ajv2020 } from 'ajv/dist/2020.js';
import { beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { openApiDocument } from '#serving/openapi.ts';
import { historyAnswerSchema } from '#serving/records.ts';
import { ROUTES } from '#serving/routes.ts';
import { aRun } from '../../support/a-run.ts';
import { anApiWithRecords } from '../../support/an-api.ts';

const documentSchema = z.looseObject({ paths: z.record(z.string(), z.record(z.string(), z.unknown())) });
const RIDE = { PULocationID: 130, DOLocationID: 205 };
let api: Awaited<ReturnType<typeof anApiWithRecords>>;
const ajv = new Ajv2020({ strict: false, validateFormats: false });

beforeAll(async () => {
  api = await anApiWithRecords();
  ajv.addSchema(openApiDocument(), 'openapi.json');
});

const post = (body: unknown) => ({
  method: 'POST',
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify(body),
});

type Row = readonly [path: string, request: RequestInit, status: number];
const ANSWERS: readonly Row[] = [
  ['/predict', post(RIDE), 200],
  ['/predict', post({ ...RIDE, ride_id: 1, trip_distance: null }), 200],
  ['/predict', post({}), 422],
  ['/predict', { method: 'POST', body: 'x', headers: { 'content-type': 'application/json' } }, 400],
  ['/predict', { method: 'POST', body: 'x', headers: { 'content-type': 'text/plain' } }, 415],
  ['/predict', post(' '.repeat(20_000)), 413],
  ['/predict/batch', post({ rides: [RIDE, {}, 7] }), 200],
  ['/predict/batch', post({ rides: [] }), 422],
  ['/zones', {}, 200],
  ['/models/champion', {}, 200],
  ['/models/history', {}, 200],
  ['/months', {}, 200],
  ['/health', {}, 200],
];

describe('openapi.json', () => {
  test.each(ANSWERS)('describes what %s answers to %j: %i', async (path, request, status) => {
    const response = await api.app.request(path, request);
    expect(response.status).toBe(status);
    const method = (request.method ?? 'GET').toLowerCase();
    const type = response.headers.get('content-type') ?? '';
    const pointer = ['paths', path, method, 'responses', status, 'content', type, 'schema'];
    const escaped = pointer.map((part) => encodeURIComponent(String(part).replaceAll('~', '~0').replaceAll('/', '~1')));
    const validate = ajv.compile({ $ref: `openapi.json#/${escaped.join('/')}` });
    const body: unknown = await response.json();
    expect(validate(body) || validate.errors).toBe(true);
    expect(validate({ unlike: 'any answer' })).toBe(false);
  });

  test('describes a champion without a registry, too', () => {
    const validate = ajv.compile({ $ref: 'openapi.json#/components/schemas/Champion/properties/promotion' });
    expect(validate(null)).toBe(true);
    expect(ajv.compile({ $ref: 'openapi.json#/components/schemas/Promotion' })(null)).toBe(false);
  });

  test('has no tuple of OpenAPI 3.0, which a reader of 3.1 may refuse', () => {
    expect(JSON.stringify(openApiDocument())).not.toContain('"items":[');
  });

  test('is served as it is made, and has a path for each route that is answered', async () => {
    const document = documentSchema.parse(await (await api.app.request('/openapi.json')).json());
    expect(document).toEqual(JSON.parse(JSON.stringify(openApiDocument())));
    expect(document).toMatchObject({ openapi: '3.1.0' });
    const described = Object.entries(document.paths).flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
    );
    const answered = api.app.routes.map(({ method, path }) => `${method} ${path}`);
    const pages = /\/\*$|^GET \/(docs|openapi\.json)/;
    expect(described.toSorted()).toEqual(answered.filter((route) => !pages.test(route)).toSorted());
    expect(described).toHaveLength(ROUTES.length);
  });
});

describe('what is on record', () => {
  const get = async (path: string) => (await api.app.request(path)).json();

  test('is the champion with its card, and all promotions, latest first', async () => {
    expect(await get('/models/champion')).toMatchObject({
      run_id: aRun('a'),
      promotion: { sequence: 2, promoted_by: 'ada', previous_run_id: aRun('b') },
      card: { run_id: aRun('a'), validation: { rmse: 6 } },
    });
    const { promotions } = historyAnswerSchema.parse(await get('/models/history'));
    expect(promotions.map(({ run_id }) => run_id)).toEqual([aRun('a'), aRun('b')]);
  });

  test('is each month with its rows, errors, verdict and reports', async () => {
    expect(await get('/months')).toEqual({
      taxi_type: 'green',
      months: [
        {
          month: '2023-04',
          run_id: aRun('a'),
          rows_in: 65_392,
          rows_scored: 62_979,
          rejected: { 'duration-below-1': 2413 },
          rmse: 8.1,
          mae: 5.744,
          coverage_90: 0.81,
          evaluation: 'after-training',
          scored_at: '2023-05-15T00:00:00Z',
          receipt: expect.stringContaining('s3://data/receipts/taxi_type=green/year=2023/month=04/'),
          output: `s3://data/predictions/taxi_type=green/year=2023/month=04/${aRun('a')}.parquet`,
          monitoring: {
            verdict: 'harm',
            takeaway: 'Predictions are off.',
            drifted: [],
            reference: '2023-03',
            report: `s3://data/reports/taxi_type=green/year=2023/month=04/${aRun('a')}/report.json`,
            page: `s3://data/reports/taxi_type=green/year=2023/month=04/${aRun('a')}/report.html`,
          },
        },
      ],
    });
  });
});
