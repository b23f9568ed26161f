import assert from 'node:assert/strict';
import type { Server } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { after, before, describe, test } from 'node:test';
import { answerText, boundedServer, closeServer } from '../../src/control/boundedServer.js';

/** Requests as raw octets, so that nothing tidies them up on the way. */

const LARGE = 64 * 1024 * 1024;
const ANSWER_MS = 1500;
let asked = 0;
let server: Server;
let port = 0;
const listen = (one: Server): Promise<void> => new Promise((resolve) => void one.listen(0, '127.0.0.1', () => resolve()));

before(async () => {
  server = boundedServer(
    (request, response) => {
      asked++;
      const { pathname } = new URL(request.url!, 'http://localhost');
      answerText(response, 200, 'text/plain', pathname === '/large' ? 'x'.repeat(LARGE) : pathname);
    },
    ['GET', 'HEAD', 'POST'],
    ANSWER_MS,
  );
  await listen(server);
  port = (server.address() as AddressInfo).port;
});
after(() => closeServer(server));

/** Everything the server says until it ends the connection. */
function say(text: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => socket.write(text, 'latin1'));
    let heard = '';
    socket.setEncoding('latin1');
    socket.on('data', (part: string) => {
      heard += part;
    });
    socket.on('error', (error: NodeJS.ErrnoException) => (error.code === 'ECONNRESET' ? resolve(heard) : reject(error)));
    socket.on('close', () => resolve(heard));
  });
}
const get = (target: string, headers = '') => say(`GET ${target} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n${headers}\r\n`);
const status = (answer: string) => Number(/^HTTP\/1\.1 (\d+)/.exec(answer)?.[1]);

describe('targets that are no path', () => {
  for (const target of ['//', '///', '//host/metrics', '//[', '/\\', '/\\\\x', 'http://', 'http://[/', '*', 'http://a:b/'])
    test(target, async () => assert.equal(status(await get(target)), 400));
  for (const target of ['/', '/%', '/%ff%00', '/?%', '/a//b', '/..//..', '/?a=//', 'http://host/x', '/;@:[]{}|^`"<>'])
    test(`${target} is one`, async () => assert.equal(status(await get(target)), 200));
});

describe('two requests in one', () => {
  const inner = 'GET /inner HTTP/1.1\r\nhost: x\r\n\r\n';
  const cases: readonly (readonly [string, string])[] = [
    ['length and chunks', `content-length: ${inner.length}\r\ntransfer-encoding: chunked\r\n`],
    ['two lengths', `content-length: 0\r\ncontent-length: ${inner.length}\r\n`],
    ['a length with a sign', `content-length: +${inner.length}\r\n`],
    ['chunks with a blank before the colon', 'transfer-encoding : chunked\r\n'],
    ['chunks by another name', 'transfer-encoding: xchunked\r\n'],
    ['a folded header', `x: a\r\n content-length: ${inner.length}\r\n`],
    ['a bare line feed', `x: a\ncontent-length: ${inner.length}\r\n`],
  ];
  for (const [name, headers] of cases)
    test(name, { timeout: 30_000 }, async () => {
      const answer = await say(`POST / HTTP/1.1\r\nhost: x\r\n${headers}\r\n${inner}`);
      assert.doesNotMatch(answer, /\/inner/);
      assert.ok([400, 408, 413].includes(status(answer)), answer);
    });
});

test('large headers, many headers and other methods never reach the answer', async () => {
  const before = asked;
  assert.equal(status(await get('/', `x: ${'y'.repeat(5000)}\r\n`)), 431);
  assert.equal(status(await get('/', 'name: value\r\n'.repeat(2000))), 431);
  assert.equal(status(await get(`/${'x'.repeat(5000)}`)), 431);
  for (const method of ['DELETE', 'TRACE', 'OPTIONS', 'PUT'])
    assert.equal(status(await say(`${method} / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n`)), 405);
  assert.equal(await say('CONNECT x:1 HTTP/1.1\r\nhost: x\r\n\r\n'), '');
  assert.equal(status(await say('\u0000\u0001\r\n\r\n')), 400);
  assert.equal(asked, before);
});

test('a peer that reads slowly but steadily is let go', { timeout: 20_000 }, async () => {
  const began = performance.now();
  let heard = 0;
  await new Promise<void>((resolve) => {
    const socket = connect(port, '127.0.0.1', () => socket.write('GET /large HTTP/1.1\r\nhost: x\r\n\r\n'));
    const sip = setInterval(() => {
      heard += (socket.read(1024) as Buffer | null)?.length ?? 0;
    }, 20);
    socket.on('error', () => {});
    socket.on('readable', () => {});
    socket.on('close', () => {
      clearInterval(sip);
      resolve();
    });
    // What the kernel still holds is no concern of the server, whose end has closed by then.
    setTimeout(() => socket.destroy(), ANSWER_MS * 4).unref();
  });
  const connections = await new Promise<number>((resolve) => server.getConnections((_, count) => resolve(count)));
  assert.equal(connections, 0);
  assert.ok(heard < LARGE);
  assert.ok(performance.now() - began >= ANSWER_MS - 100);
});

test('who waits for an answer that takes longer than a peer may be silent gets it; who asks nothing is cut off', async () => {
  const slow = boundedServer(async (_, response) => {
    await new Promise((resolve) => setTimeout(resolve, 400));
    answerText(response, 200, 'text/plain', 'late');
  });
  await listen(slow);
  slow.timeout = 100;
  const [before, at] = [port, (slow.address() as AddressInfo).port];
  try {
    port = at;
    assert.match(await get('/'), /late$/);
    assert.equal(await say('GET / HTTP/1.1\r\n'), '');
  } finally {
    port = before;
    await closeServer(slow);
  }
});
