import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { exchange, say, type Times } from './exchange.js';
import { GuestPorts } from './guestPorts.js';
import {
  type Identity,
  OUTCOMES,
  type Outcome,
  type ProxyCounts,
  type ProxySettings,
  REFUSALS,
  type Refusal,
} from './messages.js';
import { ownAnswer, type Refused, refusalOf, refusalOfError } from './refusals.js';
import { type Target, targetOf } from './target.js';

/** Milliseconds. */
const TIMES: Times = { answerMs: 30_000, silenceMs: 30_000 };
const HEADERS_MS = 10_000;
const REQUEST_MS = 60_000;
const KEEP_ALIVE_MS = 15_000;
/** Without an octet from or to a guest. */
const SILENT_GUEST_MS = 60_000;
const MOST_HEADERS = 100;
/** Connections of all ports together: descriptors are not without end. */
const MOST_CONNECTIONS = 8192;

/**
 * The metadata proxy: HTTP from guests, each known by the address that stands for it, to the endpoint with what says who they are. It
 * trusts nothing a guest says of itself.
 */
export class MetadataProxy {
  readonly #server: Server;
  readonly #guests = new GuestPorts();
  /** Sockets with a request under way. */
  readonly #busy = new WeakSet<Socket>();
  #settings: ProxySettings | undefined;
  #target: Target | undefined;
  readonly #requests = Object.fromEntries(OUTCOMES.map((one) => [one, 0])) as Record<Outcome, number>;
  readonly #refused = Object.fromEntries(REFUSALS.map((one) => [one, 0])) as Record<Refusal, number>;
  #failure = '';

  constructor(private readonly times: Times = TIMES) {
    this.#server = createServer(
      {
        headersTimeout: HEADERS_MS,
        requestTimeout: REQUEST_MS,
        keepAliveTimeout: KEEP_ALIVE_MS,
        connectionsCheckingInterval: 5000,
      },
      (request, response) => this.#serve(request, response),
    );
    this.#server.maxHeadersCount = MOST_HEADERS;
    this.#server.maxConnections = MOST_CONNECTIONS;
    this.#server.timeout = SILENT_GUEST_MS;
    // Who has said all may close its half and still read (nc -N).
    (this.#server as Server & { httpAllowHalfOpen: boolean }).httpAllowHalfOpen = true;
    this.#server.on('connection', (socket) => this.#admit(socket));
    // What Node would answer by itself, uncounted.
    this.#server.on('checkExpectation', (request, response) =>
      this.#serve(request, response, [417, 'Only 100-continue is met.']),
    );
    this.#server.on('connect', (_, socket: Socket) => this.#refuse(socket, [405, 'CONNECT is not served.']));
    this.#server.on('clientError', (error: NodeJS.ErrnoException, socket: Socket) => this.#refuse(socket, refusalOfError(error)));
  }

  /** The server behind it, for who listens. */
  get server(): Server {
    return this.#server;
  }

  configure(settings: ProxySettings): void {
    this.#settings = settings;
    this.#target = targetOf(settings);
  }

  identify(identities: ReadonlyMap<string, Identity>): void {
    this.#guests.identify(identities);
  }

  counts(): ProxyCounts {
    return {
      requests: { ...this.#requests },
      refused: { ...this.#refused },
      connections: this.#guests.connections,
      ports: this.#guests.counts(),
      failure: this.#failure,
    };
  }

  close(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }

  #admit(socket: Socket): void {
    const address = socket.remoteAddress ?? '';
    const identity = this.#guests.identityOf(address);
    // Nothing of it is looked at, and nobody waits for a reason.
    if (identity === undefined || this.#settings === undefined) this.#turnAway(socket, 'nobody');
    else if (!this.#guests.admit(socket, address, identity, this.#settings.connections)) this.#turnAway(socket, 'connections');
  }

  #turnAway(socket: Socket, why: Refusal): void {
    this.#refused[why]++;
    socket.resetAndDestroy();
  }

  /** Something that is no request which could be served. Nothing is said into the middle of an answer, nor to who has said nothing. */
  #refuse(socket: Socket, refusal: Refused | undefined): void {
    const identity = this.#guests.identityOf(socket.remoteAddress);
    if (socket.destroyed || identity === undefined || refusal === undefined || this.#busy.has(socket) || socket.bytesRead === 0) {
      socket.destroy();
      return;
    }
    const guest = this.#guests.of(identity.port);
    guest.requests++;
    this.#requests.refused++;
    guest.status = refusal[0];
    socket.end(ownAnswer(refusal));
  }

  #serve(request: IncomingMessage, response: ServerResponse, unmet?: Refused): void {
    const { socket } = request;
    const identity = this.#guests.identityOf(socket.remoteAddress);
    if (socket.destroyed) return;
    if (identity === undefined) {
      this.#turnAway(socket, 'nobody');
      return;
    }
    // One request at a time: who sends more ahead of the answer makes as many connections to the endpoint as it likes.
    if (this.#busy.has(socket)) {
      this.#turnAway(socket, 'pipelined');
      return;
    }
    this.#busy.add(socket);
    const guest = this.#guests.of(identity.port);
    guest.requests++;
    const ended = (outcome: Outcome, status: number, failure: string | undefined): void => {
      this.#busy.delete(socket);
      this.#requests[outcome]++;
      if (failure !== undefined) this.#failure = failure;
      if (status !== 0) guest.status = status;
    };
    const refusal = unmet ?? refusalOf(request);
    if (refusal !== undefined) {
      say(response, ...refusal);
      ended('refused', refusal[0], undefined);
      return;
    }
    exchange(request, response, identity, this.#target!, this.#settings!.secret, this.times, (outcome, status, failure) => {
      ended(outcome, status, outcome === 'refused' || outcome === 'broken_off' ? undefined : failure);
    });
  }
}
