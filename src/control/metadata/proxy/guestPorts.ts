import type { Socket } from 'node:net';
import type { Identity, PortCounts } from './messages.js';

interface Guest {
  readonly port: string;
  readonly sockets: Map<Socket, string>;
  requests: number;
  refused: number;
  status: number;
}

/** Who asks, by the address that stands for it, and what each port has open: one that takes more than its share takes nobody else's. */
export class GuestPorts {
  #identities: ReadonlyMap<string, Identity> = new Map();
  readonly #guests = new Map<string, Guest>();
  #open = 0;

  get connections(): number {
    return this.#open;
  }

  identityOf(address: string | undefined): Identity | undefined {
    return this.#identities.get(address ?? '');
  }

  /** From now on these; connections of an address that stands for nobody, or for another port, end. */
  identify(identities: ReadonlyMap<string, Identity>): void {
    this.#identities = identities;
    for (const [name, guest] of this.#guests) {
      for (const [socket, address] of guest.sockets) if (identities.get(address)?.port !== name) socket.destroy();
      if (guest.sockets.size === 0 && !hasPort(identities, name)) this.#guests.delete(name);
    }
  }

  /** False: the port has as many connections as it may. */
  admit(socket: Socket, address: string, { port }: Identity, most: number): boolean {
    const guest = this.of(port);
    if (guest.sockets.size >= most) {
      guest.refused++;
      return false;
    }
    guest.sockets.set(socket, address);
    this.#open++;
    socket.once('close', () => {
      guest.sockets.delete(socket);
      this.#open--;
      if (guest.sockets.size === 0 && !hasPort(this.#identities, port)) this.#guests.delete(port);
    });
    return true;
  }

  of(port: string): Guest {
    const known = this.#guests.get(port);
    if (known !== undefined) return known;
    const fresh = { port, sockets: new Map(), requests: 0, refused: 0, status: 0 };
    this.#guests.set(port, fresh);
    return fresh;
  }

  counts(): PortCounts[] {
    return [...this.#guests.values()].map(({ port, sockets, requests, refused, status }) => {
      return { port, connections: sockets.size, requests, refused, status };
    });
  }
}

function hasPort(identities: ReadonlyMap<string, Identity>, port: string): boolean {
  for (const identity of identities.values()) if (identity.port === port) return true;
  return false;
}
