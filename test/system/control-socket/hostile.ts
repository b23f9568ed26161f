import { connect, type Socket } from 'node:net';
import type { Dice } from '../../support/mutate.js';

/** Clients of the control socket that do what a client should not. Each ends by itself within `PATIENCE_MS`. */

const PATIENCE_MS = 1500;
const MOST_OCTETS = 4 << 20;

/** What one client sends, and how it behaves after that. */
export interface Attack {
  readonly name: string;
  readonly octets: Buffer;
  /** `close` half-closes, `leave` ends at once, `deaf` never reads, `endless` repeats the octets, `read` waits for the answer. */
  readonly after: 'read' | 'close' | 'leave' | 'deaf' | 'endless';
}

/** Connects, attacks, and gives the status of the first answer; 0 when there was none. */
export function attack(path: string, { octets, after }: Attack): Promise<number> {
  return new Promise((resolve) => {
    let said = '';
    const socket = connect(path);
    const timer = setTimeout(() => socket.destroy(), PATIENCE_MS);
    socket.on('error', () => {});
    socket.on('close', () => {
      clearTimeout(timer);
      resolve(Number(/^HTTP\/1\.1 (\d{3}) /.exec(said)?.[1] ?? 0));
    });
    socket.on('connect', () => {
      if (after === 'deaf') socket.pause();
      else
        socket.on('data', (part) => {
          if (said.length < 4096) said += part.toString('latin1');
        });
      if (after === 'endless') pour(socket, octets);
      else if (after === 'close') socket.end(octets);
      else socket.write(octets, () => after === 'leave' && socket.destroy());
    });
  });
}

function pour(socket: Socket, octets: Buffer): void {
  let sent = 0;
  const more = (): void => {
    while (!socket.destroyed && sent < MOST_OCTETS) {
      sent += octets.length;
      if (!socket.write(octets)) return;
    }
  };
  socket.on('drain', more);
  more();
}

/** A client that keeps a connection busy: one octet of a request every 100 ms until it is shown out. */
export function dawdle(path: string): { gone: Promise<void>; leave(): void } {
  const text = `GET /v1/info HTTP/1.1\r\nhost: ${'x'.repeat(1000)}`;
  let at = 0;
  const socket = connect(path);
  const timer = setInterval(() => socket.write(text[at++ % text.length]!), 100);
  socket.on('error', () => {});
  socket.resume();
  const gone = new Promise<void>((resolve) => {
    socket.on('close', () => {
      clearInterval(timer);
      resolve();
    });
  });
  return { gone, leave: () => void socket.destroy() };
}

const request = (line: string, headers = ''): string => `${line} HTTP/1.1\r\nhost: x\r\n${headers}\r\n`;
const SHOW = ['info', 'show/zones', 'show/sessions', 'show/drops', 'sessions/count', 'nothing', 'show/%00', 'show/../info'];
const METHODS = ['DELETE', 'PUT', 'PATCH', 'TRACE', 'OPTIONS', 'CONNECT', 'PURGE', 'get', 'POST', 'HEAD', 'M-SEARCH'];

/** One of every kind, with random content. None of them asks for a change that would be carried out. */
export function attacks(dice: Dice): Attack[] {
  const some = (length: number): Buffer => Buffer.from(dice.octets(length));
  const text = (name: string, content: string, after: Attack['after'] = 'read'): Attack => ({
    name,
    octets: Buffer.from(content, 'latin1'),
    after,
  });
  const plain = request(`GET /v1/${dice.pick(SHOW)}`);
  const damaged = Buffer.from(plain);
  for (let i = 0; i < 4; i++) damaged[dice.below(damaged.length)] = dice.below(256);
  const large = 8192 + dice.below(200_000);
  return [
    { name: 'garbage', octets: some(1 + dice.below(3000)), after: 'read' },
    { name: 'endless garbage', octets: some(4096), after: 'endless' },
    { name: 'damaged request', octets: damaged, after: 'close' },
    text('method', request(`${dice.pick(METHODS)} /v1/${dice.pick(SHOW)}`)),
    text('long path', request(`GET /${'a'.repeat(large)}`)),
    text('long header', request('GET /v1/info', `x: ${'a'.repeat(large)}\r\n`)),
    text('many headers', request('GET /v1/info', 'a: b\r\n'.repeat(large / 6))),
    text(
      'endless request line',
      'GET /aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa'.padEnd(2048, 'a'),
      'endless',
    ),
    text('body', `${request('POST /v1/reload', `content-length: ${large}\r\n`)}${'b'.repeat(large)}`),
    text('body that does not come', request('POST /v1/reload', 'content-length: 9999999999\r\n')),
    text(
      'endless chunks',
      `${request('POST /v1/reload', 'transfer-encoding: chunked\r\n')}${'5\r\nhello\r\n'.repeat(400)}`,
      'endless',
    ),
    text('two lengths', request('GET /v1/info', 'content-length: 1\r\ncontent-length: 2\r\n')),
    text('upgrade', request('GET /v1/info', 'connection: upgrade\r\nupgrade: websocket\r\n')),
    text('expectation', request('POST /v1/reload', 'expect: 100-continue\r\ncontent-length: 5\r\n')),
    text('queue of requests', plain.repeat(200), 'deaf'),
    text('half a request', plain.slice(0, dice.below(plain.length)), 'close'),
    text('half a request, silent', plain.slice(0, dice.below(plain.length))),
    text('gone before the answer', plain, 'leave'),
    text('nothing', '', 'close'),
  ];
}
