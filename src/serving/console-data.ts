import { Hono } from 'hono';
import { isRunId, type RunId } from '#storage/run-id.ts';
import { type Month, monthSchema } from '#trips/month.ts';
import type { LiveViews } from './live-views.ts';
import { problemAnswer } from './problem.ts';

/** What only the console asks for. An environment that has no such thing leaves it out, and the page says so. */
export interface ConsoleData {
  /** model.onnx of the run; undefined: it is not the one that is served. */
  readonly model?: (run: RunId) => Promise<Uint8Array | undefined>;
  /** The report on the month's current predictions, as a page. */
  readonly report?: (month: Month) => Promise<Uint8Array | undefined>;
  readonly live?: LiveViews | undefined;
}

/** A report has its style inside, and no script. */
const REPORT_POLICY =
  "default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'none'; base-uri 'none'; form-action 'none'";

const noneOf = (what: string) =>
  `This server is not connected to an environment, so it sees no ${what}. \`tripcast serve\` without --model or --folder is.`;

/** The console's own part of the API; it is not in the OpenAPI document, and may change with the page. */
export function consoleData({ model, report, live }: ConsoleData): Hono {
  const app = new Hono();

  app.get('/models/:run/model.onnx', async (c) => {
    const run = c.req.param('run');
    const bytes = isRunId(run) ? await model?.(run) : undefined;
    if (bytes === undefined) return problemAnswer(c, 'not-found', 'This server does not hand out the model file');
    // The bytes of a run never change.
    const headers = {
      'content-type': 'application/octet-stream',
      'cache-control': 'private, max-age=86400, immutable',
    };
    return c.body(Uint8Array.from(bytes), 200, headers);
  });

  app.get('/months/:month/report.html', async (c) => {
    const month = monthSchema.safeParse(c.req.param('month'));
    const page = month.success ? await report?.(month.data) : undefined;
    if (page === undefined) return problemAnswer(c, 'not-found', 'There is no report on this month here');
    const headers = { 'content-type': 'text/html; charset=utf-8', 'content-security-policy': REPORT_POLICY };
    return c.body(Uint8Array.from(page), 200, headers);
  });

  app.route('/', liveRoutes(live));
  return app;
}

/** Each poll of the page gets what is true at the time. */
export function liveRoutes(live: LiveViews | undefined): Hono {
  const app = new Hono();
  app.get('/stream/latest', async (c) =>
    live === undefined ? problemAnswer(c, 'not-found', noneOf('stream')) : c.json(await live.stream()),
  );
  app.get('/pipelines', async (c) =>
    live === undefined ? problemAnswer(c, 'not-found', noneOf('pipelines')) : c.json(await live.pipelines()),
  );
  return app;
}
