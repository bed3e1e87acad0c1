import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';

/** The result of an invocation, as its caller sees it. */
export type Outcome =
  | { readonly kind: 'answer'; readonly value: unknown }
  | { readonly kind: 'error'; readonly error: { readonly errorType: string; readonly errorMessage: string } };

interface Invocation {
  readonly id: string;
  readonly event: string;
  /** Milliseconds since the epoch. */
  readonly deadline: number;
  readonly settle: (outcome: Outcome) => void;
  readonly fail: (error: Error) => void;
}

/**
 * Lambda's side of the Runtime API (docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html), for one execution
 * environment, which asks for one invocation at a time.
 */
export class RuntimeApi {
  readonly #server: Server;
  #waiting: Invocation | undefined;
  /** The runtime's request for the next invocation, held until there is one. */
  #poll: ServerResponse | undefined;
  #running: Invocation | undefined;

  private constructor() {
    this.#server = createServer((request, response) => {
      this.#answer(request, response).catch((error: unknown) => response.writeHead(500).end(String(error)));
    });
    this.#server.requestTimeout = 0;
  }

  static async listen(): Promise<RuntimeApi> {
    const api = new RuntimeApi();
    api.#server.listen(0, '127.0.0.1');
    await once(api.#server, 'listening');
    return api;
  }

  /** `host:port`, the value of AWS_LAMBDA_RUNTIME_API. */
  get address(): string {
    const address = this.#server.address();
    return typeof address === 'object' ? `127.0.0.1:${address?.port}` : '';
  }

  /** @param deadline milliseconds since the epoch; the runtime is given it, and its caller enforces it */
  invoke(event: unknown, deadline: number): Promise<Outcome> {
    return new Promise((settle, fail) => {
      this.#waiting = { id: randomUUID(), event: JSON.stringify(event), deadline, settle, fail };
      this.#handOver();
    });
  }

  /** The environment is gone, and so is the invocation that it was working on. */
  abandon(error: Error): void {
    (this.#running ?? this.#waiting)?.fail(error);
    this.#running = undefined;
    this.#waiting = undefined;
    this.#poll = undefined;
  }

  close(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = request.url?.replace('/2018-06-01/runtime', '');
    if (path === '/invocation/next') {
      this.#poll = response;
      this.#handOver();
      return;
    }
    const body = await text(request);
    const running = path === '/init/error' ? (this.#waiting ?? this.#running) : this.#running;
    const [, id, what] = /^\/invocation\/([^/]+)\/(response|error)$/.exec(path ?? '') ?? [];
    if (running === undefined || (path !== '/init/error' && id !== running.id)) {
      response.writeHead(400).end('{"errorType":"InvalidRequestID"}');
      return;
    }
    this.#running = undefined;
    this.#waiting = undefined;
    response.writeHead(202).end('{"status":"OK"}');
    running.settle(
      what === 'response' ? { kind: 'answer', value: JSON.parse(body) } : { kind: 'error', error: JSON.parse(body) },
    );
  }

  #handOver(): void {
    if (this.#waiting === undefined || this.#poll === undefined) return;
    const { id, event, deadline } = this.#waiting;
    this.#poll
      .writeHead(200, {
        'content-type': 'application/json',
        'lambda-runtime-aws-request-id': id,
        'lambda-runtime-deadline-ms': String(deadline),
        'lambda-runtime-invoked-function-arn': 'arn:aws:lambda:us-east-1:000000000000:function:in-image',
        'lambda-runtime-trace-id': 'Root=1-5bef4de7-ad49b0e87f6ef6c87fc2e700;Parent=9a9197af755a6419;Sampled=0',
      })
      .end(event);
    this.#running = this.#waiting;
    this.#waiting = undefined;
    this.#poll = undefined;
  }
}
