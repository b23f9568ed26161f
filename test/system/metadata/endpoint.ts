import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type Server } from 'node:http';

/** Octets of what `/large` answers. */
export const LARGE = 20_000_000;

/** A metadata service: says what it was asked, answers much, slowly or never, and tells a digest of what it is given. */
export class Endpoint {
  readonly asked: Pick<IncomingMessage, 'method' | 'url' | 'headers'>[] = [];
  #server: Server | undefined;

  async listen(where: string | { port: number; host: string }): Promise<void> {
    const server = createServer((request, response) => {
      const { method, url, headers } = request;
      this.asked.push({ method, url, headers });
      if (url === '/never') return;
      if (url === '/large') {
        response.end(Buffer.alloc(LARGE, 'x'));
        return;
      }
      const digest = createHash('sha256');
      request.on('data', (chunk: Buffer) => digest.update(chunk));
      request.on('end', () => {
        response.setHeader('content-type', 'application/json');
        response.end(JSON.stringify({ method, url, headers, body: digest.digest('hex') }));
      });
    });
    this.#server = server;
    await new Promise<void>((resolve) =>
      typeof where === 'string' ? server.listen(where, resolve) : server.listen(where, resolve),
    );
  }

  /** Its TCP port. */
  get port(): number {
    return (this.#server!.address() as { port: number }).port;
  }

  async close(): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    server?.closeAllConnections();
    await new Promise<void>((resolve) => (server === undefined ? resolve() : server.close(() => resolve())));
  }
}
