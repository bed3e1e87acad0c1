import type { MiddlewareHandler } from 'hono';

/** Data is not a page: a browser that is led to open it runs and loads nothing. */
const DATA_POLICY = "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'";

/** A page gets its scripts, styles and data from here alone, and none of them is inline. */
export const PAGE_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "frame-ancestors 'none'",
  "base-uri 'none'",
  "form-action 'none'",
].join('; ');

/** On every answer. There is no CORS header among them: other sites' scripts cannot read an answer. */
const HEADERS: readonly (readonly [string, string])[] = [
  ['content-security-policy', DATA_POLICY],
  ['x-content-type-options', 'nosniff'],
  ['x-frame-options', 'DENY'],
  ['referrer-policy', 'no-referrer'],
  ['cross-origin-resource-policy', 'same-origin'],
  ['cross-origin-opener-policy', 'same-origin'],
  ['strict-transport-security', 'max-age=31536000'], // browsers ignore it over plain HTTP, as on 127.0.0.1
  ['cache-control', 'no-store'],
];

export const securityHeaders: MiddlewareHandler = async (c, next) => {
  for (const [name, value] of HEADERS) c.header(name, value);
  await next();
};
