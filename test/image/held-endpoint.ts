import { once } from 'node:events';
import { type AddressInfo, createConnection, createServer, type Server, type Socket } from 'node:net';

/** A way to the emulator that can be held: requests are then accepted but never answered, as if a service hangs. */
export class HeldEndpoint implements AsyncDisposable {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  #isHeld = false;

  private constructor(target: URL) {
    this.#server = createServer((socket) => {
      const onwards = createConnection({ host: target.hostname, port: Number(target.port) });
      for (const each of [socket, onwards]) {
        this.#sockets.add(each);
        each.on('close', () => this.#sockets.delete(each)).on('error', () => each.destroy());
      }
      socket.on('data', (bytes) => this.#isHeld || onwards.write(bytes));
      onwards.pipe(socket);
    });
  }

  static async before(endpointUrl: string): Promise<HeldEndpoint> {
    const endpoint = new HeldEndpoint(new URL(endpointUrl));
    await once(endpoint.#server.listen(0, '127.0.0.1'), 'listening');
    return endpoint;
  }

  get url(): string {
    const { port } = this.#server.address() as AddressInfo; // a TCP server has an AddressInfo
    return `http://127.0.0.1:${port}`;
  }

  hold(isHeld: boolean): void {
    this.#isHeld = isHeld;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    this.#server.close();
  }
}
