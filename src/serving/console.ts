import { type Context, Hono } from 'hono';
import { problemAnswer } from './problem.ts';

/** By path, relative to the page: `index.html`, and `assets/*`, whose names have a hash of their content. */
export type ConsoleFiles = ReadonlyMap<string, Uint8Array>;

const TYPES: Readonly<Record<string, string>> = {
  html: 'text/html; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
  css: 'text/css; charset=utf-8',
  json: 'application/json',
  svg: 'image/svg+xml',
};

/** Nothing from anywhere else, nothing inline, in no frame. A worker has the policy that comes with its own script. */
const POLICY = [
  "default-src 'none'",
  "script-src 'self' 'wasm-unsafe-eval'",
  "style-src 'self'",
  "img-src 'self'",
  "connect-src 'self'",
  "worker-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

const HEADERS = {
  'content-security-policy': POLICY,
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
};

/**
 * The console's files, and no others: they are looked up by name, so no path leads out of them. The page is asked for
 * again each time; its assets never change under their name.
 * @example
 * const files = await buildConsole();
 * app.route('/', consoleRoutes(async () => files));
 */
export function consoleRoutes(files: () => Promise<ConsoleFiles>): Hono {
  const app = new Hono();
  app.get('/', async (c) => answer(c, await files(), 'index.html', 'no-cache'));
  app.get('/assets/:file', async (c) =>
    answer(c, await files(), `assets/${c.req.param('file')}`, 'public, max-age=31536000, immutable'),
  );
  return app;
}

function answer(c: Context, files: ConsoleFiles, path: string, caching: string): Response {
  const body = files.get(path);
  if (body === undefined) return problemAnswer(c, 'not-found', `There is no ${c.req.path}`);
  const type = TYPES[path.slice(path.lastIndexOf('.') + 1)] ?? 'application/octet-stream';
  return c.body(Uint8Array.from(body), 200, { ...HEADERS, 'content-type': type, 'cache-control': caching });
}
