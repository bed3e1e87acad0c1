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
export const SECURITY_HEADERS = {
  'content-security-policy': DATA_POLICY,
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'referrer-policy': 'no-referrer',
  'cross-origin-resource-policy': 'same-origin',
  'cross-origin-opener-policy': 'same-origin',
  'strict-transport-security': 'max-age=31536000', // browsers ignore it over plain HTTP, as on 127.0.0.1
  'cache-control': 'no-store',
} as const;

/** On whatever the handlers after it answer. */
export const securityHeaders: MiddlewareHandler = async (c, next) => {
  for (const [name, value] of Object.entries(SECURITY_HEADERS)) c.header(name, value);
  await next();
};

const JSON_HEADERS = { ...SECURITY_HEADERS, 'content-type': 'application/json' } as const;

/** JSON with the headers. As a plain record they reach the socket as they are; through a `Headers`, they cost as much as scoring a ride. */
export const jsonAnswer = (value: unknown): Response => new Response(JSON.stringify(value), { headers: JSON_HEADERS });
