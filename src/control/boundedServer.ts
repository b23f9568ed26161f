import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Fault } from '../types/parsed.js';

/**
 * An HTTP server that nobody can hold up or fill (D27): small headers, no bodies or bounded ones where they are asked for, few
 * connections, and a deadline for every request and for every peer that stops reading.
 */
export const enum ServerLimit {
  /** Octets of request line and headers; more is 431. */
  HeaderOctets = 4096,
  /** Until the whole request is there; later is 408. */
  RequestMs = 5000,
  /** Silence of the peer, also while it should read the answer: the connection ends. */
  SilenceMs = 10_000,
  /** From the request to the last octet of the answer, also for a peer that reads slowly but steadily: the connection ends. */
  AnswerMs = 60_000,
  Connections = 32,
}

export type Answer = (request: IncomingMessage, response: ServerResponse) => void | Promise<void>;

/** Octets of body that a request may carry; 0 = none. */
export type LargestBody = (request: IncomingMessage) => number;

/** `answerMs`: less than ServerLimit.AnswerMs in tests. */
export function boundedServer(
  answer: Answer,
  methods: readonly string[] = ['GET', 'HEAD'],
  answerMs: number = ServerLimit.AnswerMs,
  largestBody: LargestBody = () => 0,
): Server {
  const answers = new WeakMap<Socket, ServerResponse>();
  const server = createServer(
    {
      maxHeaderSize: ServerLimit.HeaderOctets,
      requestTimeout: ServerLimit.RequestMs,
      headersTimeout: ServerLimit.RequestMs,
      connectionsCheckingInterval: 1000,
    },
    (request, response) => {
      const late = setTimeout(() => response.destroy(), answerMs).unref();
      response.once('close', () => clearTimeout(late));
      answers.set(request.socket, response);
      void respond(answer, methods, largestBody, request, response);
    },
  );
  server.maxConnections = ServerLimit.Connections;
  server.setTimeout(ServerLimit.SilenceMs, (socket) => {
    // Who waits for an answer that takes long, of a store that is away for one, is not the silent one; AnswerMs bounds it.
    const answering = answers.get(socket);
    if (answering === undefined || answering.headersSent) socket.destroy();
  });
  return server;
}

/** Ends idle connections and those in the middle of an answer, and waits until the port or the file is free. */
export function closeServer(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}

/** Text with its length; `closing` ends the connection, for requests whose rest is not read. */
export function answerText(response: ServerResponse, status: number, type: string, body: string, closing = false): void {
  response
    .writeHead(status, {
      'content-type': type,
      'content-length': Buffer.byteLength(body),
      'cache-control': 'no-store',
      ...(closing ? { connection: 'close' } : {}),
    })
    .end(body);
}

export function answerJson(response: ServerResponse, status: number, body: unknown, closing = false): void {
  answerText(response, status, 'application/json', `${JSON.stringify(body)}\n`, closing);
}

/** 404 for a name that nothing has, 400 for words that mean nothing. */
export function answerFault(response: ServerResponse, { fault, missing }: Fault): void {
  answerJson(response, missing ? 404 : 400, { error: fault });
}

async function respond(
  answer: Answer,
  methods: readonly string[],
  largestBody: LargestBody,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  try {
    if (!methods.includes(request.method ?? '')) {
      response.setHeader('allow', methods.join(', '));
      answerJson(response, 405, { error: `${request.method} is not offered` }, true);
    } else if (!isTarget(request.url)) {
      answerJson(response, 400, { error: 'the target of the request is no path' }, true);
    } else {
      const tooMuch = bodyFault(request, largestBody(request));
      if (tooMuch === undefined) await answer(request, response);
      else answerJson(response, 413, { error: tooMuch }, true);
    }
  } catch (error) {
    if (response.headersSent) response.destroy();
    else answerJson(response, 500, { error: error instanceof Error ? error.message : String(error) }, true);
  }
}

/** What is wrong with the announced body; undefined: nothing. A length that is announced is kept to by the parser. */
function bodyFault({ headers }: IncomingMessage, most: number): string | undefined {
  const octets = headers['content-length'] ?? '0';
  const isChunked = headers['transfer-encoding'] !== undefined;
  if (octets === '0' && !isChunked) return undefined;
  if (most === 0) return 'requests carry no body';
  if (isChunked) return 'the length of the body must be said in advance (content-length)';
  return Number(octets) <= most ? undefined : `the body has more than ${most} octets`;
}

/** The whole body, as long as was announced. Undefined: the peer went away before its end. */
export async function readBody(request: IncomingMessage): Promise<Buffer | undefined> {
  const parts: Buffer[] = [];
  try {
    for await (const part of request) parts.push(part as Buffer);
  } catch {
    return undefined;
  }
  return Buffer.concat(parts);
}

/** Whether what stands behind the method is a path or a whole URL. Two slashes at the front, either way, would name a host. */
function isTarget(url: string | undefined): boolean {
  return url !== undefined && /^(\/(?![/\\])|https?:\/\/)/i.test(url) && URL.canParse(url, 'http://localhost');
}
