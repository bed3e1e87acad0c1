import { OpenAPIHono } from '@hono/zod-openapi';
import { ROUTES } from './routes.ts';

const INFO = {
  title: 'tripcast',
  version: '1',
  description: 'Predicts how long taxi rides in New York take. Problems are described as in RFC 9457.',
};

/** The API's description, OpenAPI 3.1, from the routes and the schemas that requests are checked with. */
export function openApiDocument(): object {
  const described = new OpenAPIHono();
  for (const route of ROUTES) described.openAPIRegistry.registerPath(route);
  // Relative to the document: it holds behind a proxy, a forwarded port, or the emulator's path for an API.
  return described.getOpenAPI31Document({ openapi: '3.1.0', info: INFO, servers: [{ url: '.' }] });
}
