import { createSocket } from 'node:dgram';
import { connect, createServer, type Socket } from 'node:net';
import type { ConnectResult, PeerOperations, UdpResult } from './peer.js';
import { tcpOperations } from './tcpEnds.js';
import { udpOperations } from './udpEnds.js';

/**
 * The program that runs in a host's namespace: servers that echo, and clients that say how their attempts ended. It takes one
 * request after the other over the IPC channel and ends with it.
 */

const accepted: string[] = [];
const received: { from: string; octets: number }[] = [];
const held: Socket[] = [];

const operations: PeerOperations = {
  ...tcpOperations,
  ...udpOperations,
  serveTcp: ({ port }) =>
    new Promise((resolve, reject) => {
      const server = createServer((socket) => {
        accepted.push(`${socket.remoteAddress}:${socket.remotePort}`);
        socket.on('error', () => {});
        socket.pipe(socket);
      });
      server.on('error', reject);
      server.listen({ port, host: '0.0.0.0', backlog: 4096 }, () => resolve(null));
    }),
  serveUdp: ({ port }) =>
    new Promise((resolve, reject) => {
      const socket = createSocket('udp4');
      socket.on('error', reject);
      socket.on('message', (message, from) => {
        received.push({ from: `${from.address}:${from.port}`, octets: message.length });
        socket.send(message, from.port, from.address, () => {});
      });
      socket.bind(port, () => resolve(null));
    }),
  async accepted({ least }) {
    for (let waited = 0; accepted.length < least && waited < 3000; waited += 5)
      await new Promise((resolve) => setTimeout(resolve, 5));
    return accepted.splice(0);
  },
  received: async () => received.splice(0),
  connect: (options) => connectOnce(options),
  async connectMany({ count, parallel = 1, ...one }) {
    const result = { ok: 0, errors: {} as Record<string, number> };
    let left = count;
    const lane = async (): Promise<void> => {
      while (left-- > 0) {
        const { ok, error } = await connectOnce(one);
        if (ok) result.ok++;
        else result.errors[error] = (result.errors[error] ?? 0) + 1;
      }
    };
    await Promise.all(Array.from({ length: parallel }, lane));
    return result;
  },
  async connectRate({ perSecond, seconds, ports, ...one }) {
    const result = { ok: 0, errors: {} as Record<string, number> };
    const running = new Set<Promise<void>>();
    const started = performance.now();
    let begun = 0;
    while (performance.now() - started < seconds * 1000) {
      const due = Math.floor(((performance.now() - started) / 1000) * perSecond);
      for (; begun < due && running.size < 4000; begun++) {
        const attempt = connectOnce({ ...one, port: ports[begun % ports.length]! }).then(({ ok, error }) => {
          if (ok) result.ok++;
          else result.errors[error] = (result.errors[error] ?? 0) + 1;
          running.delete(attempt);
        });
        running.add(attempt);
      }
      accepted.length = 0;
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    await Promise.all(running);
    return result;
  },
  async hold({ count, ...one }) {
    for (let i = 0; i < count; i++) {
      const socket = await opened(one);
      if (typeof socket === 'string') return { held: held.length, error: socket };
      held.push(socket);
    }
    return { held: held.length, error: '' };
  },
  /** Sends on every held connection and counts the echoes. */
  async echoHeld({ timeoutMs }) {
    const answers = await Promise.all(held.map((socket) => echo(socket, 'still there', timeoutMs)));
    return answers.filter((answer) => answer === 'still there').length;
  },
  async dropHeld() {
    for (const socket of held.splice(0)) socket.destroy();
    return null;
  },
  askUdp: ({ to, port, from, octets, timeoutMs = 1000 }) =>
    new Promise<UdpResult>((resolve) => {
      const socket = createSocket('udp4');
      const started = performance.now();
      const finish = (ok: boolean, error: string, answered: number): void => {
        clearTimeout(timer);
        resolve({ ok, error, octets: answered, ms: performance.now() - started });
        socket.close();
      };
      const timer = setTimeout(() => finish(false, 'ETIMEDOUT', 0), timeoutMs);
      socket.on('error', (error: NodeJS.ErrnoException) => finish(false, error.code ?? error.message, 0));
      socket.on('message', (message) => finish(true, '', message.length));
      socket.bind(0, from, () =>
        socket.connect(port, to, () =>
          socket.send(Buffer.alloc(octets, 0x77), (error) => error && finish(false, codeOf(error), 0)),
        ),
      );
    }),
};

function codeOf(error: Error): string {
  return (error as NodeJS.ErrnoException).code ?? error.message;
}

type Target = { to: string; port: number; from?: string; timeoutMs?: number };

/** A connected socket, or the errno's name. */
function opened({ to, port, from, timeoutMs = 3000 }: Target): Promise<Socket | string> {
  return new Promise((resolve) => {
    const socket = connect({ host: to, port, ...(from === undefined ? {} : { localAddress: from }) });
    const timer = setTimeout(() => {
      socket.destroy();
      resolve('ETIMEDOUT');
    }, timeoutMs);
    socket.once('error', (error) => {
      clearTimeout(timer);
      resolve(codeOf(error));
    });
    socket.once('connect', () => {
      clearTimeout(timer);
      socket.on('error', () => {});
      resolve(socket);
    });
  });
}

/** What comes back for `text`, as long as it; '' when it does not come in time. */
function echo(socket: Socket, text: string, timeoutMs: number): Promise<string> {
  return new Promise((resolve) => {
    const parts: Buffer[] = [];
    let octets = 0;
    const timer = setTimeout(() => done(), timeoutMs);
    const done = (): void => {
      clearTimeout(timer);
      socket.off('data', take);
      socket.off('close', done);
      resolve(Buffer.concat(parts).toString('latin1'));
    };
    const take = (part: Buffer): void => {
      parts.push(part);
      octets += part.length;
      if (octets >= text.length) done();
    };
    socket.on('data', take);
    socket.once('close', done);
    socket.write(text);
  });
}

async function connectOnce(target: Target & { payload?: number }): Promise<ConnectResult> {
  const started = performance.now();
  const socket = await opened(target);
  const ms = performance.now() - started;
  if (typeof socket === 'string') return { ok: false, error: socket, ms, echoed: 0 };
  let failure = '';
  socket.on('error', (error) => {
    failure = codeOf(error);
  });
  const closed = new Promise((resolve) => socket.once('close', resolve));
  const text = 'the quick brown fox jumps over the lazy dog. '
    .repeat((target.payload ?? 0) / 45 + 1)
    .slice(0, target.payload ?? 0);
  const back = text === '' ? '' : await echo(socket, text, target.timeoutMs ?? 3000);
  socket.resume();
  socket.end();
  const timer = setTimeout(() => socket.destroy(new Error('NO_CLOSE')), target.timeoutMs ?? 3000);
  await closed;
  clearTimeout(timer);
  const error = failure || (back === text ? '' : 'NO_ECHO');
  return { ok: error === '', error, ms, echoed: back.length };
}

process.on('message', (request: { id: number; operation: keyof PeerOperations; options: never }) => {
  operations[request.operation](request.options).then(
    (result) => process.send!({ id: request.id, result }),
    (error: Error) => process.send!({ id: request.id, error: error.message }),
  );
});
process.on('disconnect', () => process.exit(0));
process.send!({ ready: true });
