import type { Context } from 'hono';
import { shown } from '#errors.ts';
import { problemAnswer } from './problem.ts';

/** The body's value, or the answer that refuses it. */
export type JsonBody = { readonly json: unknown } | { readonly refused: Response };

/** Reads a request's JSON body of at most `limit` bytes. A body without a declared type counts as JSON. */
export async function readJson(c: Context, limit: number): Promise<JsonBody> {
  const type = c.req.header('content-type');
  if (type !== undefined && !isJson(type)) {
    return refuse(c, 'unsupported-media-type', `The body's type is ${shown(type)}: send application/json in UTF-8`);
  }
  const encoding = c.req.header('content-encoding');
  if (encoding !== undefined && encoding !== 'identity') {
    return refuse(c, 'unsupported-media-type', `The body is encoded as ${shown(encoding)}: send it as it is`);
  }
  const body = await readAtMost(c.req.raw, limit);
  if (body === undefined) return refuse(c, 'too-large', `The body is larger than ${limit} bytes`);
  try {
    return { json: JSON.parse(utf8.decode(body)) };
  } catch {
    return refuse(c, 'not-json', 'The body is not JSON in UTF-8');
  }
}

const refuse = (...args: Parameters<typeof problemAnswer>) => ({ refused: problemAnswer(...args) });

/** Like the stream, it refuses bytes that are not UTF-8 instead of substituting others. */
const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** `application/json`, and what builds on it, such as `application/vnd.api+json`. */
function isJson(type: string): boolean {
  if (type === 'application/json') return true; // as nearly all say it
  const [essence = '', ...parameters] = type
    .toLowerCase()
    .split(';')
    .map((part) => part.trim());
  if (!/^application\/([\w.-]+\+)?json$/.test(essence)) return false;
  return parameters.every((each) => !each.startsWith('charset=') || /^charset="?utf-?8"?$/.test(each));
}

/** @returns undefined as soon as there is more than that, without reading the rest */
async function readAtMost(request: Request, limit: number): Promise<Uint8Array | undefined> {
  const said = Number(request.headers.get('content-length'));
  if (said > limit) return undefined;
  if (said > 0) return withinLimit(new Uint8Array(await request.arrayBuffer()), limit); // HTTP ends it at what was said
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of request.body ?? []) {
    bytes += chunk.byteLength;
    if (bytes > limit) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

const withinLimit = (body: Uint8Array, limit: number) => (body.byteLength > limit ? undefined : body);
