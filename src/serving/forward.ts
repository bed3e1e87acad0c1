import { type Context, Hono } from 'hono';
import type { ContentfulStatusCode } from 'hono/utils/http-status';
import { liveRoutes } from './console-data.ts';
import type { LiveViews } from './live-views.ts';
import { problemAnswer } from './problem.ts';
import { securityHeaders } from './security-headers.ts';

export interface UpstreamRequest {
  readonly method: string;
  /** With its query. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: Uint8Array | undefined;
}

export type AskUpstream = (request: UpstreamRequest) => Promise<Response>;

/**
 * What the console asks of the API, and nothing else: whoever reaches this server asks with its owner's credentials.
 */
const FORWARDED = [
  /^GET \/(health|zones|months|models\/champion|models\/history|openapi\.json)$/,
  /^GET \/models\/[0-9a-f]{32}\/model\.onnx$/,
  /^GET \/months\/\d{4}-\d{2}\/report\.html$/,
  /^POST \/predict(\/batch)?$/,
];
/** Headers of a request and of an answer that mean something to the other side. */
const REQUEST_HEADERS = ['content-type', 'accept', 'if-none-match'];
const ANSWER_HEADERS = ['content-type', 'content-security-policy', 'cache-control', 'etag', 'retry-after'];
/** As large as a batch of rides may be. */
const MOST_BYTES = 1024 * 1024;

/**
 * Forwards the console's questions to an API that wants credentials. Only pages of this very server may ask: a page of
 * another site, or one whose name was made to resolve to this machine, would ask with credentials that are not its own.
 * @param hosts the values of the Host header that are this server's
 * @param live what this server shows itself: the API's function may not read streams or executions, its owner may
 * @example
 * app.route('/', forwardTo(askDeployedApi(api), ['127.0.0.1:8000'], liveViews(deps)));
 */
export function forwardTo(ask: AskUpstream, hosts: readonly string[], live: LiveViews): Hono {
  const app = new Hono();
  app.use(securityHeaders);
  app.use(async (c, next) =>
    isOwn(c, hosts) ? next() : problemAnswer(c, 'forbidden', 'Only the page of this server may ask it'),
  );
  // The page is its owner's, who needs to know why: a permission that is missing, for one.
  app.onError((error, c) => problemAnswer(c, 'internal', error.message));
  app.route('/', liveRoutes(live));
  app.all('*', async (c) => {
    const { pathname, search } = new URL(c.req.url);
    if (!FORWARDED.some((pattern) => pattern.test(`${c.req.method} ${pathname}`))) {
      return problemAnswer(c, 'not-found', `There is no ${c.req.method} ${pathname}`);
    }
    const body = c.req.method === 'POST' ? new Uint8Array(await c.req.arrayBuffer()) : undefined;
    if (body !== undefined && body.length > MOST_BYTES) {
      return problemAnswer(c, 'too-large', `A request has at most ${MOST_BYTES} bytes, not ${body.length}`);
    }
    const headers = only(REQUEST_HEADERS, (header) => c.req.header(header));
    const answer = await ask({ method: c.req.method, path: `${pathname}${search}`, headers, body });
    const found = only(ANSWER_HEADERS, (header) => answer.headers.get(header) ?? undefined);
    const status = answer.status as ContentfulStatusCode; // an empty body is one, too
    return c.body(await answer.arrayBuffer(), status, found);
  });
  return app;
}

function isOwn(c: Context, hosts: readonly string[]): boolean {
  const site = c.req.header('sec-fetch-site');
  const origin = c.req.header('origin');
  return (
    hosts.includes(c.req.header('host') ?? '') &&
    (site === undefined || site === 'same-origin' || site === 'none') &&
    (origin === undefined || hosts.some((host) => origin === `http://${host}`))
  );
}

const only = (headers: readonly string[], found: (header: string) => string | undefined) =>
  Object.fromEntries(
    headers.flatMap((header) => {
      const value = found(header);
      return value === undefined ? [] : [[header, value]];
    }),
  );
