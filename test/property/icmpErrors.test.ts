import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Session } from '../../src/tables/sessions.js';
import { checksumFault, decode } from '../support/decode.js';
import { inward, outward } from '../support/flows.js';
import { errorFrame, errorIn, errorMessage, packetAt } from '../support/icmpErrors.js';
import { icmp, ipv4, type Layer, packet, tcp, udp } from '../support/layers.js';
import { drawsOf } from '../support/long.js';
import { ipOctets } from '../support/octets.js';
import { World } from '../support/world.js';
import { SEED } from './seed.js';

const ROUTER = '198.18.5.5';
const flow = fc.record({
  kind: fc.constantFrom('udp' as const, 'udp without a checksum' as const, 'tcp' as const, 'icmp' as const),
  host: fc.integer({ min: 2, max: 120 }).map((n) => `10.0.0.${n}`),
  sport: fc.integer({ min: 0, max: 65_535 }),
  dport: fc.integer({ min: 0, max: 65_535 }),
  remote: fc.constantFrom('198.51.100.7', '203.0.114.9', '8.8.8.8'),
  options: fc.constantFrom([], [1, 1, 1, 0], [148, 4, 0, 0, 7, 7, 4, 0, 0, 0, 0, 1], Array(40).fill(1)),
  payload: fc.uint8Array({ maxLength: 700 }),
});
const error = fc.record({
  about: fc.constantFrom([3, 0], [3, 1], [3, 3], [3, 4], [3, 13], [3, 200], [11, 0], [11, 1], [12, 0], [12, 2]),
  mtu: fc.integer({ min: 0, max: 65_535 }),
  /** Octets of L4 quoted; cut to what there is. */
  quoted: fc.oneof(fc.integer({ min: 8, max: 30 }), fc.integer({ min: 8, max: 1000 })),
  ttl: fc.integer({ min: 0, max: 255 }),
  options: fc.constantFrom([], [1, 1, 1, 0]),
  extension: fc.option(fc.uint8Array({ minLength: 4, maxLength: 40 }), { nil: undefined }),
});
type Flow = typeof flow extends fc.Arbitrary<infer T> ? T : never;
type IcmpError = typeof error extends fc.Arbitrary<infer T> ? T : never;

/** A packet of the flow: what the inside host sends, or what the remote one sends back to `external`. */
function frameOf(f: Flow, back?: { address: string; port: number }): Uint8Array {
  const [src, dst, sport, dport] = back ? [f.remote, back.address, f.dport, back.port] : [f.host, f.remote, f.sport, f.dport];
  const way: Layer = back ? inward() : outward(f.host);
  const ends = ipv4({ src, dst, options: f.options });
  if (f.kind === 'icmp') return packet(way, ends, icmp({ type: back ? 0 : 8, id: back ? dport : sport }), f.payload);
  if (f.kind === 'tcp') return packet(way, ends, tcp({ sport, dport, flags: back ? 'SA' : 'S' }), f.payload);
  return packet(way, ends, udp({ sport, dport, ...(f.kind === 'udp' ? {} : { checksum: 'none' as const }) }), f.payload);
}

/** What is quoted of a packet. With extensions a short quote is a whole packet (RFC 4884 4.4). */
function cut(ip: Uint8Array, e: IcmpError): Uint8Array {
  return ip.subarray(0, (ip[0]! & 15) * 4 + (e.extension ? Math.max(e.quoted, 128) : e.quoted));
}

/** All words of the only session. */
function session(w: World): number[] {
  const rows = w.rows();
  assert.equal(rows.length, 1);
  return Array.from(w.sessions.rows.subarray(rows[0]!, rows[0]! + Session.Words));
}

/** Opens the flow and lets time pass, so that a timer that is touched shows. */
function opened(f: Flow): { w: World; out: Uint8Array; external: { address: string; port: number } } {
  const w = new World();
  w.send('lan', frameOf(f));
  const out = w.one('wan').octets;
  const d = decode(out);
  w.advance(700);
  return { w, out, external: { address: d.ipv4!.src, port: d.udp?.sport ?? d.tcp?.sport ?? d.icmp!.id } };
}

