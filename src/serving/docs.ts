import type { Hono } from 'hono';
import { openApiDocument } from './openapi.ts';
import { PAGE_POLICY } from './security-headers.ts';

/** Swagger UI's files as its npm package has them. */
export type DocsFiles = (name: SwaggerFile) => Promise<Uint8Array<ArrayBuffer>>;
export const SWAGGER_FILES = ['swagger-ui.css', 'swagger-ui-bundle.js'] as const;
export type SwaggerFile = (typeof SWAGGER_FILES)[number];

/** The API's own description, and a page that shows it. Addresses are relative: they hold behind a forwarded port. */
export function addDocs(app: Hono, files: DocsFiles): void {
  let document: string | undefined; // made when it is first asked for: most functions never are
  app.get('/openapi.json', (c) => {
    document ??= JSON.stringify(openApiDocument());
    return c.body(document, 200, { 'content-type': 'application/json' });
  });
  app.get('/docs', (c) => c.html(PAGE, 200, { 'content-security-policy': PAGE_POLICY }));
  app.get('/docs/start.js', (c) => c.body(START, 200, SCRIPT));
  app.get('/docs/swagger-ui.css', async (c) =>
    c.body(await files('swagger-ui.css'), 200, { 'content-type': 'text/css; charset=utf-8', ...STATIC }),
  );
  app.get('/docs/swagger-ui-bundle.js', async (c) =>
    c.body(await files('swagger-ui-bundle.js'), 200, { ...SCRIPT, ...STATIC }),
  );
}

const SCRIPT = { 'content-type': 'text/javascript; charset=utf-8' };
/** They change with a release of tripcast, which does not change their names. */
const STATIC = { 'cache-control': 'max-age=3600' };

const PAGE = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>tripcast API</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="docs/swagger-ui.css">
</head>
<body>
<div id="swagger-ui"></div>
<script src="docs/swagger-ui-bundle.js"></script>
<script src="docs/start.js"></script>
</body>
</html>
`;

/** Requests go to where the page came from, and nowhere else: the validator of swagger.io is switched off. */
const START = `SwaggerUIBundle({ url: 'openapi.json', dom_id: '#swagger-ui', validatorUrl: null, deepLinking: true });
`;
