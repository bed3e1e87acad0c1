import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { S3Client } from '@aws-sdk/client-s3';
import { onTestFinished } from 'vitest';
import { endpointUrl } from './endpoint-url.ts';

/**
 * `down`: the connection drops before the store sees the call; `late`: after it has done the work; `silent`: it does
 * the work, and is never heard from again.
 */
export type Fault = 'down' | 'late' | 'silent' | undefined;

export interface FaultyS3 {
  readonly endpoint: string;
  /** Calls through the proxy; gives up after `attempts`. */
  client(attempts: number): S3Client;
  /** The calls so far: `PUT receipts/...`. */
  readonly calls: string[];
}

/** A proxy between the SDK and the emulator. @param fault what happens to a call, by its number from 1 and its name */
export async function faultyS3(bucket: string, fault: (nth: number, call: string) => Fault): Promise<FaultyS3> {
  const calls: string[] = [];
  const emulator = new URL(endpointUrl());
  const server = createServer((asked, answer) => {
    const path = decodeURIComponent(asked.url?.split('?')[0] ?? '').replace(`/${bucket}/`, '');
    const call = `${asked.method} ${path}`;
    const trouble = fault(calls.push(call), call);
    if (trouble === 'down') asked.socket.destroy();
    else passOn(emulator, asked, answer, trouble);
  }).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`; // a TCP server has an AddressInfo
  return {
    endpoint,
    calls,
    client(attempts) {
      const client = new S3Client({ endpoint, maxAttempts: attempts });
      onTestFinished(() => client.destroy());
      return client;
    },
  };
}

function passOn(emulator: URL, asked: IncomingMessage, answer: ServerResponse, trouble: Fault): void {
  const { method, url, headers } = asked;
  const passed = request({ host: emulator.hostname, port: emulator.port, method, path: url, headers }, (said) => {
    if (trouble !== undefined) {
      said.resume().once('end', () => trouble === 'late' && asked.socket.destroy());
      return;
    }
    answer.writeHead(said.statusCode ?? 502, said.headers);
    said.pipe(answer);
  });
  passed.once('error', () => asked.socket.destroy());
  asked.pipe(passed);
}
