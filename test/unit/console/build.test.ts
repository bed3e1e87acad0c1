import { gzipSync } from 'node:zlib';
import { beforeAll, describe, expect, test } from 'vitest';
import { buildConsole } from '#packaging/console.ts';
import { type ConsoleFiles, consoleRoutes } from '#serving/console.ts';
import { sha256 } from '#storage/sha256.ts';

let files: ConsoleFiles;
beforeAll(async () => {
  files = await buildConsole();
});

const text = (path: string) => new TextDecoder().decode(files.get(path));
const ask = (path: string, headers: Record<string, string> = {}) =>
  consoleRoutes(async () => files).request(path, { headers });

describe('what is built', () => {
  test('is at most 250 KB gzipped: script, worker, styles and zones', () => {
    const bytes = [...files.values()].reduce((sum, body) => sum + gzipSync(body).length, 0);
    expect(bytes).toBeGreaterThan(80_000); // the zones alone are 79 KB
    expect(bytes).toBeLessThanOrEqual(250_000);
  });

  test('has names with a hash of the content, and the page names each', () => {
    const assets = [...files.keys()].filter((path) => path !== 'index.html');
    expect(assets).toHaveLength(5);
    for (const path of assets) {
      const [, hash] = /^assets\/[a-z]+-([0-9a-f]{12})\.(js|css|json|svg)$/.exec(path) ?? [];
      expect(sha256(files.get(path) ?? new Uint8Array()).slice(0, 12)).toBe(hash);
      expect(text('index.html')).toContain(`"${path}"`); // relative: no slash before it
    }
  });

  test('has nothing inline, names no other place, and has no source maps', () => {
    const page = text('index.html');
    expect(page).not.toMatch(/<style|style=|<script(?![^>]*src=)|\son\w+=|\{\{/);
    for (const path of files.keys()) expect(text(path)).not.toMatch(/sourceMappingURL|https?:\/\/(?!www\.w3\.org)/);
  });

  test('is the same from the same sources', async () => {
    expect([...(await buildConsole()).keys()]).toEqual([...files.keys()]);
  });
});

describe('what is served', () => {
  test('the page is asked for each time, and its assets never again', async () => {
    const page = await ask('/');
    expect(page.status).toBe(200);
    expect(page.headers.get('content-type')).toBe('text/html; charset=utf-8');
    expect(page.headers.get('cache-control')).toBe('no-cache');
    for (const path of files.keys()) {
      if (path === 'index.html') continue;
      const asset = await ask(`/${path}`);
      expect(asset.headers.get('cache-control')).toBe('public, max-age=31536000, immutable');
      expect(new Uint8Array(await asset.arrayBuffer())).toEqual(Uint8Array.from(files.get(path) ?? []));
    }
  });

  test('has a policy that lets in nothing inline and nothing from elsewhere', async () => {
    const policy = (await ask('/')).headers.get('content-security-policy') ?? '';
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain("frame-ancestors 'none'");
    expect(policy).not.toMatch(/unsafe-inline|'unsafe-eval'|https?:|\*|data:/);
    expect((await ask('/')).headers.get('x-content-type-options')).toBe('nosniff');
  });

  test.each([
    '/index.html',
    '/assets/',
    '/assets/../package.json',
    '/assets/..%2f..%2fpackage.json',
    '/assets/%2e%2e/%2e%2e/etc/passwd',
    '/..\\..\\package.json',
    '//etc/passwd',
    '/assets/console.js',
    `/${'a/'.repeat(2000)}`,
    '/assets/%00',
  ])('nothing is at %s', async (path) => {
    expect((await ask(path)).status).toBe(404);
  });
});
