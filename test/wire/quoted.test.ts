import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Arena, frameMemoryIn } from '../../src/wire/memory.js';
import { icmpErrorIsSound, quotedEchoId, quotedEnd, quotedPorts, quotesFlow, rewriteQuoted } from '../../src/wire/quoted.js';
import { errorMessage } from '../support/icmpErrors.js';
import { icmp, ipv4, packet, raw, tcp, udp } from '../support/layers.js';
import { wireIp, wirePort } from '../support/octets.js';

const ENDS = { src: '192.0.2.10', dst: '198.51.100.7' };
const AT = Arena.FrameStart + 14 + 20;
const m = frameMemoryIn(new SharedArrayBuffer(Arena.Octets));
const told = { src: '', dst: '' };

/** Puts an ICMP message where one stands in a frame. Returns its end. */
function put(message: Uint8Array): number {
  m.u8.fill(0xee, AT, AT + 2000);
  m.u8.set(message, AT);
  return AT + message.length;
}

function rewritten(quote: Uint8Array, source: boolean, address: string, port: number): Uint8Array {
  const end = put(errorMessage(quote, told));
  assert.equal(icmpErrorIsSound(m, AT, end), true);
  rewriteQuoted(m, AT, end, source, wireIp(address), wirePort(port));
  assert.equal(icmpErrorIsSound(m, AT, end), true, 'both checksums hold still');
  assert.equal(m.u8[end], 0xee);
  return m.u8.slice(AT + 8, end);
}

test('ERR-5 the quoted packet becomes the one with the other endpoint, checksums and all, at either end', () => {
  const payload = raw('payload');
  const other = '10.0.0.5';
  for (const l4 of [
    (port: number) => udp({ sport: port, dport: 9 }),
    (port: number) => udp({ sport: port, dport: 9, checksum: 'none' }),
    (port: number) => tcp({ sport: port, dport: 9, flags: 'SA' }),
    (port: number) => icmp({ type: 8, id: port }),
    (port: number) => icmp({ type: 13, id: port }),
  ]) {
    const out = rewritten(packet(ipv4(ENDS), l4(4000), payload), true, other, 65_535);
    assert.deepEqual(out, packet(ipv4({ ...ENDS, src: other }), l4(65_535), payload));
  }
  const back = packet(ipv4(ENDS), udp({ sport: 9, dport: 4000 }), payload);
  assert.deepEqual(rewritten(back, false, other, 1), packet(ipv4({ ...ENDS, dst: other }), udp({ sport: 9, dport: 1 }), payload));
});

test('a protocol without ports: addresses alone', () => {
  const gre = new Uint8Array(24).fill(7);
  const out = rewritten(packet(ipv4({ ...ENDS, protocol: 47 }), gre), true, '10.0.0.5', 4000);
  assert.deepEqual(out, packet(ipv4({ ...ENDS, src: '10.0.0.5', protocol: 47 }), gre));
});

test('ERR-5 CKS-2 UDP: a checksum that becomes 0 is written as ffff', () => {
  const zero = Array.from({ length: 65_536 }, (_, port) => port).find((port) => {
    const sum = packet(ipv4({ ...ENDS, src: '10.0.0.5' }), udp({ sport: port, dport: 9 }));
    return sum[26] === 0xff && sum[27] === 0xff;
  })!;
  const out = rewritten(packet(ipv4(ENDS), udp({ sport: 4000, dport: 9 })), true, '10.0.0.5', zero);
  assert.deepEqual([out[26], out[27]], [0xff, 0xff]);
});

test('ERR-7 what names a flow: ports, ids, addresses; no later fragment, no error', () => {
  const flow = (quote: Uint8Array): boolean => {
    put(errorMessage(quote, told));
    return quotesFlow(m, AT);
  };
  assert.equal(flow(packet(ipv4({ ...ENDS, mf: true }), udp())), true);
  assert.equal(flow(packet(ipv4({ ...ENDS, protocol: 17, offset: 8 }), new Uint8Array(8))), false);
  assert.equal(flow(packet(ipv4({ ...ENDS, protocol: 47 }), new Uint8Array(8))), true);
  for (const [type, is] of [
    [0, true],
    [8, true],
    [13, true],
    [3, false],
    [5, false],
    [11, false],
  ] as const)
    assert.equal(flow(packet(ipv4(ENDS), icmp({ type }))), is);
  put(errorMessage(packet(ipv4({ ...ENDS, options: [1, 1, 1, 1] }), udp({ sport: 1, dport: 2 })), told));
  assert.equal(quotedPorts(m, AT), wirePort(1) | (wirePort(2) << 16));
  put(errorMessage(packet(ipv4({ ...ENDS, protocol: 47 }), new Uint8Array(8).fill(9)), told));
  assert.equal(quotedPorts(m, AT), 0);
  put(errorMessage(packet(ipv4(ENDS), icmp({ id: 77 })), told));
  assert.equal(quotedEchoId(m, AT), wirePort(77));
});

test('ERR-10 the quoted packet ends at its own length, before extensions, and with the data', () => {
  const quote = packet(ipv4(ENDS), udp(), new Uint8Array(12));
  const ends = (message: Uint8Array): number => {
    const end = put(message);
    return quotedEnd(m, AT, end) - AT - 8;
  };
  assert.equal(ends(errorMessage(quote, told)), 40);
  assert.equal(ends(errorMessage(quote.subarray(0, 30), told)), 30);
  assert.equal(ends(errorMessage(quote, { ...told, extension: new Uint8Array(8) })), 40);
  const long = packet(ipv4(ENDS), tcp(), new Uint8Array(300));
  assert.equal(ends(errorMessage(long.subarray(0, 128), { ...told, extension: new Uint8Array(8) })), 128);
  const odd = errorMessage(long.subarray(0, 60), told);
  odd[5] = 3;
  assert.equal(ends(odd), 60, 'an octet that was unused once and is too small for a length');
});
