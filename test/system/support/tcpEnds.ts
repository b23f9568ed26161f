import { connect, createServer, type Socket } from 'node:net';

/** TCP ends of a host that say how they came to their end. Part of the host's program (peerMain.ts). Times in milliseconds. */

export interface TcpOperations {
  /**
   * Accepts connections on all addresses. `echo` sends back what comes; `closes` closes at once; `late` waits for the other's FIN,
   * says "late" so many ms after it, and closes.
   */
  tcpListen(options: { port: number; does: 'echo' | 'closes' | 'late'; ms?: number }): Promise<null>;
  /** Opens a connection and keeps it, half open too. The errno's name, or '' when connected; how long it took. */
  tcpOpen(options: { to: string; port: number; localPort?: number; timeoutMs?: number }): Promise<{ error: string; ms: number }>;
  /** Sends so many octets on every connection opened and waits for as many; the number of those that came back whole. */
  tcpEcho(options: { octets: number; timeoutMs?: number }): Promise<number>;
  /** Ends of all connections, opened and accepted, in order: an errno's name, 'closed', or 'open' when still so after the time. */
  tcpFates(options: { write?: boolean; timeoutMs: number }): Promise<string[]>;
  /** Sends FIN on every connection opened and returns what comes after it until the other closes. */
  tcpHalfClose(options: { timeoutMs: number }): Promise<string[]>;
  /** Ends every connection opened by an RST. */
  tcpReset(options: null): Promise<null>;
  /** Forgets ends. */
  tcpForget(options: null): Promise<null>;
}

interface End {
  readonly socket: Socket;
  readonly isOpened: boolean;
  fate: string;
  text: string;
}

let ends: End[] = [];

function keep(socket: Socket, isOpened: boolean): End {
  const end: End = { socket, isOpened, fate: 'open', text: '' };
  ends.push(end);
  socket.setNoDelay(true);
  socket.on('error', (error: NodeJS.ErrnoException) => {
    end.fate = error.code ?? error.message;
  });
  socket.on('close', () => {
    if (end.fate === 'open') end.fate = 'closed';
  });
  socket.on('data', (part) => {
    end.text += part.toString('latin1');
  });
  return end;
}

const opened = (): End[] => ends.filter(({ isOpened }) => isOpened);

/** Waits until `done` or the time is over. */
async function until(done: () => boolean, timeoutMs: number): Promise<boolean> {
  for (const deadline = performance.now() + timeoutMs; !done(); ) {
    if (performance.now() > deadline) return false;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  return true;
}

export const tcpOperations: TcpOperations = {
  tcpListen: ({ port, does, ms = 0 }) =>
    new Promise((resolve, reject) => {
      const server = createServer({ allowHalfOpen: true }, (socket) => {
        keep(socket, false);
        if (does === 'closes') socket.end();
        if (does === 'echo') socket.on('data', (part) => socket.write(part));
        socket.on('end', () => {
          if (does === 'late') setTimeout(() => socket.end('late'), ms);
          else socket.end();
        });
      });
      server.on('error', reject);
      server.listen({ port, host: '0.0.0.0' }, () => resolve(null));
    }),
  tcpOpen: ({ to, port, localPort, timeoutMs = 3000 }) =>
    new Promise((resolve) => {
      const started = performance.now();
      const socket = connect({ host: to, port, allowHalfOpen: true, ...(localPort === undefined ? {} : { localPort }) });
      const say = (error: string): void => {
        clearTimeout(timer);
        resolve({ error, ms: performance.now() - started });
      };
      const timer = setTimeout(() => {
        socket.destroy();
        say('ETIMEDOUT');
      }, timeoutMs);
      socket.once('error', (error: NodeJS.ErrnoException) => say(error.code ?? error.message));
      socket.once('connect', () => {
        keep(socket, true);
        socket.on('end', () => socket.end());
        say('');
      });
    }),
  async tcpEcho({ octets, timeoutMs = 3000 }) {
    const text = 'x'.repeat(octets);
    for (const end of opened()) {
      end.text = '';
      end.socket.write(text);
    }
    await until(() => opened().every((end) => end.text.length >= octets), timeoutMs);
    return opened().filter((end) => end.text === text).length;
  },
  async tcpFates({ write = false, timeoutMs }) {
    if (write) for (const { socket } of opened()) socket.write('anybody there?');
    await until(() => ends.every(({ fate }) => fate !== 'open'), timeoutMs);
    return ends.map(({ fate }) => fate);
  },
  async tcpHalfClose({ timeoutMs }) {
    for (const end of opened()) end.socket.end();
    await until(() => opened().every(({ fate }) => fate !== 'open'), timeoutMs);
    return opened().map(({ text }) => text);
  },
  async tcpReset() {
    for (const { socket } of opened()) socket.resetAndDestroy();
    return null;
  },
  async tcpForget() {
    for (const { socket } of ends) socket.destroy();
    ends = [];
    return null;
  },
};
