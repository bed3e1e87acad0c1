import { describe, expect, test } from 'vitest';
import { type ConsoleData, consoleData } from '#serving/console-data.ts';
import { aRun } from '../../support/a-run.ts';

const bytes = new TextEncoder().encode('an ONNX file');
const ask = (path: string, data: ConsoleData = {}) => consoleData(data).request(path);

describe('the model file', () => {
  const model: ConsoleData['model'] = async (run) => (run === aRun('a') ? bytes : undefined);

  test('is that of the run, and may be kept', async () => {
    const response = await ask(`/models/${aRun('a')}/model.onnx`, { model });
    expect(new Uint8Array(await response.arrayBuffer())).toEqual(bytes);
    expect(response.headers.get('cache-control')).toContain('immutable');
    expect(response.headers.get('content-type')).toBe('application/octet-stream');
  });

  test.each([aRun('b'), 'champion', '..%2f..%2fetc', `${aRun('a')}%00`, 'A'.repeat(32), 'a'.repeat(33)])(
    'is not there for %s',
    async (run) => {
      const asked: unknown[] = [];
      const response = await ask(`/models/${run}/model.onnx`, {
        model: async (id) => {
          asked.push(id);
          return model(id);
        },
      });
      expect(response.status).toBe(404);
      expect(asked).toEqual(run === aRun('b') ? [run] : []); // nothing but a run's id reaches the registry
    },
  );
});

describe('the report of a month', () => {
  const report = async () => new TextEncoder().encode('<!doctype html>');

  test('is a page that runs no script', async () => {
    const response = await ask('/months/2023-04/report.html', { report });
    expect(await response.text()).toBe('<!doctype html>');
    expect(response.headers.get('content-security-policy')).toMatch(/^default-src 'none'; style-src 'unsafe-inline';/);
  });

  test.each(['2023-13', '2023-4', 'latest', '..'])('is not there for %s', async (month) => {
    expect((await ask(`/months/${month}/report.html`, { report })).status).toBe(404);
  });
});

test.each(['/stream/latest', '/pipelines', `/models/${aRun('a')}/model.onnx`, '/months/2023-04/report.html'])(
  'a server without an environment says so at %s',
  async (path) => {
    const response = await ask(path);
    expect(response.status).toBe(404);
    expect(await response.json()).toMatchObject({ error: 'not-found', detail: expect.stringMatching(/server|here/) });
  },
);
