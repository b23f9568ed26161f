import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';

/**
 * An HTTP server that nobody can hold up or fill (D27): small headers, no bodies, few connections, and a deadline for every
 * request and for every peer that stops reading.
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

/** `answerMs`: less than ServerLimit.AnswerMs in tests. */
export function boundedServer(
  answer: Answer,
  methods: readonly string[] = ['GET', 'HEAD'],
  answerMs: number = ServerLimit.AnswerMs,
): Server {
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
      void respond(answer, methods, request, response);
    },
  );
  server.maxConnections = ServerLimit.Connections;
  server.setTimeout(ServerLimit.SilenceMs, (socket) => socket.destroy());
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

async function respond(
  answer: Answer,
  methods: readonly string[],
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  try {
    if (!methods.includes(request.method ?? '')) {
      response.setHeader('allow', methods.join(', '));
      answerJson(response, 405, { error: `${request.method} is not offered` }, true);
    } else if (!isTarget(request.url)) {
      answerJson(response, 400, { error: 'the target of the request is no path' }, true);
    } else if ((request.headers['content-length'] ?? '0') !== '0' || request.headers['transfer-encoding'] !== undefined) {
      answerJson(response, 413, { error: 'requests carry no body' }, true);
    } else {
      await answer(request, response);
    }
  } catch (error) {
    if (response.headersSent) response.destroy();
    else answerJson(response, 500, { error: error instanceof Error ? error.message : String(error) }, true);
  }
}

/** Whether what stands behind the method is a path or a whole URL. Two slashes at the front, either way, would name a host. */
function isTarget(url: string | undefined): boolean {
  return url !== undefined && /^(\/(?![/\\])|https?:\/\/)/i.test(url) && URL.canParse(url, 'http://localhost');
}