/**
 * What is received says about the original what `message` says about the translated packet. A TCP checksum of which one octet is
 * quoted cannot be put right.
 */
function sameMessage(came: { head: Uint8Array; quote: Uint8Array }, message: Uint8Array, f: Flow, e: IcmpError): void {
  const [a, b] = [packet(came.head, came.quote), message.slice()];
  for (const one of [a, b]) {
    one.fill(0, 2, 4);
    const half = 8 + (one[8]! & 15) * 4 + 16;
    if (f.kind === 'tcp' && e.quoted === 17) one[half] = 0;
  }
  assert.deepEqual(a, b);
}

const fields = (e: IcmpError) => ({
  type: e.about[0]!,
  code: e.about[1]!,
  mtu: e.extension && e.about[1] !== 4 ? 0 : e.mtu,
  options: e.options,
  ...(e.extension && { extension: e.extension }),
});

test(`ERR-3 ERR-5 ERR-6 ERR-8 ERR-9 ERR-10 FIL-4 any error from outside quotes to the inside host, octet by octet, what it sent, seed ${SEED}`, () => {
  fc.assert(
    fc.property(flow, error, (f, e) => {
      const { w, out, external } = opened(f);
      const before = session(w);
      w.send('wan', errorFrame(cut(packetAt(out, e.ttl), e), { src: ROUTER, dst: external.address, ...fields(e) }));
      const came = w.one('lan');
      const d = decode(came.octets);
      assert.deepEqual([d.ipv4!.src, d.ipv4!.dst, d.ipv4!.ttl, d.ipv4!.options], [ROUTER, f.host, 59, e.options]);
      assert.equal(checksumFault(came.octets), undefined);
      const sent = cut(packetAt(frameOf(f), e.ttl), e);
      sameMessage(errorIn(came), errorMessage(sent, { src: ROUTER, dst: f.host, ...fields(e) }), f, e);
      assert.deepEqual(session(w), before, 'the session is as it was');
      w.check();
    }),
    { seed: SEED, numRuns: drawsOf(250, 2500), includeErrorInReport: true },
  );
});

test(`ERR-4 ERR-5 ERR-8 GEN-7 any error from inside quotes to the remote host what it sent, and shows nothing from inside, seed ${SEED}`, () => {
  fc.assert(
    fc.property(flow, error, fc.boolean(), (f, e, byRouter) => {
      const { w, external } = opened(f);
      const back = frameOf(f, external);
      w.send('wan', back);
      const reached = w.one('lan').octets;
      w.advance(700);
      const before = session(w);
      const by = byRouter ? '10.0.1.200' : f.host;
      const way = byRouter ? 'dmz' : 'lan';
      w.send(way, errorFrame(cut(packetAt(reached, e.ttl), e), { src: by, dst: f.remote, ...fields(e) }));
      const came = w.one('wan');
      const d = decode(came.octets);
      assert.deepEqual([d.ipv4!.src, d.ipv4!.dst, d.ipv4!.ttl], [external.address, f.remote, 59]);
      assert.equal(checksumFault(came.octets), undefined);
      const sent = cut(packetAt(back, e.ttl), e);
      sameMessage(errorIn(came), errorMessage(sent, { src: external.address, dst: f.remote, ...fields(e) }), f, e);
      for (const inside of [f.host, by]) {
        // Addresses stand at multiples of four; elsewhere the last octet of one and what follows may look like another.
        const words = new DataView(came.octets.buffer, came.octets.byteOffset);
        const headers = 14 + 20 + e.options.length + 8 + 20 + f.options.length + 8;
        const address = Buffer.from(ipOctets(inside)).readUInt32BE();
        for (let at = 14; at < headers; at += 4) assert.notEqual(words.getUint32(at), address, `${inside} left`);
      }
      assert.deepEqual(session(w), before, 'the session is as it was');
      w.check();
    }),
    { seed: SEED, numRuns: drawsOf(250, 2500), includeErrorInReport: true },
  );
});
