import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

type Body = Readonly<Record<string, unknown>>;

/**
 * CodeDeploy on the wire (AWS JSON 1.1), which the emulator lacks, with answers that the test chooses.
 * @param answer to an operation; an error that it throws is returned by its name
 */
export async function aCodeDeploy(answer: (operation: string, body: Body) => unknown = () => ({})) {
  const calls: (readonly [operation: string, body: unknown])[] = [];
  const server = createServer(async (request, response) => {
    let text = '';
    for await (const chunk of request) text += chunk;
    const operation = String(request.headers['x-amz-target']).split('.')[1] ?? '';
    const body: Body = JSON.parse(text);
    calls.push([operation, body]);
    const [status, answered] = outcomeOf(() => answer(operation, body));
    response.writeHead(status, { 'content-type': 'application/x-amz-json-1.1' }).end(JSON.stringify(answered));
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  const { port } = server.address() as AddressInfo; // a TCP server has an AddressInfo
  return { endpointUrl: `http://127.0.0.1:${port}`, calls, close: () => server.close() };
}

function outcomeOf(answer: () => unknown): readonly [status: number, body: unknown] {
  try {
    return [200, answer()];
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    return [400, { __type: error.name, message: error.message }];
  }
}
