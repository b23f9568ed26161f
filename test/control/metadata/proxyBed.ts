import { createServer, type IncomingMessage, type RequestListener, type Server } from 'node:http';
import { type AddressInfo, connect, type Server as NetServer } from 'node:net';
import type { Times } from '../../../src/control/metadata/proxy/exchange.js';
import type { Identity } from '../../../src/control/metadata/proxy/messages.js';
import { MetadataProxy } from '../../../src/control/metadata/proxy/proxy.js';

export const A1: Identity = { port: 'a1', instance: 'i-1', project: 'p-1', network: 'blue', router: 'r', fixed: '10.0.0.11' };
export const T1: Identity = {
  port: 't1',
  instance: 'i-2',
  project: undefined,
  network: 'twin',
  router: 'rt',
  fixed: '10.0.0.11',
};
const AT = { a1: '127.0.0.2', t1: '127.0.0.3', nobody: '127.0.0.4' } as const;

/** A proxy on the loopback device, where 127.0.0.2 stands for a1 and 127.0.0.3 for t1, before an endpoint that a test answers for. */
export class ProxyBed {
  readonly proxy: MetadataProxy;
  readonly asked: IncomingMessage[] = [];
  readonly #endpoint: Server;

  private constructor(answer: RequestListener, times: Times) {
    this.proxy = new MetadataProxy(times);
    this.#endpoint = createServer((request, response) => {
      this.asked.push(request);
      answer(request, response);
    });
  }

  static async start(
    answer: RequestListener,
    connections = 4,
    times: Times = { answerMs: 300, silenceMs: 300 },
  ): Promise<ProxyBed> {
    const bed = new ProxyBed(answer, times);
    await listening(bed.#endpoint, '127.0.0.1');
    await listening(bed.proxy.server, '127.0.0.1');
    bed.use(`http://127.0.0.1:${portOf(bed.#endpoint)}`, connections);
    bed.proxy.identify(
      new Map([
        [AT.a1, A1],
        [AT.t1, T1],
      ]),
    );
    return bed;
  }

  use(endpoint: string, connections = 4, secret: string | undefined = 'shared'): void {
    this.proxy.configure({ endpoint, secret, ca: undefined, connections });
  }

  /** What comes back until the connection ends, or `until` of it has come. An empty text: it was reset. `halfClose`: says that no more comes. */
  raw(from: keyof typeof AT, text: string, until = /$^/, halfClose = false): Promise<string> {
    return new Promise((resolve) => {
      const socket = connect({ port: portOf(this.proxy.server), host: '127.0.0.1', localAddress: AT[from] }, () =>
        halfClose ? socket.end(text) : socket.write(text),
      );
      let got = '';
      socket.on('data', (chunk: Buffer) => {
        got += chunk.toString('latin1');
        if (until.test(got)) socket.destroy();
      });
      socket.on('error', () => {});
      socket.on('close', () => resolve(got));
    });
  }

  /** A connection that says nothing; resolves to whether it is still open after a moment. */
  hold(from: keyof typeof AT): Promise<{ open: boolean; end: () => void }> {
    return new Promise((resolve) => {
      const socket = connect({ port: portOf(this.proxy.server), host: '127.0.0.1', localAddress: AT[from] });
      socket.on('error', () => {});
      setTimeout(() => resolve({ open: !socket.destroyed, end: () => socket.destroy() }), 50);
    });
  }

  close(): void {
    this.proxy.close();
    this.#endpoint.closeAllConnections();
    this.#endpoint.close();
  }
}

function listening(server: NetServer, host: string): Promise<void> {
  return new Promise((resolve) => {
    server.listen(0, host, resolve);
  });
}

function portOf(server: NetServer): number {
  return (server.address() as AddressInfo).port;
}
