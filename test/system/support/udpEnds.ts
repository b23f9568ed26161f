import { createSocket, type Socket } from 'node:dgram';

/** UDP ends of a host that keep their port and talk to whom they like. Part of the host's program (peerMain.ts). Times in milliseconds. */

export interface Datagram {
  /** "address:port" of who sent it, as this host sees it. */
  readonly from: string;
  readonly text: string;
}

export interface UdpOperations {
  /** A socket of this address (any) and port (a free one); `echo` sends back what comes. Returns the port. */
  udpOpen(options: { address?: string; port?: number; echo?: boolean }): Promise<number>;
  /** Sends from the socket with this local port. Returns the errno's name, '' when it was sent. */
  udpSend(options: { local: number; to: string; port: number; text: string }): Promise<string>;
  /** Sends one behind the other, by a socket of its own that is connected: their IPv4 ids rise by one. */
  udpBurst(options: { to: string; port: number; texts: readonly string[] }): Promise<null>;
  /** What came to the socket since the last call, in order; waits for so many at first, and no longer than the time. */
  udpTaken(options: { local: number; least: number; timeoutMs?: number }): Promise<Datagram[]>;
  /** Closes every socket. */
  udpForget(options: null): Promise<null>;
}

interface End {
  readonly socket: Socket;
  readonly taken: Datagram[];
}

/** By local port: one socket each. */
const ends = new Map<number, End>();

export const udpOperations: UdpOperations = {
  udpOpen: ({ address, port = 0, echo = false }) =>
    new Promise((resolve, reject) => {
      if (ends.has(port)) return reject(new Error(`a socket has port ${port} already`));
      const socket = createSocket('udp4');
      const taken: Datagram[] = [];
      socket.once('error', reject);
      socket.on('message', (message, from) => {
        taken.push({ from: `${from.address}:${from.port}`, text: message.toString('latin1') });
        if (echo) socket.send(message, from.port, from.address, () => {});
      });
      socket.bind(port, address, () => {
        socket.off('error', reject);
        // An ICMP error of an earlier datagram is no event of the next.
        socket.on('error', () => {});
        const local = socket.address().port;
        ends.set(local, { socket, taken });
        resolve(local);
      });
    }),
  udpSend: ({ local, to, port, text }) =>
    new Promise((resolve) => {
      const send = (error: Error | null): void => resolve((error as NodeJS.ErrnoException | null)?.code ?? '');
      endOf(local).socket.send(text, port, to, send);
    }),
  udpBurst: ({ to, port, texts }) =>
    new Promise((resolve, reject) => {
      const socket = createSocket('udp4');
      let left = texts.length;
      const sent = (error: Error | null): void => {
        if (error !== null) reject(error);
        else if (--left === 0) socket.close(() => resolve(null));
      };
      socket.connect(port, to, () => {
        for (const text of texts) socket.send(Buffer.from(text, 'latin1'), sent);
      });
    }),
  async udpTaken({ local, least, timeoutMs = 2000 }) {
    const { taken } = endOf(local);
    for (const deadline = performance.now() + timeoutMs; taken.length < least && performance.now() < deadline; )
      await new Promise((resolve) => setTimeout(resolve, 5));
    return taken.splice(0);
  },
  async udpForget() {
    for (const { socket } of ends.values()) socket.close();
    ends.clear();
    return null;
  },
};

function endOf(local: number): End {
  const end = ends.get(local);
  if (end === undefined) throw new Error(`no socket has port ${local}`);
  return end;
}
