import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { describe, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { LARGEST_REQUEST } from '../../../src/control/metadata/proxy/exchange.js';
import { A1, ProxyBed } from './proxyBed.js';

const get = (path: string, ...headers: string[]) => [`GET ${path} HTTP/1.1`, 'Host: m', ...headers, '', ''].join('\r\n');
const CLOSE = 'Connection: close';
const status = (answer: string) => Number(answer.split(' ')[1] ?? 0);

async function on(bed: ProxyBed, run: () => Promise<void>): Promise<void> {
  try {
    await run();
  } finally {
    bed.close();
  }
}

describe('metadata proxy', () => {
  test('the endpoint is told who asks; what a guest says of itself, and what is of the connection, ends here', async () => {
    const bed = await ProxyBed.start((_, response) => response.end('yes'));
    await on(bed, async () => {
      const forged = [
        'X-Instance-ID',
        'X_Instance_ID',
        'x-forwarded-for',
        'X-Tenant-Id',
        'X-Metadata-Provider',
        'Forwarded',
        'Via',
      ];
      const kept = ['Accept: */*', 'X-aws-ec2-metadata-token: t', 'Cookie: a', 'User-Agent: curl'];
      const hop = [
        'Keep-Alive: 5',
        'Te: trailers',
        'Connection: close, Cookie2',
        'Cookie2: b',
        'Proxy-Authorization: c',
        'Upgrade: h2c',
      ];
      const answer = await bed.raw('a1', get('/a?b', ...forged.map((name) => `${name}: forged`), ...kept, ...hop));
      assert.equal(status(answer), 200);
      assert.match(answer, /yes/);
      const { url, headers } = bed.asked[0]!;
      assert.equal(url, '/a?b');
      assert.deepEqual(
        { ...headers, host: undefined },
        {
          accept: '*/*',
          'x-aws-ec2-metadata-token': 't',
          cookie: 'a',
          'user-agent': 'curl',
          host: undefined,
          connection: 'close',
          'x-forwarded-for': '10.0.0.11',
          'x-instance-id': 'i-1',
          'x-tenant-id': 'p-1',
          'x-neutron-router-id': 'r',
          'x-neutron-network-id': 'blue',
          'x-instance-id-signature': createHmac('sha256', 'shared').update('i-1').digest('hex'),
        },
      );
      await bed.raw('t1', get('/', CLOSE));
      assert.deepEqual([bed.asked[1]!.headers['x-instance-id'], bed.asked[1]!.headers['x-tenant-id']], ['i-2', undefined]);
    });
  });

  test('a body without a length stays in its request, whatever the method', async () => {
    const bed = await ProxyBed.start((request, response) => {
      let body = '';
      request.on('data', (chunk: Buffer) => {
        body += chunk.toString();
      });
      request.on('end', () => response.end(JSON.stringify([request.method, request.url, body])));
    });
    await on(bed, async () => {
      const hidden = 'GET /hidden HTTP/1.1\r\nHost: m\r\n\r\n';
      const chunked = `${hidden.length.toString(16)}\r\n${hidden}\r\n0\r\n\r\n`;
      const answer = await bed.raw('a1', `${get('/', 'Transfer-Encoding: chunked', CLOSE)}${chunked}`);
      assert.match(answer, /\["GET","\/",".*hidden/);
      assert.deepEqual(
        bed.asked.map(({ url }) => url),
        ['/'],
      );
      for (const both of ['Content-Length: 5\r\nTransfer-Encoding: chunked', 'Content-Length: 1\r\nContent-Length: 2'])
        assert.equal(status(await bed.raw('a1', get('/', both, CLOSE))), 400);
      assert.equal(bed.asked.length, 1);
    });
  });

  test('what is no request to a metadata service is refused here', async () => {
    const bed = await ProxyBed.start((_, response) => response.end());
    await on(bed, async () => {
      assert.equal(status(await bed.raw('a1', get('http://other/', CLOSE))), 400);
      assert.equal(status(await bed.raw('a1', 'TRACE / HTTP/1.1\r\nHost: m\r\n\r\n')), 405);
      assert.equal(status(await bed.raw('a1', 'CONNECT a:1 HTTP/1.1\r\nHost: m\r\n\r\n')), 405);
      assert.equal(status(await bed.raw('a1', get('/', `Content-Length: ${LARGEST_REQUEST + 1}`))), 413);
      assert.equal(status(await bed.raw('a1', get('/', `A: ${'x'.repeat(20_000)}`, CLOSE))), 431);
      assert.equal(bed.proxy.counts().requests.refused, 5);
      assert.equal(bed.asked.filter(({ complete }) => complete).length, 0);
    });
  });

  test('an endpoint that is away, silent, or talks nonsense is told in a sentence, and to the gateway', async () => {
    const bed = await ProxyBed.start((request, response) => {
      if (request.url === '/bad') response.socket!.end('nonsense\r\n\r\n');
      if (request.url === '/half') {
        response.writeHead(200, { 'content-length': 10 });
        response.write('five5');
        setTimeout(() => response.destroy(), 20);
      }
      if (request.url === '/good') response.end('ok');
    });
    await on(bed, async () => {
      assert.match(await bed.raw('a1', get('/never')), /^HTTP\/1.1 504 .*does not answer in time\.\n$/s);
      assert.equal(bed.proxy.counts().failure, 'does not answer in time');
      assert.match(await bed.raw('a1', get('/bad')), /^HTTP\/1.1 502 .*no proper answer\.\n$/s);
      assert.match(bed.proxy.counts().failure, /gave no proper answer/);
      const half = await bed.raw('a1', get('/half'));
      assert.match(half, /five5$/);
      assert.equal(bed.proxy.counts().failure, 'broke off its answer');
      assert.equal(status(await bed.raw('a1', get('/good', CLOSE))), 200);
      assert.equal(bed.proxy.counts().failure, '');
      bed.use('unix:/run/windrose-none.sock');
      assert.match(await bed.raw('a1', get('/good')), /^HTTP\/1.1 503 .*cannot be reached\.\n$/s);
      assert.equal(bed.proxy.counts().failure, 'cannot be reached (ENOENT)');
      const { requests } = bed.proxy.counts();
      assert.deepEqual(requests, { answered: 1, unreachable: 1, timeout: 1, bad_answer: 2, refused: 0, broken_off: 0 });
    });
  });

  test('a guest that goes away takes its request along', async () => {
    let gone = false;
    const bed = await ProxyBed.start((_, response) => response.on('close', () => (gone = true)));
    await on(bed, async () => {
      const asking = bed.raw('a1', get('/never'), /$^/);
      await pause(50);
      assert.equal(bed.proxy.counts().connections, 1);
      bed.proxy.identify(new Map());
      assert.equal(await asking, '');
      await pause(50);
      assert.ok(gone);
      assert.deepEqual([bed.proxy.counts().connections, bed.proxy.counts().requests.broken_off], [0, 1]);
    });
  });

  test('a port has so many connections, and takes none of anybody else; strangers have none', async () => {
    const bed = await ProxyBed.start((_, response) => response.end(), 2);
    await on(bed, async () => {
      const held = await Promise.all(['a1', 'a1', 'a1', 'nobody'].map((who) => bed.hold(who as 'a1')));
      assert.deepEqual(held.map(({ open }) => open).sort(), [false, false, true, true]);
      assert.equal(status(await bed.raw('t1', get('/', CLOSE))), 200);
      const { refused, connections, ports } = bed.proxy.counts();
      assert.deepEqual([refused.connections, refused.nobody, connections], [1, 1, 2]);
      assert.deepEqual(ports, [
        { port: 'a1', connections: 2, requests: 0, refused: 1, status: 0 },
        { port: 't1', connections: 0, requests: 1, refused: 0, status: 200 },
      ]);
      for (const { end } of held) end();
      await pause(20);
      assert.equal(status(await bed.raw('a1', get('/', CLOSE))), 200);
    });
  });

  test('a connection serves one request after the other, and not many at once', async () => {
    const bed = await ProxyBed.start((_, response) => response.end('x'));
    await on(bed, async () => {
      assert.equal(await bed.raw('a1', get('/1').repeat(50)), '');
      assert.equal(bed.proxy.counts().refused.pipelined, 1);
      assert.ok(bed.asked.length <= 1);
      const first = bed.raw('a1', get('/2'), /\r\n\r\n.*x/s);
      assert.equal(status(await first), 200);
    });
  });

  test('what an address stands for may change: its connections end', async () => {
    const bed = await ProxyBed.start((_, response) => response.end());
    await on(bed, async () => {
      const held = await bed.hold('a1');
      assert.ok(held.open);
      bed.proxy.identify(new Map([['127.0.0.2', { ...A1, port: 'other' }]]));
      await pause(20);
      assert.equal(bed.proxy.counts().connections, 0);
      assert.deepEqual(bed.proxy.counts().ports, []);
    });
  });

  test('an endpoint that changes the protocol is told at once to have given no proper answer', async () => {
    for (const more of ['', 'Upgrade: websocket\r\nConnection: Upgrade\r\n']) {
      const bed = await ProxyBed.start((request) => request.socket.write(`HTTP/1.1 101 Switching Protocols\r\n${more}\r\n`), 4, {
        ...{ answerMs: 10_000, silenceMs: 10_000 },
      });
      await on(bed, async () => {
        const begun = performance.now();
        assert.equal(status(await bed.raw('a1', get('/', 'Connection: Upgrade', 'Upgrade: websocket'))), 502);
        assert.ok(performance.now() - begun < 5000);
        assert.equal(bed.proxy.counts().requests.bad_answer, 1);
      });
    }
  });

  test('what is no HTTP, expects what nobody meets or wants a tunnel is answered and counted as refused', async () => {
    const bed = await ProxyBed.start((_, response) => response.end('yes'));
    await on(bed, async () => {
      assert.equal(status(await bed.raw('a1', 'what is this\r\n\r\n')), 400);
      assert.equal(status(await bed.raw('a1', get('/', `X: ${'y'.repeat(20_000)}`))), 431);
      assert.equal(status(await bed.raw('a1', get('/', 'Expect: 200-maybe', CLOSE))), 417);
      assert.equal(status(await bed.raw('a1', 'CONNECT a:1 HTTP/1.1\r\nHost: a:1\r\n\r\n')), 405);
      const { requests, ports } = bed.proxy.counts();
      assert.deepEqual([requests.refused, requests.answered, bed.asked.length], [4, 0, 0]);
      assert.deepEqual(
        ports.map(({ port, requests: asked, status: last }) => [port, asked, last]),
        [['a1', 4, 405]],
      );
      assert.equal(status(await bed.raw('a1', get('/', CLOSE))), 200);
    });
  });

  test('a guest that has said all and closes its half gets its answer, and the connection ends', async () => {
    const bed = await ProxyBed.start((_, response) => setTimeout(() => response.end('late'), 100));
    await on(bed, async () => {
      const answer = await bed.raw('a1', get('/'), undefined, true);
      assert.match(answer, /^HTTP\/1.1 200 .*late/s);
      await pause(20);
      assert.equal(bed.proxy.counts().connections, 0);
    });
  });
});
